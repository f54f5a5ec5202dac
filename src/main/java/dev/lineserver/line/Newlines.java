package dev.lineserver.line;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Finds line terminators in a byte array, 64 bytes at a time. */
public final class Newlines {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long NEWLINES = 0x0A0A0A0A0A0A0A0AL;
    private static final long LOW_SEVEN = 0x7F7F7F7F7F7F7F7FL;
    private static final long TOP = 0x8080808080808080L;

    private Newlines() {}

    /**
     * Writes the positions of all {@code \n} in {@code bytes[from, to)} to {@code positions}, ascending.
     *
     * @param positions has room for at least {@code to - from} positions; entries after those found are overwritten
     * @return the number of newlines
     */
    public static int find(byte[] bytes, int from, int to, int[] positions) {
        int count = 0;
        int at = from;
        for (int last = to - Long.SIZE; at <= last; at += Long.SIZE) {
            long newlines = newlines(bytes, at);
            int here = Long.bitCount(newlines);
            // Two positions are written unconditionally: a branch would be mispredicted too often.
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

    /** Writes the positions of all bits that are set; there is at least one. */
    private static void writePositions(int[] positions, int from, int at, long bits) {
        long left = bits;
        int next = from;
        do {
            positions[next++] = at + Long.numberOfTrailingZeros(left);
            left &= left - 1;
        } while (left != 0);
    }

    /**
     * Sets the top bit of every byte that is not {@code \n}, and no other bit. Exact in every lane, unlike the well-known
     * subtract-and-mask form, whose borrow runs into the next lane. Source: Hacker's Delight, 2nd ed., 6-1.
     */
    static long topBitUnlessNewline(long word) {
        long zeroWhereNewline = word ^ NEWLINES;
        return (((zeroWhereNewline & LOW_SEVEN) + LOW_SEVEN) | zeroWhereNewline) & TOP;
    }

    /** Bit j is set if byte {@code at + j} is {@code \n}. */
    private static long newlines(byte[] bytes, int at) {
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
     * Transposes a matrix of bits: bit j of byte k becomes bit k of byte j, so that the bits are in the order of the bytes that
     * they stand for. Source: Hacker's Delight, 2nd ed., 7-3.
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
