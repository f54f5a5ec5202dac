package dev.lineserver.ingest;

/** Receives the progress of an ingest. One thread calls it after every block, so it must return quickly. */
public interface Progress {
    /** Ignores all calls. */
    Progress SILENT = (_, _, _) -> {};

    /**
     * Receives the current state.
     *
     * @param position number of bytes of the source that are done: read, and stored in an ingest
     * @param size size of the source in bytes; negative if unknown
     * @param lines number of lines that are done
     */
    void update(long position, long size, long lines);

    /** Receives a message for the user. */
    default void note(String text) {}

    /** Returns the progress of another task that follows this one. */
    default Progress next(String task) {
        return this;
    }
}
