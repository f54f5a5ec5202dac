package dev.lineserver.ingest;

/** Receives the progress of an ingest. Called often, by one thread: must return quickly. */
public interface Progress {
    /** Ignores everything. */
    Progress SILENT = new Progress() {
        @Override
        public void update(State state) {}

        @Override
        public void note(String text) {}
    };

    /**
     * A state of an ingest.
     *
     * @param position number of bytes of the source read so far
     * @param size bytes of the source; negative if unknown
     * @param linesRead number of lines read so far
     * @param linesStored number of lines stored so far
     */
    record State(long position, long size, long linesRead, long linesStored) {}

    /** Receives the present state. */
    void update(State state);

    /** Receives a remark for the user. */
    void note(String text);
}
