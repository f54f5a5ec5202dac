package dev.lineserver.store.embedded.index;

/**
 * The offset and length of each line, in RAM. Ordinary text takes a little more than one byte per line. Immutable.
 *
 * <p>The index groups {@link #BLOCK_LINES} consecutive lines into a block. It stores the lengths of a block's lines
 * without gaps, each in as many bits as the longest line of the block needs (the width). The offset of a line is the
 * offset of its block plus the lengths, and one terminator each, of the lines before it in the block.
 *
 * <pre>
 * directory[2 b]       offset of the first line of block b
 * directory[2 b + 1]   pointer: width of its lengths (upper 8 bits), index of its first word (lower 56 bits)
 * words                lengths of all blocks, from the lowest bit of each word; a length may continue in the next word,
 *                      and each block begins in a new word
 * </pre>
 *
 * <p>{@code src/docs/decisions/002-index-of-offsets.md} compares this index with others.
 *
 * @param words lengths of all blocks
 * @param directory offset and pointer of each block
 * @param lineCount number of lines
 * @param end offset after the last line and its terminator, real or virtual
 */
public record LineIndex(long[] words, long[] directory, long lineCount, long end) {
    /** A lookup adds 64 lengths on average. That takes less time than the cache miss on the first of them. */
    public static final int BLOCK_LINES = 128;

    /** Position of the width in a pointer. */
    static final int WIDTH_SHIFT = 56;

    /**
     * Returns the offset of a line's first byte.
     *
     * @param lineIndex 0-based, less than {@link #lineCount}
     */
    public long start(long lineIndex) {
        int block = 2 * (int) (lineIndex / BLOCK_LINES);
        int inBlock = (int) (lineIndex % BLOCK_LINES);
        // One terminator for each line before this one; the loop adds their lengths.
        long start = directory[block] + inBlock;
        long pointer = directory[block + 1];
        int width = (int) (pointer >>> WIDTH_SHIFT);
        long mask = (1L << width) - 1;
        int next = (int) pointer;
        long bits = 0;
        int left = 0;
        for (int i = 0; i < inBlock; i++) {
            // Shifts the current word along. Calculating the position of each length takes twice the time.
            long length = bits;
            if (left < width) {
                // The length continues in the next word, or begins there if no bits are left.
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

    /**
     * Returns the length of a line in bytes, without its terminator.
     *
     * @param lineIndex 0-based, less than {@link #lineCount}
     */
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
