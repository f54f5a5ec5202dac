package dev.lineserver.line;

/** Bounds on the length of a line, and on the part of a file that is in memory at once. */
public final class Limits {
    /**
     * Longest line that can be stored, in bytes without its terminator: 256 MiB. Lines are assembled in memory while a
     * file is read, so an unbounded line would be an unbounded heap.
     */
    public static final int LONGEST_LINE_BYTES = 256 << 20;

    /**
     * Longest line that a store returns whole, in bytes: 128 KiB. Longer lines are returned in parts of at most this size,
     * which is the heap that a slow reader takes.
     */
    public static final int WHOLE_LINE_BYTES = 128 << 10;

    /**
     * Size of the blocks in which a source is read, and of the leaves of {@link ContentDigest}, in bytes: 256 KiB. It
     * fits a core's second-level cache beside the positions found in it. Changing it changes every digest.
     */
    public static final int BLOCK_BYTES = 256 << 10;

    private Limits() {}
}
