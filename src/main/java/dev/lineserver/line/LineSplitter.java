package dev.lineserver.line;

import java.util.Arrays;

/**
 * Splits the consecutive blocks of a source into batches of whole lines. Used by one thread.
 *
 * <p>All lines that lie within one block form one batch, which points into the block; they are not copied. A line that
 * crosses the end of a block is assembled in a separate buffer, and is a batch of its own. Line law: the concatenated
 * bytes of all batches are the bytes of the source.
 *
 * @param <X> thrown by the sink
 */
public final class LineSplitter<X extends Exception> {
    /** Receives the batches in their order, on the thread that calls the splitter. */
    @FunctionalInterface
    public interface BatchSink<X extends Exception> {
        /** Receives a batch. It is valid only until this method returns. */
        void accept(LineBatch batch) throws X, InterruptedException;
    }

    private final BatchSink<X> sink;
    private final int longestLineAllowed;
    private final int[] carriedEnd = new int[1];
    private byte[] carried = {};
    private int carriedLength;
    private long lineCount;
    private long byteCount;
    private long longestLine;

    /**
     * @param longestLineAllowed in bytes, without terminator; at most {@link Limits#LONGEST_LINE_BYTES}, and at least
     *     the length of a block, because only lines that cross blocks are checked
     */
    public LineSplitter(int longestLineAllowed, BatchSink<X> sink) {
        this(longestLineAllowed, 0, sink);
    }

    /**
     * Creates a splitter of bytes that begin with a later line of a source. The offsets of its batches count from there.
     *
     * @param firstLineIndex 0-based index of that line
     */
    public LineSplitter(int longestLineAllowed, long firstLineIndex, BatchSink<X> sink) {
        this.longestLineAllowed = longestLineAllowed;
        this.lineCount = firstLineIndex;
        this.sink = sink;
    }

    /**
     * Splits the next block.
     *
     * @param block array that holds the block from position 0; the caller may reuse it when this method returns
     * @param length length of the block, in bytes
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
            // The first newline ends the line that earlier blocks began, so it is no part of this block's own batch.
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
     * Ends the source. If bytes follow the last terminator, they are the last line.
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

    /** Returns the index of the next line: the number of lines passed to the sink so far, unless the first was a later one. */
    public long lineCount() {
        return lineCount;
    }

    /** Returns the number of bytes passed to the sink so far, terminators included. */
    public long byteCount() {
        return byteCount;
    }

    /** Returns the length of the longest line passed to the sink so far, in bytes, without terminator. */
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
            // One very long line must not occupy the heap for the rest of the ingest.
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
        // The counts are the batch's own position until the sink has accepted it, and exclude it if the sink fails.
        sink.accept(batch);
        lineCount += batch.count();
        byteCount += batch.byteCount();
    }

    /** Appends bytes of a line that ends in a later block to the buffer, and keeps room for its terminator. */
    private void carry(byte[] block, int from, int to) throws LineTooLongException {
        int needed = Math.addExact(carriedLength, to - from);
        if (needed > longestLineAllowed) {
            throw new LineTooLongException(lineCount, byteCount, longestLineAllowed);
        }
        if (carried.length <= needed) {
            // Doubling keeps the copies linear in the length of the line.
            int doubled = Math.min(carried.length * 2, longestLineAllowed + 1);
            carried = Arrays.copyOf(carried, Math.max(needed + 1, doubled));
        }
        System.arraycopy(block, from, carried, carriedLength, to - from);
        carriedLength = needed;
    }
}
