package dev.lineserver.store;

/**
 * Size and line lengths of a text, from which a store calculates a {@link Plan}.
 *
 * @param lineCount number of lines
 * @param byteCount number of bytes, terminators included
 * @param longestLine length of the longest line in bytes, without terminator
 * @param linesByLength entry i is the number of lines whose length is in {@code [16 i, 16 i + 16)} bytes; the last
 *     entry counts all longer lines, too
 * @param bytesInLongerLines number of bytes, without terminators, in the lines that the last entry counts
 * @param copied true if the store must keep the bytes itself, because they are compressed or come from a stream
 */
public record TextShape(
        long lineCount,
        long byteCount,
        long longestLine,
        long[] linesByLength,
        long bytesInLongerLines,
        boolean copied) {
    /** Range of lengths that one entry of {@link #linesByLength} covers, in bytes. */
    public static final int LENGTH_STEP = 16;
}
