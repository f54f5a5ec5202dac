package dev.lineserver.ingest;

import dev.lineserver.line.LineBatch;
import dev.lineserver.store.StoreException;

/** Compares lines of a source with those of a stored version. Used by one thread. */
interface LineComparison extends AutoCloseable {
    /** Compares lines, unless the differences are full. The batches are consecutive and begin with the first line. */
    void compare(LineBatch batch) throws StoreException, InterruptedException;

    /** Compares the end of the source, after all of its lines. */
    void finish(long sourceLineCount);

    /** Returns the number of lines compared so far. */
    long compared();

    @Override
    default void close() {}
}
