package dev.lineserver.line;

/** Limits on the length of a line, and on how much of a file is in memory at once. */
public final class Limits {
    /**
     * Length of the longest line that can be stored, in bytes without its terminator: 256 MiB. An ingest assembles each
     * line on the heap, so the limit bounds the heap that it needs.
     */
    public static final int LONGEST_LINE_BYTES = 256 << 20;

    /**
     * Length of the longest line that a store returns whole, in bytes: 128 KiB. Longer lines are returned in parts of
     * at most this size, so that a slow client occupies no more heap than one part.
     */
    public static final int WHOLE_LINE_BYTES = 128 << 10;

    /**
     * Size of the blocks in which a source is read and hashed, in bytes: 256 KiB. A block and the positions of its
     * newlines fit into a core's second-level cache. Another size would change every {@link ContentDigest}.
     */
    public static final int BLOCK_BYTES = 256 << 10;

    private Limits() {}
}
