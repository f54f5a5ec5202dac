package dev.lineserver.ingest;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Await;
import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.LineRange;
import dev.lineserver.store.StoreException;

/**
 * A cursor over the bytes of a {@link LineRange}. The read of the next block begins before the caller uses the current one;
 * a database, or a disk, then works meanwhile. Used by one thread.
 *
 * <p>Another thread would not help with blocks from RAM: two threads already read and compare, and the blocks would move
 * from one core's cache to another's.
 *
 * <p>Each block is copied to an array on the heap. Java would copy it anyway, from a buffer whose address it leaves to
 * chance, and in the native program, comparing the bytes of other memory is slow.
 */
final class StoredLines implements AutoCloseable {
    /** Size of a block, in bytes: 256 KiB. The block, the next one, and one of the source fit into a second-level cache. */
    static final int BLOCK_BYTES = 256 << 10;

    private final LineRange range;
    private final byte[] block;
    private final ByteBuffer ahead;
    private CompletableFuture<Void> filled;
    private @Nullable StoreException failure;
    private int at;
    private int limit;
    private boolean ended;

    StoredLines(LineRange range, int blockBytes) {
        this.range = range;
        // A short range needs less; one more byte, because a block has room for at least one.
        int bytes = (int) Math.min(range.byteCount().orElse(blockBytes) + 1, blockBytes);
        block = new byte[bytes];
        ahead = LineRange.allocateBlock(bytes);
        filled = fillAhead();
    }

    private CompletableFuture<Void> fillAhead() {
        return range.fill(ahead.clear()).toCompletableFuture();
    }

    /**
     * Waits until there is at least one byte at the cursor.
     *
     * @return false at the end of the range
     * @throws LineDamagedException if the byte belongs to a damaged line; the range ends there
     */
    boolean load() throws StoreException, InterruptedException {
        if (at < limit) {
            return true;
        }
        if (failure != null) {
            throw failure;
        }
        if (ended) {
            return false;
        }
        if (Thread.interrupted()) {
            // Reads of cached data never wait, so they would not notice.
            throw new InterruptedException();
        }
        try {
            Await.result(filled);
        } catch (StoreException e) {
            // The bytes before the damaged or unreadable line are right, and come first.
            failure = e;
        }
        at = 0;
        limit = ahead.position();
        ahead.get(0, block, 0, limit);
        ended = limit == 0;
        if (failure == null && !ended) {
            filled = fillAhead();
        }
        return load();
    }

    /** Returns how many bytes at the cursor are in memory. */
    int loaded() {
        return limit - at;
    }

    /** Returns the byte at the cursor, which must be loaded. */
    byte current() {
        return block[at];
    }

    /** Returns the array that holds the loaded bytes. */
    byte[] bytes() {
        return block;
    }

    /** Returns the position of the cursor in {@link #bytes}. */
    int position() {
        return at;
    }

    /** Moves the cursor within the loaded bytes. */
    void advance(int bytes) {
        at += bytes;
    }

    /** Returns the number of loaded bytes, up to a count, that are equal to other ones. */
    int countEqual(byte[] others, int from, int count) {
        int mismatch = Arrays.mismatch(block, at, at + count, others, from, from + count);
        return mismatch < 0 ? count : mismatch;
    }

    /** Moves the cursor behind the next terminator, or to the end of the range. */
    void skipLine() throws StoreException, InterruptedException {
        while (load()) {
            while (at < limit) {
                if (block[at++] == '\n') {
                    return;
                }
            }
        }
    }

    /** Waits for the read in flight: the snapshot must not be closed before. */
    @Override
    public void close() {
        try {
            Await.result(filled);
        } catch (StoreException | RuntimeException e) {
            // Nobody needs the block.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
