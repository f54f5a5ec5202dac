package dev.lineserver.line;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Finds line terminators in a byte array.
 *
 * <p>Each step reads 64 bytes as eight {@code long}s and packs their comparisons into one {@code long} with a bit per
 * byte. {@code src/docs/decisions/012-how-a-file-is-scanned.md} has the alternatives and the measurements.
 */
public final class Newlines {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long NEWLINES = 0x0A0A0A0A0A0A0A0AL;
    private static final long LOW_SEVEN = 0x7F7F7F7F7F7F7F7FL;
    private static final long TOP = 0x8080808080808080L;

    private Newlines() {}

    /**
     * Writes the positions of all {@code \n} in {@code bytes[from, to)} to {@code positions}, ascending.
     *
     * @param positions has room for at least {@code to - from} positions; entries after the last one found may be
     *     overwritten
     * @return the number of newlines
     */
    public static int find(byte[] bytes, int from, int to, int[] positions) {
        int count = 0;
        int at = from;
        for (int last = to - Long.SIZE; at <= last; at += Long.SIZE) {
            long newlines = newlines(bytes, at);
            int here = Long.bitCount(newlines);
            // Writes two positions even if there are fewer newlines, because a branch would often be mispredicted. A
            // wrong position is overwritten by the next step, or lies behind the returned count.
            positions[count] = at + Long.numberOfTrailingZeros(newlines);
            newlines &= newlines - 1;
            positions[count + 1] = at + Long.numberOfTrailingZeros(newlines);
            if (here > 2) {
                writePositions(positions, count + 2, at, newlines & (newlines - 1));
            }
            count += here;
        }
        for (; at < to; at++) {
            if (bytes[at] == '\n') {
                positions[count++] = at;
            }
        }
        return count;
    }

    /** Writes the positions of all set bits. At least one bit must be set. */
    private static void writePositions(int[] positions, int from, int at, long bits) {
        long left = bits;
        int next = from;
        do {
            positions[next++] = at + Long.numberOfTrailingZeros(left);
            left &= left - 1;
        } while (left != 0);
    }

    /**
     * Returns a word in which the top bit of each byte is set if that byte of {@code word} is not {@code \n}; all other
     * bits are 0. This form is exact in every byte. The popular subtract-and-mask form is not: its borrow reaches the
     * next byte. Source: Hacker's Delight, 2nd ed., 6-1.
     */
    static long topBitUnlessNewline(long word) {
        long zeroIfNewline = word ^ NEWLINES;
        return (((zeroIfNewline & LOW_SEVEN) + LOW_SEVEN) | zeroIfNewline) & TOP;
    }

    /** Returns a word in which bit j is set if byte {@code at + j} is {@code \n}. */
    private static long newlines(byte[] bytes, int at) {
        // Bit k of each byte comes from the k-th long, so the bits are in the order of a transposed 8-by-8 matrix.
        long others = topBitUnlessNewline(bytes, at) >>> 7
                | topBitUnlessNewline(bytes, at + 8) >>> 6
                | topBitUnlessNewline(bytes, at + 16) >>> 5
                | topBitUnlessNewline(bytes, at + 24) >>> 4
                | topBitUnlessNewline(bytes, at + 32) >>> 3
                | topBitUnlessNewline(bytes, at + 40) >>> 2
                | topBitUnlessNewline(bytes, at + 48) >>> 1
                | topBitUnlessNewline(bytes, at + 56);
        return ~transpose(others);
    }

    private static long topBitUnlessNewline(byte[] bytes, int at) {
        return topBitUnlessNewline((long) LONGS.get(bytes, at));
    }

    /**
     * Transposes an 8-by-8 matrix of bits: bit j of byte k becomes bit k of byte j. Source: Hacker's Delight, 2nd ed.,
     * 7-3.
     */
    static long transpose(long matrix) {
        long x = matrix;
        long swapped = (x ^ (x >>> 7)) & 0x00AA00AA00AA00AAL;
        x ^= swapped ^ (swapped << 7);
        swapped = (x ^ (x >>> 14)) & 0x0000CCCC0000CCCCL;
        x ^= swapped ^ (swapped << 14);
        swapped = (x ^ (x >>> 28)) & 0x00000000F0F0F0F0L;
        return x ^ swapped ^ (swapped << 28);
    }
}
