package dev.lineserver.store;

import java.nio.ByteBuffer;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;

/**
 * Consecutive lines of a version, read in blocks of bytes: the same bytes as in the source, each line followed by its
 * terminator. Only the last line of a version may have none. Because no line contains a terminator, a caller that needs
 * the single lines splits the bytes with {@link dev.lineserver.line.Newlines}.
 *
 * <p>The caller supplies the memory of each block, and asks for the next block when it has room for it. A range that a
 * slow client reads therefore occupies one block, and what the store holds for it, which each store bounds.
 *
 * {@snippet :
 * LineRange lines = snapshot.range(0, 1_000);
 * ByteBuffer block = LineRange.allocateBlock(64 << 10);
 * while (true) {
 *     Await.result(lines.fill(block.clear()));
 *     if (block.position() == 0) {
 *         break;
 *     }
 *     print(block.flip());
 * }
 * }
 *
 * <p>One caller at a time uses an instance, on any thread. There is nothing to close; the snapshot must stay open until
 * the last {@link #fill} has completed.
 */
public interface LineRange {
    /** Size of a cache line, in bytes. */
    int ALIGNMENT = 64;

    /**
     * Allocates a block that the operating system fills without a copy and at full speed: outside the heap, at an address
     * that is a multiple of a cache line. On an AMD EPYC, it fills a block at another address three times as slowly.
     *
     * @param bytes size of the block, at least 1
     */
    static ByteBuffer allocateBlock(int bytes) {
        // A slice begins after, and ends before, an incomplete cache line.
        return ByteBuffer.allocateDirect(bytes + 2 * ALIGNMENT)
                .alignedSlice(ALIGNMENT)
                .slice(0, bytes);
    }

    /** The number of bytes of all lines, terminators included; empty if the store cannot tell without reading them. */
    OptionalLong byteCount();

    /**
     * Adds the next bytes of the lines to a block, until it is full or the range ends. The block belongs to the store
     * until the stage completes. Blocks the calling thread no longer than a read of cached data takes.
     *
     * @param block with room for at least one byte; its position advances, its limit stays
     * @return completes when the bytes are in the block; if there are none, the range has ended. Fails with a
     *     {@link LineDamagedException} if a line is missing or damaged, and with another {@link StoreException} if the
     *     store cannot answer. After a failure, the bytes up to the position are correct, and the instance must not be
     *     used any more
     */
    CompletionStage<Void> fill(ByteBuffer block);
}
