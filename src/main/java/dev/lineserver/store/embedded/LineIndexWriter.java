package dev.lineserver.store.embedded;

import java.io.IOException;
import java.util.Arrays;

import dev.lineserver.line.LineBatch;

import static dev.lineserver.store.embedded.LineIndex.BLOCK_LINES;

/** Writes a {@link LineIndexFile} while its lines come in. */
final class LineIndexWriter {
    /** Most words a block can take: 56 low bits and 3 high bits per line, and one word for rounding each. */
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

    LineIndexWriter(LineIndexFile.Output out) throws IOException {
        this.out = out;
        out.begin();
    }

    /** Adds the next lines, which begin where the last ones ended. */
    void add(LineBatch batch) throws IOException {
        long offset = end - batch.start(0);
        int from = batch.start(0);
        for (int i = 0; i < batch.count(); i++) {
            if (inBlock == BLOCK_LINES) {
                flushBlock(offset + from);
            }
            distances[inBlock] = offset + from - base - inBlock;
            inBlock++;
            from = batch.end(i) + 1;
        }
        lineCount += batch.count();
        end = offset + from;
    }

    /** Writes what is left, the directory and the trailer. */
    void finish() throws IOException {
        if (inBlock > 0) {
            flushBlock(end);
        }
        out.write(directory, directorySize);
        out.end(wordCount, lineCount, end);
    }

    private void flushBlock(long next) throws IOException {
        long span = next - base - inBlock;
        if (allSameLength(span)) {
            point(LineIndex.SAME_LENGTH, span / inBlock);
        } else {
            int lowBits = lowBits(span, inBlock);
            point(lowBits, wordCount);
            int length = encode(lowBits);
            out.write(encoded, length);
            wordCount += length;
        }
        base = next;
        inBlock = 0;
    }

    private boolean allSameLength(long span) {
        long length = span / inBlock;
        if (length * inBlock != span) {
            return false;
        }
        for (int i = 1; i < inBlock; i++) {
            if (distances[i] != i * length) {
                return false;
            }
        }
        return true;
    }

    /** floor(log2(span / lines)), which makes the high parts of all lines together between 1 and 2 bits each. */
    private static int lowBits(long span, int lines) {
        return Math.max(0, Long.SIZE - 1 - Long.numberOfLeadingZeros(Math.max(1, span / lines)));
    }

    private int encode(int lowBits) {
        int highAt = LineIndex.lowWords(inBlock, lowBits);
        long lastHigh = (distances[inBlock - 1] >>> lowBits) + inBlock - 1;
        int length = highAt + (int) (lastHigh >>> 6) + 1;
        Arrays.fill(encoded, 0, length, 0);
        long mask = (1L << lowBits) - 1;
        for (int i = 0; i < inBlock; i++) {
            long distance = distances[i];
            int high = (int) (distance >>> lowBits) + i;
            encoded[highAt + (high >>> 6)] |= 1L << high;
            if (lowBits > 0) {
                putLow(distance & mask, i * lowBits, lowBits);
            }
        }
        return length;
    }

    private void putLow(long value, int bit, int lowBits) {
        int shift = bit & (Long.SIZE - 1);
        encoded[bit >>> 6] |= value << shift;
        if (shift + lowBits > Long.SIZE) {
            encoded[(bit >>> 6) + 1] |= value >>> (Long.SIZE - shift);
        }
    }

    private void point(int lowBits, long pointer) {
        if (directorySize == directory.length) {
            directory = Arrays.copyOf(directory, Math.multiplyExact(directory.length, 2));
        }
        directory[directorySize++] = base;
        directory[directorySize++] = (long) lowBits << LineIndex.POINTER_BITS | pointer;
    }
}
