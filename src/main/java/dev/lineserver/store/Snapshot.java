package dev.lineserver.store;

import java.util.concurrent.CompletionStage;

/** One open version. Safe for use by many threads. */
public interface Snapshot extends AutoCloseable {
    /** What describes the version. */
    Manifest manifest();

    /**
     * Looks a line up. Never blocks the calling thread for longer than a read of cached data.
     *
     * @param lineIndex 0-based, at least 0
     * @return what there is; fails with a {@link StoreException} if the store cannot say
     */
    CompletionStage<Lookup> lookup(long lineIndex);

    /**
     * Checks more than lookups tell of whether the version can be read at present. May block for as long as reading the whole content takes; returns
     * promptly, with a {@link StoreUnavailableException}, once the calling thread is interrupted. Never called on an event
     * loop.
     *
     * @throws StoreException if it cannot be read, or is gone
     */
    default void check() throws StoreException {
        // Nothing to do for a store whose lookups tell all.
    }

    /**
     * Tells the store that this version, which was superseded or dropped, is still being read, so that its lines are kept
     * for a while longer. Called by one thread in the background, about twice a second as long as requests use the version;
     * never on an event loop.
     */
    default void keepAlive() {
        // Nothing to do for a store whose open versions stay readable by themselves.
    }

    /** Releases the version's resources. Lookups that follow, or are in flight, fail with a {@link StoreException}. */
    @Override
    void close();
}
