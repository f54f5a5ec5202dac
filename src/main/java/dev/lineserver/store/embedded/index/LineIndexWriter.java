package dev.lineserver.store.embedded.index;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

import dev.lineserver.line.LineBatch;

import static dev.lineserver.store.embedded.index.LineIndex.BLOCK_LINES;

/** Writes a {@link LineIndexFile} front to back, while the lines are read. Used by one thread. */
public final class LineIndexWriter {
    private final LineIndexFile.Output out;
    private final int[] lengths = new int[BLOCK_LINES];
    /** Room for lengths of 32 bits, more than the longest takes. */
    private final long[] packed = new long[BLOCK_LINES / 2];

    private long[] directory = new long[1 << 12];
    private int directorySize;
    private int inBlock;
    /** All bits that are set in a length of the block. */
    private int bits;

    private long blockStart;
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
        int from = batch.start(0);
        for (int i = 0; i < batch.count(); i++) {
            int to = batch.end(i);
            lengths[inBlock++] = to - from;
            bits |= to - from;
            end += to + 1 - from;
            from = to + 1;
            if (inBlock == BLOCK_LINES) {
                writeBlock();
            }
        }
        lineCount += batch.count();
    }

    /** Writes the last block, the directory and the trailer. The caller makes the file durable. */
    public void finish() throws IOException {
        if (inBlock > 0) {
            writeBlock();
        }
        out.write(directory, directorySize);
        out.end(wordCount, lineCount, end);
    }

    private void writeBlock() throws IOException {
        int width = Math.max(1, Integer.SIZE - Integer.numberOfLeadingZeros(bits));
        if (directorySize == directory.length) {
            directory = Arrays.copyOf(directory, Math.multiplyExact(directory.length, 2));
        }
        directory[directorySize++] = blockStart;
        directory[directorySize++] = (long) width << LineIndex.WIDTH_SHIFT | wordCount;
        int words = pack(width);
        out.write(packed, words);
        wordCount += words;
        blockStart = end;
        inBlock = 0;
        bits = 0;
    }

    private int pack(int width) {
        int words = 0;
        long word = 0;
        int used = 0;
        for (int i = 0; i < inBlock; i++) {
            word |= (long) lengths[i] << used;
            used += width;
            if (used >= Long.SIZE) {
                packed[words++] = word;
                used -= Long.SIZE;
                word = (long) lengths[i] >>> (width - used);
            }
        }
        if (used > 0) {
            packed[words++] = word;
        }
        return words;
    }
}
