package dev.lineserver.store;

/**
 * How a text is made up, for planning.
 *
 * @param lineCount number of lines
 * @param byteCount number of bytes, terminators included
 * @param longestLine in bytes, without terminator
 * @param linesByLength how many lines have a length of {@code [16 i, 16 i + 16)} bytes, for each i below the last; the
 *     last counts all longer lines
 * @param bytesInLongerLines bytes, without terminators, in the lines that the last entry counts
 */
public record TextShape(
        long lineCount, long byteCount, long longestLine, long[] linesByLength, long bytesInLongerLines) {
    /** Width of an entry of {@link #linesByLength}, in bytes. */
    public static final int LENGTH_STEP = 16;
}
