package dev.lineserver.ingest;

/** Receives the progress of an ingest. Called often, by one thread: must return quickly. */
public interface Progress {
    /** Ignores everything. */
    Progress SILENT = _ -> {};

    /**
     * A state of an ingest.
     *
     * @param position number of bytes of the source read so far
     * @param size of the source in bytes; negative if unknown
     * @param lines number of lines stored, or compared, so far
     */
    record State(long position, long size, long lines) {}

    /** Receives the present state. */
    void update(State state);

    /** Receives a remark for the user. */
    default void note(String text) {}
}
