package dev.lineserver.store;

import java.util.Optional;

import dev.lineserver.line.LineBatch;

/**
 * The share of one process in a version that several processes write. The store divides the lines into chunks. Each
 * process claims a chunk, adds its lines, and claims the next one, until all are stored; the process that claims the
 * publication checks and publishes the version. The chunk of a process that has ended is claimed by another one.
 *
 * {@snippet :
 * try (PartBuild build = store.join(request, part, content)) {
 *     for (Optional<PartBuild.Chunk> chunk = build.claim(); chunk.isPresent(); chunk = build.claim()) {
 *         // add() the batches of these lines
 *     }
 *     Manifest manifest = build.complete();
 * }
 * }
 *
 * <p>One thread, that of the ingest, calls everything but {@link #checkpoint} and {@link #retries}.
 */
public interface PartBuild extends AutoCloseable {
    /**
     * Consecutive lines of the content.
     *
     * @param first 0-based index of the first line
     * @param end index after the last line, greater than {@code first}
     */
    record Chunk(long first, long end) {}

    /**
     * Waits until the lines of the last chunk are stored, and claims another one. If other processes are storing the last
     * chunks, waits until they have published the version, or a chunk can be claimed because its process has ended.
     *
     * @return empty if the version is published, or this process must publish it: call {@link #complete}
     * @throws StoreException if lines could not be stored, or another process has taken the place of this part
     */
    Optional<Chunk> claim() throws StoreException, InterruptedException;

    /** Adds the next lines of the claimed chunk. The store does not use the batch after this call. */
    void add(LineBatch batch) throws StoreException, InterruptedException;

    /**
     * Checks that all lines are stored, and publishes the version, or holds it if the request asks for that; does nothing
     * if another process has done so. Called when no chunk is left.
     *
     * @return the manifest of the version
     * @throws StoreException if the version could not be published; the current version stays current
     */
    Manifest complete() throws StoreException, InterruptedException;

    /** Returns true if this process has published or held the version. */
    boolean published();

    /**
     * Returns the lines that all processes have stored, and about how many bytes they have: chunks of others as of the last
     * claim, and acknowledged lines of the claimed chunk. May be called by any thread.
     */
    Checkpoint checkpoint();

    /**
     * Returns the end of the lines that an unfinished build had stored, if this process is the one that resumed it, and
     * {@link Checkpoint#START} otherwise. So these lines, and the {@link #storedLines} of all processes, are the content.
     */
    Checkpoint resumedFrom();

    /** Returns the number of lines that this process has stored in complete chunks, and no other process before it. */
    long storedLines();

    /** Returns the retries of this process so far. May be called by any thread. */
    Retries retries();

    /**
     * Leaves the build to the other processes, or to a later one with the same part number. The stored lines stay.
     * Does nothing after {@link #complete}.
     */
    @Override
    void close();
}
