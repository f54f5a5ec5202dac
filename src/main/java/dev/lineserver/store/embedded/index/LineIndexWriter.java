package dev.lineserver.store.embedded.index;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

import dev.lineserver.line.LineBatch;

import static dev.lineserver.store.embedded.index.LineIndex.BLOCK_LINES;

/** Writes a {@link LineIndexFile} front to back, while the lines are read. Used by one thread. */
public final class LineIndexWriter {
    /** Most words of a block: 56 low bits and 3 high bits per line, and one word for rounding each. */
    private static final int MOST_WORDS = BLOCK_LINES * 59 / Long.SIZE + 2;

    private final LineIndexFile.Output out;
    private final long[] distances = new long[BLOCK_LINES];
    private final long[] encoded = new long[MOST_WORDS];
    private long[] directory = new long[1 << 12];
    private int directorySize;
    private long base;
    private int inBlock;
    private long wordCount;
    private long lineCount;
    private long end;

    /** Takes the bytes of the file, in order. Writes all that remain in the buffer before it returns. */
    @FunctionalInterface
    public interface Sink {
        void write(ByteBuffer bytes) throws IOException;
    }

    /** @param sink of the file's bytes */
    public LineIndexWriter(Sink sink) {
        out = new LineIndexFile.Output(sink);
    }

    /** Adds the next lines, which follow those added before without a gap. */
    public void add(LineBatch batch) throws IOException {
        long offset = end - batch.start(0);
        int added = 0;
        while (added < batch.count()) {
            if (inBlock == BLOCK_LINES) {
                flushBlock(offset + batch.start(added));
            }
            int room = Math.min(BLOCK_LINES - inBlock, batch.count() - added);
            place(batch, added, room, offset - base - inBlock);
            added += room;
        }
        lineCount += added;
        end = offset + batch.end(added - 1) + 1;
    }

    private void place(LineBatch batch, int first, int count, long shift) {
        int from = batch.start(first);
        for (int i = 0; i < count; i++) {
            distances[inBlock + i] = shift + from - i;
            from = batch.end(first + i) + 1;
        }
        inBlock += count;
    }

    /** Writes the last block, the directory and the trailer. The caller makes the file durable. */
    public void finish() throws IOException {
        if (inBlock > 0) {
            flushBlock(end);
        }
        out.write(directory, directorySize);
        out.end(wordCount, lineCount, end);
    }

    private void flushBlock(long next) throws IOException {
        long span = next - base - inBlock;
        int lowBits = lowBits(span, inBlock);
        point(lowBits);
        int length = encode(lowBits);
        out.write(encoded, length);
        wordCount += length;
        base = next;
        inBlock = 0;
    }

    /** floor(log2(span / lines)), which makes the high parts of all lines together between 1 and 2 bits each. */
    private static int lowBits(long span, int lines) {
        return Math.max(0, Long.SIZE - 1 - Long.numberOfLeadingZeros(Math.max(1, span / lines)));
    }

    private int encode(int lowBits) {
        int highAt = LineIndex.lowWords(inBlock, lowBits);
        putLow(lowBits);
        return putHigh(lowBits, highAt);
    }

    /** Assembles each word in a local variable: updating the array for every line takes twice the time. */
    private void putLow(int lowBits) {
        long mask = (1L << lowBits) - 1;
        long word = 0;
        int used = 0;
        int at = 0;
        for (int i = 0; i < inBlock; i++) {
            long low = distances[i] & mask;
            word |= low << used;
            used += lowBits;
            if (used >= Long.SIZE) {
                encoded[at++] = word;
                used -= Long.SIZE;
                word = low >>> (lowBits - used);
            }
        }
        if (used > 0) {
            encoded[at] = word;
        }
    }

    private int putHigh(int lowBits, int from) {
        long word = 0;
        int at = from;
        for (int i = 0; i < inBlock; i++) {
            long high = (distances[i] >>> lowBits) + i;
            for (int here = from + (int) (high >>> 6); at < here; at++) {
                encoded[at] = word;
                word = 0;
            }
            word |= 1L << high;
        }
        encoded[at] = word;
        return at + 1;
    }

    private void point(int lowBits) {
        if (directorySize == directory.length) {
            directory = Arrays.copyOf(directory, Math.multiplyExact(directory.length, 2));
        }
        directory[directorySize++] = base;
        directory[directorySize++] = (long) lowBits << LineIndex.POINTER_BITS | wordCount;
    }
}
