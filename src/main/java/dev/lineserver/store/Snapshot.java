package dev.lineserver.store;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.LongStream;

/**
 * One version, open for reading. The content never changes: a newer version is another snapshot.
 *
 * <p>Any number of threads may look lines up and read ranges at the same time, event loops included; they are not blocked.
 * A stage is completed on the calling thread or on a thread of the store. Background threads of the server call
 * {@link #check}, one call at a time, and {@link #keepAlive} after the version was superseded or dropped; a command calls
 * {@link #keepAlive} while it reads. The owner calls {@link #close}
 * once, after the last lookup has completed: the server counts references for this ({@code serving.OpenVersion}), and
 * commands use try-with-resources.
 *
 * {@snippet :
 * try (Snapshot snapshot = store.open(manifest)) {
 *     CompletionStage<Lookup> first = snapshot.lookup(0);
 *     CompletionStage<Lookup> second = snapshot.lookup(1); // Lookups may overlap, and complete in any order.
 *     print(Await.result(first));
 *     print(Await.result(second));
 * }
 * }
 */
public interface Snapshot extends AutoCloseable {
    /** Describes the version. */
    Manifest manifest();

    /**
     * Looks up a line. Blocks the calling thread no longer than a read of cached data takes.
     *
     * @param lineIndex 0-based, at least 0
     * @return the outcome; fails with a {@link StoreException} if the store cannot answer
     */
    CompletionStage<Lookup> lookup(long lineIndex);

    /**
     * Looks up many lines, with as few requests to a database as possible. Blocks the calling thread no longer than a read
     * of cached data takes for each line.
     *
     * @param lineIndices 0-based, each at least 0, in any order; a few hundred
     * @return the outcome of each line, as that of {@link #lookup}, in the order of the indices; fails with a
     *     {@link StoreException} if the store cannot answer for one of them
     */
    default CompletionStage<List<Lookup>> lookupAll(long[] lineIndices) {
        List<CompletableFuture<Lookup>> lookups = LongStream.of(lineIndices)
                .mapToObj(lineIndex -> lookup(lineIndex).toCompletableFuture())
                .toList();
        return CompletableFuture.allOf(lookups.toArray(CompletableFuture<?>[]::new))
                .thenApply(_ -> lookups.stream().map(CompletableFuture::join).toList());
    }

    /**
     * Returns the number of consecutive lines that the store reads together. {@link #lookupAll} costs least if its indices
     * begin and end at multiples of it.
     */
    default int linesPerRead() {
        return 1;
    }

    /**
     * Returns consecutive lines, to be read in blocks. Does not block.
     *
     * @param first 0-based index of the first line
     * @param end index after the last line, from {@code first} to the line count
     */
    default LineRange range(long first, long end) {
        return new LookupRange(this, first, end);
    }

    /**
     * Makes those checks on the version that lookups do not make. Called about twice a second by a background thread,
     * never by an event loop. May block for as long as reading the whole content takes. If the calling thread is
     * interrupted, returns promptly with a {@link StoreUnavailableException}.
     *
     * @throws StoreException if the version cannot be read, or no longer exists
     */
    default void check() throws StoreException {
        // Nothing to check for a store whose lookups report every fault.
    }

    /**
     * Extends the time for which the store keeps the lines of a superseded or dropped version; does nothing if the version
     * is still stored. Called about twice a second by a background thread, never by an event loop, for as long as requests
     * or a command use the version. A failure is logged by the store; later calls retry.
     */
    default void keepAlive() {
        // Nothing to extend for a store whose open versions stay readable by themselves.
    }

    /**
     * Finds out, without reading lines, how far two versions are equal.
     *
     * @param other a snapshot of the same store
     * @param lineIndex 0-based index of the first line to compare
     * @return the index of the first line from {@code lineIndex} on that may differ; {@code lineIndex} if the store cannot
     *     tell without reading. The line need not exist in either version
     * @throws StoreException if the store cannot answer
     */
    default long skipEqualLines(Snapshot other, long lineIndex) throws StoreException {
        return lineIndex;
    }

    /** Releases the version's resources. Lookups in flight, and later ones, fail with a {@link StoreException}. */
    @Override
    void close();
}
