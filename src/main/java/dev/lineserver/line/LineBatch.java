package dev.lineserver.line;

/**
 * Consecutive whole lines of a source: one run of bytes, in which a terminator follows each line. Only the last line of
 * a source may have no terminator.
 *
 * <p>A batch is a view of arrays that {@link LineSplitter} reuses. It is valid only during the call that it is passed
 * to.
 *
 * @param bytes the array that holds the lines; the receiver must not change it
 * @param from position of the first line's first byte
 * @param ends position of each line's terminator, or of the end of an unterminated last line
 * @param firstEnd index in {@code ends} of the first line's end
 * @param count number of lines, at least 1
 * @param terminated true if the last of these lines has a terminator; false only at the end of a source
 * @param firstLineIndex 0-based index of the first line in the source
 * @param firstByteOffset offset of the first line's first byte in the source, in bytes
 */
public record LineBatch(
        byte[] bytes,
        int from,
        int[] ends,
        int firstEnd,
        int count,
        boolean terminated,
        long firstLineIndex,
        long firstByteOffset) {

    /**
     * Returns the position in {@link #bytes} of the first byte of the batch's line {@code i}, from 0 to
     * {@code count - 1}.
     */
    public int start(int i) {
        return i == 0 ? from : ends[firstEnd + i - 1] + 1;
    }

    /**
     * Returns the position in {@link #bytes} after the last byte of the batch's line {@code i}, before its terminator.
     */
    public int end(int i) {
        return ends[firstEnd + i];
    }

    /** Returns the length of the batch's line {@code i} in bytes, without its terminator. */
    public int length(int i) {
        return end(i) - start(i);
    }

    /**
     * Returns the length of the run in bytes, all terminators included:
     * {@code bytes[start(0), start(0) + byteCount())}.
     */
    public int byteCount() {
        return ends[firstEnd + count - 1] + (terminated ? 1 : 0) - from;
    }

    /**
     * Returns some of the batch's lines as a batch, valid as long as this one.
     *
     * @param first the first one, from 0
     * @param lines how many, at least 1
     */
    public LineBatch slice(int first, int lines) {
        return new LineBatch(
                bytes,
                start(first),
                ends,
                firstEnd + first,
                lines,
                terminated || first + lines < count,
                firstLineIndex + first,
                firstByteOffset + start(first) - from);
    }
}
