package dev.lineserver.ingest;

/** Receives the progress of an ingest. Called often, by one thread: must return quickly. */
public interface Progress {
    /** Ignores everything. */
    Progress SILENT = (_, _, _) -> {};

    /**
     * Receives the present state.
     *
     * @param position number of bytes of the source read so far
     * @param size of the source in bytes; negative if unknown
     * @param lines number of lines read so far
     */
    void update(long position, long size, long lines);

    /** Receives a remark for the user. */
    default void note(String text) {}
}
