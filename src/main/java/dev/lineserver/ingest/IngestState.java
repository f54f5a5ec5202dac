package dev.lineserver.ingest;

import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.Manifest;

/** What an ingest has stored or published so far, for messages after it has failed. Used by one thread. */
final class IngestState {
    private static final String NOTHING = "nothing was published";

    private String text = NOTHING;
    private Checkpoint stored = Checkpoint.START;
    private boolean suspended;

    /** Text for users, without a full stop. */
    String text() {
        return text;
    }

    /** The end of the lines that another ingest need not write again. */
    Checkpoint stored() {
        return stored;
    }

    /** True if another ingest can continue this one, although it may have to write all lines again. */
    boolean isSuspended() {
        return suspended;
    }

    void begin() {
        text = NOTHING;
        stored = Checkpoint.START;
        suspended = false;
    }

    /** The store begins to publish: after a failure, nobody knows whether it has. */
    void publishing(IngestOptions options) {
        text = "the version may have been " + (options.hold() ? "stored" : "published") + ", see line-server versions "
                + options.dataset();
    }

    /** @param held text that follows a held version */
    void completed(Manifest manifest, IngestOptions options, String held) {
        text = describe(manifest) + (options.hold() ? " is held" + held : " was published");
    }

    /** @param text as {@link #text} returns it */
    void become(String text) {
        this.text = text;
    }

    void removed() {
        text = NOTHING;
    }

    /**
     * Lines stay for another ingest.
     *
     * @param remark text that follows, unless a publication has begun
     */
    void suspended(Checkpoint end, String remark) {
        stored = end;
        suspended = true;
        if (text.equals(NOTHING) && !remark.isEmpty()) {
            text = NOTHING + remark;
        }
    }

    static String describe(Manifest manifest) {
        return "version " + manifest.version() + " of dataset " + manifest.dataset();
    }
}
