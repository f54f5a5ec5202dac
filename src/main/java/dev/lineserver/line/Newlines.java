package dev.lineserver.line;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Finds line terminators in a byte array, eight bytes at a time. */
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
        for (int last = to - Long.BYTES; at <= last; at += Long.BYTES) {
            long marks = newlineMarks((long) LONGS.get(bytes, at));
            while (marks != 0) {
                positions[count++] = at + (Long.numberOfTrailingZeros(marks) >>> 3);
                marks &= marks - 1;
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

    /** {@code positions}, or a longer copy where it has no room for {@code length} positions. */
    public static int[] withRoomFor(int[] positions, int length) {
        return positions.length >= length ? positions : Arrays.copyOf(positions, length);
    }
}
