package dev.lineserver.store.embedded.index;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

import dev.lineserver.line.LineBatch;

import static dev.lineserver.store.embedded.index.LineIndex.BLOCK_LINES;

/**
 * Writes a {@link LineIndexFile} from front to back while the lines are read. Its heap is one block of lengths, the
 * output buffer, and the directory: 16 bytes per {@link LineIndex#BLOCK_LINES} lines. Used by one thread.
 */
public final class LineIndexWriter {
    private final LineIndexFile.IndexOutput out;
    private final int[] lengths = new int[BLOCK_LINES];
    /** Room for lengths of 32 bits, the maximum width. */
    private final long[] packed = new long[BLOCK_LINES / 2];

    private long[] directory = new long[1 << 12];
    private int directorySize;
    private int inBlock;
    /** Bitwise OR of the lengths in the block. Its highest set bit determines their width. */
    private int combinedLengths;

    private long blockStart;
    private long wordCount;
    private long lineCount;
    private long end;

    /** Receives the bytes of the file, in their order. */
    @FunctionalInterface
    public interface ByteSink {
        /** Writes all remaining bytes of the buffer. The buffer is reused when this method has returned. */
        void write(ByteBuffer bytes) throws IOException;
    }

    /** @param sink receives the file's bytes */
    public LineIndexWriter(ByteSink sink) {
        out = new LineIndexFile.IndexOutput(sink);
    }

    /** Adds the lines that follow the lines added so far. */
    public void add(LineBatch batch) throws IOException {
        int from = batch.start(0);
        for (int i = 0; i < batch.count(); i++) {
            int to = batch.end(i);
            lengths[inBlock++] = to - from;
            combinedLengths |= to - from;
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
        out.finish(wordCount, lineCount, end);
    }

    private void writeBlock() throws IOException {
        int width = Math.max(1, Integer.SIZE - Integer.numberOfLeadingZeros(combinedLengths));
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
        combinedLengths = 0;
    }

    /** Packs the lengths of the block into {@link #packed}, and returns the number of words used. */
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
                // The rest of a length that crosses words; 0 if the length ended with the word.
                word = (long) lengths[i] >>> (width - used);
            }
        }
        if (used > 0) {
            packed[words++] = word;
        }
        return words;
    }
}
