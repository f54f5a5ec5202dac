package dev.lineserver.line;

import java.util.Arrays;

/**
 * Turns the consecutive blocks of a source into batches of whole lines.
 *
 * <p>Lines within a block are passed on in place, without a copy. A line that crosses blocks is assembled in a separate buffer
 * and passed on alone. Line law: the concatenated bytes of the batches are the source.
 */
public final class LineSplitter<X extends Exception> {
    /** Receives the batches. */
    @FunctionalInterface
    public interface Sink<X extends Exception> {
        /** Receives a batch, which is valid only until this method returns. */
        void accept(LineBatch batch) throws X, InterruptedException;
    }

    private final Sink<X> sink;
    private final int longestLineAllowed;
    private final int[] carriedEnd = new int[1];
    private byte[] carried = {};
    private int carriedLength;
    private long lineCount;
    private long byteCount;
    private long longestLine;

    /**
     * @param longestLineAllowed in bytes, without terminator; at least the length of a block, so that only lines that cross
     *     blocks can be longer, and at most {@link Limits#LONGEST_LINE_BYTES}
     */
    public LineSplitter(int longestLineAllowed, Sink<X> sink) {
        this.longestLineAllowed = longestLineAllowed;
        this.sink = sink;
    }

    /**
     * Splits the next block.
     *
     * @param block holds the block from position 0; may be reused once this method returns
     * @param length of the block, in bytes
     * @param newlines positions of all terminators in the block, ascending
     * @param newlineCount number of terminators
     */
    public void add(byte[] block, int length, int[] newlines, int newlineCount)
            throws X, LineTooLongException, InterruptedException {
        if (newlineCount == 0) {
            carry(block, 0, length);
            return;
        }
        int from = 0;
        int first = 0;
        if (carriedLength > 0) {
            from = newlines[0] + 1;
            first = 1;
            carry(block, 0, newlines[0]);
            emitCarried(true);
        }
        if (first < newlineCount) {
            emit(new LineBatch(block, from, newlines, first, newlineCount - first, true, lineCount, byteCount));
            from = newlines[newlineCount - 1] + 1;
        }
        carry(block, from, length);
    }

    /**
     * Ends the source: the bytes after the last terminator are a line, unless there are none.
     *
     * @return true if all lines have a terminator
     */
    public boolean finish() throws X, InterruptedException {
        boolean terminated = carriedLength == 0;
        if (!terminated) {
            emitCarried(false);
        }
        return terminated;
    }

    /** Number of lines passed on so far. */
    public long lineCount() {
        return lineCount;
    }

    /** Number of bytes passed on so far, terminators included. */
    public long byteCount() {
        return byteCount;
    }

    /** Length of the longest line passed on so far, in bytes, without terminator. */
    public long longestLine() {
        return longestLine;
    }

    private void emitCarried(boolean terminated) throws X, InterruptedException {
        carriedEnd[0] = carriedLength;
        if (terminated) {
            carried[carriedLength] = '\n';
        }
        emit(new LineBatch(carried, 0, carriedEnd, 0, 1, terminated, lineCount, byteCount));
        carriedLength = 0;
        if (carried.length > Limits.WHOLE_LINE_BYTES) {
            carried = new byte[0];
        }
    }

    private void emit(LineBatch batch) throws X, InterruptedException {
        int longest = 0;
        int from = batch.start(0);
        for (int i = 0; i < batch.count(); i++) {
            int end = batch.end(i);
            longest = Math.max(longest, end - from);
            from = end + 1;
        }
        longestLine = Math.max(longestLine, longest);
        sink.accept(batch);
        lineCount += batch.count();
        byteCount += batch.byteCount();
    }

    /** Keeps the start of a line that ends in a later block, and room for its terminator. */
    private void carry(byte[] block, int from, int to) throws LineTooLongException {
        int needed = Math.addExact(carriedLength, to - from);
        if (needed > longestLineAllowed) {
            throw new LineTooLongException(lineCount, byteCount, longestLineAllowed);
        }
        if (carried.length <= needed) {
            int doubled = Math.min(carried.length * 2, longestLineAllowed + 1);
            carried = Arrays.copyOf(carried, Math.max(needed + 1, doubled));
        }
        System.arraycopy(block, from, carried, carriedLength, to - from);
        carriedLength = needed;
    }
}
