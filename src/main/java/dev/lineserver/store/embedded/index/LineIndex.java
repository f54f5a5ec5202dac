package dev.lineserver.store.embedded.index;

/**
 * Where each line begins, held in RAM: for ordinary text in a little more than a byte per line. Immutable.
 *
 * <p>Lines are packed in blocks of {@link #BLOCK_LINES}. A block keeps its first offset and a pointer to its words in a
 * directory (16 bytes per block), and the lengths of its lines side by side, in as many bits each as the longest of them
 * takes. The offset of a line is the sum of the lengths, and terminators, before it.
 *
 * @param words of all blocks
 * @param directory first offset and pointer of each block
 * @param lineCount number of lines
 * @param end offset at which a line after the last would begin
 */
public record LineIndex(long[] words, long[] directory, long lineCount, long end) {
    /** 64 lengths are added up on average, which takes less time than fetching the first of them from RAM. */
    public static final int BLOCK_LINES = 128;

    /** A pointer is the position of a block's first word below the number of bits of each length. */
    static final int WIDTH_SHIFT = 56;

    /** Size in RAM, in bytes. */
    long bytes() {
        return ((long) words.length + directory.length) * Long.BYTES;
    }

    /** Offset of a line's first byte. */
    public long start(long lineIndex) {
        int block = 2 * (int) (lineIndex / BLOCK_LINES);
        int inBlock = (int) (lineIndex % BLOCK_LINES);
        long start = directory[block] + inBlock;
        long pointer = directory[block + 1];
        int width = (int) (pointer >>> WIDTH_SHIFT);
        long mask = (1L << width) - 1;
        int next = (int) pointer;
        long bits = 0;
        int left = 0;
        for (int i = 0; i < inBlock; i++) {
            // Walks along the words: a position computed for each length would take twice the time.
            long length = bits;
            if (left < width) {
                bits = words[next++];
                length |= bits << left;
                bits >>>= width - left;
                left += Long.SIZE - width;
            } else {
                bits >>>= width;
                left -= width;
            }
            start += length & mask;
        }
        return start;
    }

    /** Length of a line, without its terminator. */
    public int length(long lineIndex) {
        int block = 2 * (int) (lineIndex / BLOCK_LINES);
        return length(directory[block + 1], (int) (lineIndex % BLOCK_LINES));
    }

    private int length(long pointer, int inBlock) {
        int width = (int) (pointer >>> WIDTH_SHIFT);
        int bit = inBlock * width;
        int word = (int) pointer + bit / Long.SIZE;
        int shift = bit % Long.SIZE;
        long bits = words[word] >>> shift;
        if (shift + width > Long.SIZE) {
            bits |= words[word + 1] << (Long.SIZE - shift);
        }
        return (int) bits & ((1 << width) - 1);
    }
}
