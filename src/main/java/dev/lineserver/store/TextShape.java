package dev.lineserver.store;

/**
 * Sizes and lengths of a text, for planning.
 *
 * @param lineCount number of lines
 * @param byteCount number of bytes, terminators included
 * @param longestLine in bytes, without terminator
 * @param linesByLength how many lines have a length of {@code [16 i, 16 i + 16)} bytes, for each i below the last; the
 *     last counts all longer lines
 * @param bytesInLongerLines bytes, without terminators, in the lines that the last entry counts
 * @param copied true if the store must keep the bytes itself: they are compressed or come from a stream, or the user asks
 *     for a copy
 */
public record TextShape(
        long lineCount,
        long byteCount,
        long longestLine,
        long[] linesByLength,
        long bytesInLongerLines,
        boolean copied) {
    /** Width of an entry of {@link #linesByLength}, in bytes. */
    public static final int LENGTH_STEP = 16;
}
