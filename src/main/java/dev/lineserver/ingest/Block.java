package dev.lineserver.ingest;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.Limits;
import dev.lineserver.line.Newlines;

/**
 * A block of a source, the positions of its newlines, and its digest. {@link SourceReader} reuses a bounded number of
 * blocks; at any time, only one thread uses a block.
 */
final class Block {
    /** Heap that a block occupies at most: its bytes, and room for a position of each of them. */
    static final int HEAP_BYTES = Limits.BLOCK_BYTES * (1 + Integer.BYTES);

    final byte[] bytes;
    final int[] newlines;
    ContentDigest digest;
    /** Offset of the block's first byte in the source. */
    long offset;
    /** Number of bytes: {@link Limits#BLOCK_BYTES}, or fewer in a source's last block. */
    int length;

    int newlineCount;

    /** @param capacity largest {@link #length}, in bytes; at most {@link Limits#BLOCK_BYTES} */
    Block(int capacity) {
        bytes = new byte[capacity];
        newlines = new int[capacity];
        digest = ContentDigest.ofBlock(bytes, 0);
    }

    /** Finds the newlines, and hashes the bytes. */
    void scan() {
        newlineCount = Newlines.find(bytes, 0, length, newlines);
        digest = ContentDigest.ofBlock(bytes, length);
    }

    /** Drops what follows so many lines, the first of which may begin before the block. */
    void keepLines(int count) {
        newlineCount = count;
        length = newlines[count - 1] + 1;
    }

    /** Drops so many lines from the beginning, the first of which may begin before the block. */
    void skipLines(int count) {
        if (count > 0) {
            int from = newlines[count - 1] + 1;
            length -= from;
            newlineCount -= count;
            System.arraycopy(bytes, from, bytes, 0, length);
            for (int i = 0; i < newlineCount; i++) {
                newlines[i] = newlines[count + i] - from;
            }
        }
    }
}
