package dev.lineserver.store;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.LineBatch;

/**
 * A version being written. {@link #commit} publishes it; closing without commit rolls it back. Used by one thread.
 */
public interface Build extends AutoCloseable {
    /**
     * Adds the next lines. Waits while the store has as much in flight as it may.
     *
     * @param batch continues where the last one ended; not kept beyond this call
     * @throws StoreException if these or earlier lines could not be stored
     */
    void add(LineBatch batch) throws StoreException, InterruptedException;

    /** How far the lines added are stored. May be called by other threads. */
    Checkpoint checkpoint();

    /**
     * Waits for everything to be durable, checks that what is stored is what was read, and publishes the version.
     *
     * @param content counts and digest of the source
     * @param blocks digests of the source's consecutive blocks of {@link dev.lineserver.line.Limits#BLOCK_BYTES}, so that a
     *     store can check a single block later
     * @throws StoreException if it could not be published; the version before it is then still the newest
     */
    Manifest commit(Content content, ContentDigest.Tree blocks) throws StoreException, InterruptedException;

    /** Rolls back, unless committed. */
    @Override
    void close();
}
