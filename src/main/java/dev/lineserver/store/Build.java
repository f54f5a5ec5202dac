package dev.lineserver.store;

import java.util.List;
import java.util.Optional;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.LineBatch;

/**
 * A version being written. An ingest begins it with {@link LineStore#begin}; calls {@link #add} for all lines of the
 * source in their order; calls {@link #commit} once, after the last line; and calls {@link #close} in any case. All of
 * these calls are made by one thread, and may block. {@link #checkpoint} may be called by any thread between
 * {@code begin} and {@code close}.
 *
 * <p>Readers see the version once {@code commit} has returned, and not before; a held version only after
 * {@link LineStore#publish}. If {@code close} is called without a
 * successful {@code commit}, the build is rolled back, unless {@link #suspend} has kept it; the current version stays
 * current. If the process ends before any of these calls, the next build of the dataset removes what this one has written,
 * or resumes it.
 *
 * {@snippet :
 * try (Build build = store.begin(request)) {
 *     Content content = reader.read(build::add);
 *     Manifest manifest = build.commit(content, reader.blocks(), List.of());
 * }
 * }
 */
public interface Build extends AutoCloseable {
    /**
     * Gives the digests of the source's blocks, with which a store can tell later whether it has the same source again.
     * Called before the first lines are added.
     *
     * @param blocks has the blocks of all lines that are added, when they are added
     */
    default void readFrom(ContentDigest.Tree blocks) {}

    /**
     * Adds the next lines. Blocks while the store has its maximum number of writes in flight; this is the back-pressure
     * on the reader of the source.
     *
     * @param batch begins with the line after the last line added; the store does not use its arrays after this call
     * @throws StoreException if these or earlier lines could not be stored, or differ from those that the resumed build has
     *     stored
     */
    void add(LineBatch batch) throws StoreException, InterruptedException;

    /**
     * Returns the end of the contiguous prefix of lines whose writes the store has completed. It lags behind the lines
     * added while writes are in flight, and never moves back. A progress display can show it. May be called by any thread.
     */
    Checkpoint checkpoint();

    /**
     * Returns the end of the lines that an earlier, unfinished build has stored, and that this build does not write again.
     * All lines must be added nevertheless, from the first one on: the build compares them with those stored.
     */
    default Checkpoint resumedFrom() {
        return Checkpoint.START;
    }

    /**
     * Keeps what is stored, so that a later build can resume this one, instead of rolling it back when it is closed. Called
     * in place of {@link #commit}, by the same thread, and once. Ends writes that are in flight.
     *
     * @return the end of the lines that a later build need not write again, which may be {@link Checkpoint#START}; empty if
     *     nothing is kept
     */
    default Optional<Checkpoint> suspend() {
        return Optional.empty();
    }

    /**
     * Waits until all lines are durable, checks that the store has acknowledged and holds as many as the source has, and
     * publishes the version, or holds it if the request asks for that.
     *
     * @param content counts and digest of the source
     * @param blocks digests of the source's consecutive blocks of {@link dev.lineserver.line.Limits#BLOCK_BYTES}, with
     *     which a store can verify single blocks later
     * @param files as in {@link Manifest#files}
     * @return the manifest of the version
     * @throws StoreException if the version could not be published; the current version stays current
     */
    Manifest commit(Content content, ContentDigest.Tree blocks, List<Manifest.Part> files)
            throws StoreException, InterruptedException;

    /** Returns the retries so far; always none in a store that does not retry. May be called by any thread. */
    default Retries retries() {
        return Retries.NONE;
    }

    /**
     * Releases the build's resources, and rolls it back unless it is committed or suspended, or has not reached the end of the
     * lines that it resumes.
     */
    @Override
    void close();
}
