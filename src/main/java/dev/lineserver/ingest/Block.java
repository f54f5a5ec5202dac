package dev.lineserver.ingest;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.Limits;
import dev.lineserver.line.Newlines;

/** A block of a source, with the newlines found in it and its digest. Reused. */
final class Block {
    /** Most heap that a block takes: its bytes, and a position for each of them. */
    static final int MOST_BYTES = Limits.BLOCK_BYTES * (1 + Integer.BYTES);

    private static final int[] NONE = new int[0];

    final byte[] bytes = new byte[Limits.BLOCK_BYTES];
    final long[] digest = new long[2];
    /** Offset of the first byte in the source. */
    long offset;
    /** {@link Limits#BLOCK_BYTES}, except for a source's last block. */
    int length;

    int[] newlines = NONE;
    int newlineCount;

    void scan() {
        newlines = Newlines.withRoomFor(newlines, length);
        newlineCount = Newlines.find(bytes, 0, length, newlines);
        ContentDigest.hashBlock(bytes, length, digest);
    }
}
