package dev.lineserver.ingest;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

import org.jspecify.annotations.Nullable;

import dev.lineserver.ingest.ZstdTables.Table;

/**
 * Unpacks the literals of Zstandard blocks: as they are, one byte repeated, or one or four streams of a Huffman code, which
 * may be that of an earlier block of the frame. Used by one thread. Format: RFC 8878, section 3.1.1.3.1.
 */
final class ZstdLiterals {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[] bytes = new byte[ZstdBlocks.MAX_BLOCK + ZstdBlocks.SLACK];
    private int count;
    private @Nullable Table huffman;

    /** Forgets what a frame has left. */
    void reset() {
        huffman = null;
    }

    /** Returns an array that begins with the literals of the last block, and has {@link ZstdBlocks#SLACK} behind them. */
    byte[] bytes() {
        return bytes;
    }

    int count() {
        return count;
    }

    /**
     * Unpacks the literals of a block.
     *
     * @return the position after them
     */
    int read(byte[] in, int length) throws ZstdDamage {
        int type = in[0] & 3;
        int format = in[0] >>> 2 & 3;
        if (length < 1) {
            throw invalid();
        }
        if (type < 2) {
            int headerBytes = format == 1 ? 2 : format == 3 ? 3 : 1;
            count = (int) number(in, 0, headerBytes) >>> (headerBytes == 1 ? 3 : 4);
            int end = headerBytes + (type == 0 ? count : 1);
            if (count > ZstdBlocks.MAX_BLOCK || end > length) {
                throw invalid();
            }
            if (type == 0) {
                System.arraycopy(in, headerBytes, bytes, 0, count);
            } else {
                Arrays.fill(bytes, 0, count, in[headerBytes]);
            }
            return end;
        }
        int headerBytes = format < 2 ? 3 : format + 2;
        int width = 4 * headerBytes - 2;
        long header = number(in, 0, headerBytes) >>> 4;
        int mask = (1 << width) - 1;
        count = (int) header & mask;
        int end = headerBytes + ((int) (header >>> width) & mask);
        if (count > ZstdBlocks.MAX_BLOCK || end > length) {
            throw invalid();
        }
        int from = headerBytes;
        if (type == 2) {
            huffman = ZstdTables.readHuffman(in, from, end);
            from = huffman.end();
        }
        if (huffman == null) {
            throw invalid();
        }
        if (format == 0) {
            readStream(huffman, in, from, end, 0, count);
        } else {
            readFourStreams(huffman, in, from, end);
        }
        return end;
    }

    private void readFourStreams(Table table, byte[] in, int from, int end) throws ZstdDamage {
        int part = (count + 3) / 4;
        int at = from + 6;
        if (at > end || 3 * part > count) {
            throw invalid();
        }
        for (int i = 0; i < 4; i++) {
            int next = i < 3 ? at + (int) number(in, from + 2 * i, 2) : end;
            if (next > end) {
                throw invalid();
            }
            readStream(table, in, at, next, i * part, i < 3 ? (i + 1) * part : count);
            at = next;
        }
    }

    private void readStream(Table table, byte[] in, int from, int end, int at, int to) throws ZstdDamage {
        ZstdBits bits = new ZstdBits(in, from, end);
        int[] entries = table.entries();
        int log = table.log();
        int mask = entries.length - 1;
        byte[] literals = bytes;
        int left = bits.left();
        // Four symbols take at most 44 bits, and a word has at least 57.
        while (to - at >= 4 && left >= Long.SIZE) {
            long word = (long) LONGS.get(in, from + (left >>> 3) - 7) << (7 - (left & 7));
            int used = 0;
            for (int i = 0; i < 4; i++) {
                int entry = entries[(int) ((word << (used + 1)) >>> (Long.SIZE - log)) & mask];
                literals[at + i] = (byte) entry;
                used += entry >>> 8;
            }
            at += 4;
            left -= used;
        }
        bits.skip(bits.left() - left);
        while (at < to) {
            int entry = entries[bits.next(log)];
            literals[at++] = (byte) entry;
            bits.skip(entry >>> 8);
        }
        if (bits.left() != 0) {
            throw invalid();
        }
    }

    /** Reads a little-endian number of at most seven bytes. */
    static long number(byte[] in, int at, int bytes) {
        return (long) LONGS.get(in, at) & ((1L << (8 * bytes)) - 1);
    }

    private static ZstdDamage invalid() {
        return new ZstdDamage("a block is invalid");
    }
}
