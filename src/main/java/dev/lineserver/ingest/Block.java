package dev.lineserver.ingest;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.Limits;
import dev.lineserver.line.Newlines;

/** A block of a source, with the newlines found in it and its digest. Reused. */
final class Block {
    /** Most heap that a block takes: its bytes, and a position for each of them. */
    static final int MOST_BYTES = Limits.BLOCK_BYTES * (1 + Integer.BYTES);

    final byte[] bytes = new byte[Limits.BLOCK_BYTES];
    final int[] newlines = new int[Limits.BLOCK_BYTES];
    ContentDigest digest = ContentDigest.ofBlock(bytes, 0);
    /** Offset of the first byte in the source. */
    long offset;
    /** {@link Limits#BLOCK_BYTES}, except for a source's last block. */
    int length;

    int newlineCount;

    void scan() {
        newlineCount = Newlines.find(bytes, 0, length, newlines);
        digest = ContentDigest.ofBlock(bytes, length);
    }
}
