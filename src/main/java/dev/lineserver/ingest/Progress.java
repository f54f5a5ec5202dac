package dev.lineserver.ingest;

/** Told how far reading and storing is. Called often, from one thread: to be quick. */
public interface Progress {
    /** Tells nobody. */
    Progress SILENT = new Progress() {
        @Override
        public void update(State state) {}

        @Override
        public void note(String text) {}
    };

    /**
     * How far it is.
     *
     * @param position bytes of the source read so far
     * @param size bytes of the source; negative where not known
     * @param linesRead lines read so far
     * @param linesStored lines stored so far
     */
    record State(long position, long size, long linesRead, long linesStored) {}

    /** Takes note of how far it is. */
    void update(State state);

    /** Takes a remark for the user. */
    void note(String text);
}
