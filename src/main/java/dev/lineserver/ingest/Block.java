package dev.lineserver.ingest;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.Limits;
import dev.lineserver.line.Newlines;

/** A piece of a source, with what was found in it. Used again and again. */
final class Block {
    private static final int[] NONE = new int[0];

    final byte[] bytes = new byte[Limits.BLOCK_BYTES];
    final long[] digest = new long[2];
    /** Position of the first byte in the source. */
    long offset;
    /** Full, except for a source's last block. */
    int length;

    int[] newlines = NONE;
    int newlineCount;

    void scan() {
        newlines = Newlines.withRoomFor(newlines, length);
        newlineCount = Newlines.find(bytes, 0, length, newlines);
        ContentDigest.hashBlock(bytes, length, digest);
    }
}
