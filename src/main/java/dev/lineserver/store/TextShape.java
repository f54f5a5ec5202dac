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
 * @param compression estimated size of the lines in the store, divided by that of the text; 1 if it does not compress them
 */
public record TextShape(
        long lineCount,
        long byteCount,
        long longestLine,
        long[] linesByLength,
        long bytesInLongerLines,
        boolean copied,
        double compression) {
    /** Describes a text that is not compressed. */
    public TextShape(
            long lineCount,
            long byteCount,
            long longestLine,
            long[] linesByLength,
            long bytesInLongerLines,
            boolean copied) {
        this(lineCount, byteCount, longestLine, linesByLength, bytesInLongerLines, copied, 1);
    }

    /** Range of lengths that one entry of {@link #linesByLength} covers, in bytes. */
    public static final int LENGTH_STEP = 16;

    /** Returns the same text, as it is stored with an estimated compression. */
    public TextShape compressed(double estimate) {
        return new TextShape(
                lineCount, byteCount, longestLine, linesByLength, bytesInLongerLines, copied, Math.min(1, estimate));
    }

    /** Returns the estimated number of bytes in the store, without what it adds. */
    public long storedBytes() {
        return (long) (byteCount * compression);
    }
}
