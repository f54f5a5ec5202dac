package dev.lineserver.store.embedded.index;

/**
 * Where each line begins: a monotone sequence of byte offsets, held in RAM in about {@code 2.6 + log2(average line)}
 * bits per line. Immutable.
 *
 * <p>Lines are encoded in blocks of {@link #BLOCK_LINES}. A block keeps its first offset and a pointer to its words in a
 * directory (16 bytes per block), and the distances of its lines from there as an Elias–Fano sequence: the low bits of
 * each packed side by side, the high bits as a bit set in which the i-th set bit stands at {@code high(i) + i}. As every
 * line has at least its terminator, {@code distance - i} is encoded, which is still monotone and smaller.
 *
 * <p>Sources: P. Elias, J. ACM 21(2), 1974; R. Fano, MIT Computer Structures Group memo 61, 1971; partitioning after
 * G. Ottaviano, R. Venturini, SIGIR 2014.
 */
public final class LineIndex {
    static final int BLOCK_SHIFT = 9;
    /** Lines per block: a high-bits set is then at most 24 words long, so finding the i-th bit is a short scan. */
    public static final int BLOCK_LINES = 1 << BLOCK_SHIFT;

    static final int POINTER_BITS = 56;
    static final long POINTER_MASK = (1L << POINTER_BITS) - 1;

    private final long[] words;
    private final long[] directory;
    private final long lineCount;
    private final long end;

    /**
     * @param words of all blocks
     * @param directory two longs per block: first offset; bits per low part in the top 8 bits over the position of the
     *     first word
     * @param end offset at which a line after the last would begin
     */
    LineIndex(long[] words, long[] directory, long lineCount, long end) {
        this.words = words;
        this.directory = directory;
        this.lineCount = lineCount;
        this.end = end;
    }

    /** Number of lines. */
    public long lineCount() {
        return lineCount;
    }

    /** Size in RAM, in bytes. */
    long bytes() {
        return ((long) words.length + directory.length) * Long.BYTES;
    }

    /**
     * Offset of a line's first byte.
     *
     * @param lineIndex from 0 to {@code lineCount}; the offset of {@code lineCount} is that at which another line would begin
     */
    public long start(long lineIndex) {
        if (lineIndex == lineCount) {
            return end;
        }
        int block = (int) (lineIndex >>> BLOCK_SHIFT);
        int i = (int) lineIndex & (BLOCK_LINES - 1);
        long base = directory[2 * block];
        long pointer = directory[2 * block + 1];
        int lowBits = (int) (pointer >>> POINTER_BITS);
        int at = (int) (pointer & POINTER_MASK);
        int lines = (int) Math.min(BLOCK_LINES, lineCount - ((long) block << BLOCK_SHIFT));
        long high = selectHigh(at + lowWords(lines, lowBits), i) - i;
        return base + i + (high << lowBits | low(at, i, lowBits));
    }

    /** Number of words for the low parts of a block of {@code lines} lines. */
    static int lowWords(int lines, int lowBits) {
        return (lines * lowBits + Long.SIZE - 1) / Long.SIZE;
    }

    private long low(int at, int i, int lowBits) {
        if (lowBits == 0) {
            return 0;
        }
        int bit = i * lowBits;
        int shift = bit & (Long.SIZE - 1);
        int first = at + (bit >>> 6);
        long value = words[first] >>> shift;
        if (shift + lowBits > Long.SIZE) {
            value |= words[first + 1] << (Long.SIZE - shift);
        }
        return value & ((1L << lowBits) - 1);
    }

    /** Position of the set bit number {@code i}, counted from 0, at or after the word {@code at}. */
    private long selectHigh(int at, int i) {
        int left = i;
        long position = 0;
        for (int word = at; ; word++, position += Long.SIZE) {
            long bits = words[word];
            int set = Long.bitCount(bits);
            if (left < set) {
                return position + selectInWord(bits, left);
            }
            left -= set;
        }
    }

    /** Position of the set bit number {@code i} of {@code bits}, which has more than {@code i}. */
    static int selectInWord(long bits, int i) {
        return Long.numberOfTrailingZeros(Long.expand(1L << i, bits));
    }
}
