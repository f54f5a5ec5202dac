package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

import dev.lineserver.store.ZstdBlock;

import static dev.lineserver.store.embedded.SeekTable.BLOCK_BYTES;

/**
 * Reads the text of a compressed copy: each block with one positional read, unless the cache has it. A read occupies one block
 * and its frame, whatever its length. Safe for use by many threads.
 */
final class CompressedBlocks {
    /** So many blocks that are not cached may be unpacked on an event loop: a short line is in one or two. */
    private static final int MAX_ON_EVENT_LOOP = 2;

    /** Time to unpack, compared with that to copy. */
    private static final int UNPACKING_FACTOR = 2;

    private final long[] starts;
    private final int[] checksums;
    private final long textBytes;
    private final BlockCache cache;

    /**
     * @param blocks the frames
     * @param textBytes length of the text
     */
    CompressedBlocks(SeekTable.Blocks blocks, long textBytes, BlockCache cache) {
        this.starts = blocks.starts();
        this.checksums = blocks.checksums();
        this.textBytes = textBytes;
        this.cache = cache;
    }

    static final class DamagedBlockException extends Exception {
        private static final long serialVersionUID = 1;

        /** The fault, as a clause. */
        final String damage;

        DamagedBlockException(String damage) {
            super(damage);
            this.damage = damage;
        }
    }

    /** Returns true if a read of the text would take too long for an event loop even from RAM. */
    boolean isLong(long position, int length) {
        int packed = 0;
        for (long block = position / BLOCK_BYTES; block * BLOCK_BYTES < position + length; block++) {
            if (cache.get(this, block) == null && ++packed > MAX_ON_EVENT_LOOP) {
                return true;
            }
        }
        return false;
    }

    /** Returns the number of bytes whose copy takes as long as unpacking the blocks of a range of the text. */
    static int cost(long position, int length) {
        long blocks = (position + length - 1) / BLOCK_BYTES - position / BLOCK_BYTES + 1;
        return (int) Math.min(Integer.MAX_VALUE, blocks * BLOCK_BYTES * UNPACKING_FACTOR);
    }

    /**
     * Fills a buffer with text.
     *
     * @throws DamagedBlockException if a block is damaged; the buffer has the text before that block
     */
    void read(FileChannel channel, long position, ByteBuffer text) throws IOException, DamagedBlockException {
        long at = position;
        while (text.hasRemaining()) {
            byte[] block = block(channel, at / BLOCK_BYTES);
            int from = (int) (at % BLOCK_BYTES);
            int count = Math.min(text.remaining(), block.length - from);
            text.put(block, from, count);
            at += count;
        }
    }

    private byte[] block(FileChannel channel, long number) throws IOException, DamagedBlockException {
        byte[] cached = cache.get(this, number);
        if (cached != null) {
            return cached;
        }
        int i = Math.toIntExact(number);
        byte[] frame = new byte[Math.toIntExact(starts[i + 1] - starts[i])];
        LinesFile.readFully(channel, starts[i], ByteBuffer.wrap(frame));
        byte[] text = SeekTable.checksum(frame) == checksums[i]
                ? ZstdBlock.unpack(frame, SeekTable.blockLength(number, textBytes))
                : null;
        if (text == null) {
            throw new DamagedBlockException("its block of compressed lines at byte " + starts[i] + " is damaged");
        }
        cache.put(this, number, text);
        return text;
    }

    long fileBytes() {
        return starts[starts.length - 1] + SeekTable.tableBytes(textBytes);
    }

    /** Releases the cached blocks. */
    void close() {
        cache.remove(this);
    }
}
