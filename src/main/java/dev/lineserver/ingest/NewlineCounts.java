package dev.lineserver.ingest;

import java.util.Arrays;

/**
 * The number of newlines before each block of a source, with which a line is found without reading what precedes it. Takes
 * 8 bytes of heap per block. Used by one thread.
 */
final class NewlineCounts {
    private static final int INITIAL_BLOCKS = 1024;

    private long[] before = new long[INITIAL_BLOCKS];
    private int blocks;

    /** @param newlinesBefore number of newlines before the next block */
    void add(long newlinesBefore) {
        if (blocks == before.length) {
            before = Arrays.copyOf(before, Math.multiplyExact(blocks, 2));
        }
        before[blocks++] = newlinesBefore;
    }

    int blocks() {
        return blocks;
    }

    long before(int block) {
        return before[block];
    }

    /**
     * Returns the block that contains a newline; the last one if the source has fewer newlines.
     *
     * @param newline counted from 1
     */
    int blockOf(long newline) {
        // Several blocks have the same number if no newline lies between them: it lies in the last of those with less.
        int low = 0;
        int high = blocks - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (before[middle] < newline) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }
}
