package dev.lineserver.line;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Finds line terminators in a byte array, 64 bytes at a time. */
public final class Newlines {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long NEWLINES = 0x0A0A0A0A0A0A0A0AL;
    private static final long TOP_BYTE_GATHERED = 0x0102040810204080L;
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
            long newlines = 0;
            for (int word = 0; word < Long.SIZE; word += Long.BYTES) {
                newlines |= bits(newlineMarks((long) LONGS.get(bytes, at + word))) << word;
            }
            while (newlines != 0) {
                positions[count++] = at + Long.numberOfTrailingZeros(newlines);
                newlines &= newlines - 1;
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

    /**
     * The marks of eight bytes as eight bits, the first byte's lowest: the product adds up each mark, shifted to its place
     * in the top byte.
     */
    private static long bits(long marks) {
        return ((marks >>> 7) * TOP_BYTE_GATHERED) >>> 56;
    }

    /** {@code positions}, or a longer copy where it has no room for {@code length} positions. */
    public static int[] withRoomFor(int[] positions, int length) {
        return positions.length >= length ? positions : Arrays.copyOf(positions, length);
    }
}
