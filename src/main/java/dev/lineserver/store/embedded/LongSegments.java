package dev.lineserver.store.embedded;

/** A fixed number of longs, kept in arrays of at most 8 MiB so that no allocation needs a huge free run. */
final class LongSegments {
    private static final int SHIFT = 20;
    private static final int SEGMENT = 1 << SHIFT;
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
