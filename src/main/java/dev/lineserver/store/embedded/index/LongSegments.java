package dev.lineserver.store.embedded.index;

/**
 * A fixed number of longs, in arrays of at most 256 KiB. G1 gives an array of half a region (512 KiB at least) or more whole
 * regions of its own, of which up to half would be lost.
 */
final class LongSegments {
    private static final int SHIFT = 15;
    static final int SEGMENT = 1 << SHIFT;
    private static final int MASK = SEGMENT - 1;

    private final long[][] segments;
    private final long size;

    LongSegments(long size) {
        this.size = size;
        segments = new long[Math.toIntExact((size + MASK) >>> SHIFT)][];
        for (int i = 0; i < segments.length; i++) {
            segments[i] = new long[(int) Math.min(SEGMENT, size - ((long) i << SHIFT))];
        }
    }

    long size() {
        return size;
    }

    long get(long index) {
        return segments[(int) (index >>> SHIFT)][(int) index & MASK];
    }

    /** The arrays in their order, to be filled. */
    long[][] segments() {
        return segments;
    }
}
