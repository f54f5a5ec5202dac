package dev.lineserver.line;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Finds line terminators in a byte array, 64 bytes at a time. */
public final class Newlines {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long NEWLINES = 0x0A0A0A0A0A0A0A0AL;
    private static final long LOW_SEVEN = 0x7F7F7F7F7F7F7F7FL;

    private Newlines() {}

    /**
     * Writes the positions of all {@code \n} in {@code bytes[from, to)} to {@code positions}, ascending.
     *
     * @param positions room for at least {@code to - from} positions
     * @return how many there are
     */
    public static int find(byte[] bytes, int from, int to, int[] positions) {
        int count = 0;
        int at = from;
        for (int last = to - Long.SIZE; at <= last; at += Long.SIZE) {
            long columns = columns(bytes, at);
            if (columns != 0) {
                long newlines = transposed(columns);
                do {
                    positions[count++] = at + Long.numberOfTrailingZeros(newlines);
                    newlines &= newlines - 1;
                } while (newlines != 0);
            }
        }
        for (; at < to; at++) {
            if (bytes[at] == '\n') {
                positions[count++] = at;
            }
        }
        return count;
    }

    /**
     * Sets the top bit of every byte that is {@code \n}, and no other bit. Exact in every lane, unlike the well-known
     * subtract-and-mask form, whose borrow runs into the next lane. Source: Hacker's Delight, 2nd ed., 6-1.
     */
    static long newlineMarks(long word) {
        long zeroWhereNewline = word ^ NEWLINES;
        return ~(((zeroWhereNewline & LOW_SEVEN) + LOW_SEVEN) | zeroWhereNewline | LOW_SEVEN);
    }

    /** The marks of 64 bytes: bit k of byte j is that of byte j of the k-th word. */
    private static long columns(byte[] bytes, int at) {
        return word(bytes, at) >>> 7
                | word(bytes, at + 8) >>> 6
                | word(bytes, at + 16) >>> 5
                | word(bytes, at + 24) >>> 4
                | word(bytes, at + 32) >>> 3
                | word(bytes, at + 40) >>> 2
                | word(bytes, at + 48) >>> 1
                | word(bytes, at + 56);
    }

    private static long word(byte[] bytes, int at) {
        return newlineMarks((long) LONGS.get(bytes, at));
    }

    /**
     * Bit j of byte k becomes bit k of byte j, which puts the columns' marks in the order of their bytes. Source: Hacker's
     * Delight, 2nd ed., 7-3.
     */
    static long transposed(long matrix) {
        long x = matrix;
        long swapped = (x ^ (x >>> 7)) & 0x00AA00AA00AA00AAL;
        x ^= swapped ^ (swapped << 7);
        swapped = (x ^ (x >>> 14)) & 0x0000CCCC0000CCCCL;
        x ^= swapped ^ (swapped << 14);
        swapped = (x ^ (x >>> 28)) & 0x00000000F0F0F0F0L;
        return x ^ swapped ^ (swapped << 28);
    }

    /** {@code positions}, or a longer copy where it has no room for {@code length} positions. */
    public static int[] withRoomFor(int[] positions, int length) {
        return positions.length >= length ? positions : Arrays.copyOf(positions, length);
    }
}
