package dev.lineserver.ingest;

import dev.lineserver.store.ZstdBlock;

/**
 * Compresses parts of a text, to estimate how large all of it becomes. The parts lie closer together at the beginning, because
 * the size of the text need not be known: about 600 of them in 100 GB, which takes a tenth of a second. Used by one thread.
 */
final class CompressionSample {
    /** The size of a record with many lines. The blocks of the embedded store are larger, and become a little smaller. */
    private static final int PART_BYTES = 16 << 10;

    private static final long FIRST_DISTANCE = 256 << 10;
    private static final int DISTANCE_DIVISOR = 64;

    /** Other parts may be less regular. */
    private static final double MARGIN = 1.1;

    private long next;
    private long textBytes;
    private long compressedBytes;

    /**
     * Takes a part from some bytes of the text, if its turn has come.
     *
     * @param offset of the bytes in the text
     */
    void add(long offset, byte[] bytes, int from, int length) {
        if (offset < next || length == 0) {
            return;
        }
        int part = Math.min(length, PART_BYTES);
        textBytes += part;
        compressedBytes += ZstdBlock.compress(bytes, from, part).length;
        next = offset + Math.max(FIRST_DISTANCE, offset / DISTANCE_DIVISOR);
    }

    /** Returns the estimated size divided by that of the text, with a margin. */
    double estimate() {
        return MARGIN * compressedBytes / Math.max(1, textBytes);
    }
}
