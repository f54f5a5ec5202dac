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
     * @return what there is; fails with a {@link StoreException} where the store cannot say
     */
    CompletionStage<Lookup> lookup(long lineIndex);

    /**
     * Asks whether the version can be read at present. May block, and may take as long as reading the whole content.
     *
     * @throws StoreException where it cannot, or is gone
     */
    void check() throws StoreException;

    /** Gives back what the version holds open. No lookup may follow or be under way. */
    @Override
    void close();
}
