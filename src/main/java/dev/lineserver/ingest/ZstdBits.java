package dev.lineserver.ingest;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Reads a bit stream of Zstandard from its end to its beginning. The last byte has a 1 above the stream's last bit. Bits
 * before the beginning are zeros; {@link #left} is then negative. Used by one thread.
 */
final class ZstdBits {
    /** Number of bytes that the array must have behind the stream. */
    static final int SLACK = Long.BYTES;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    final byte[] bytes;
    final int from;
    /** Number of bits that have not yet been read; negative after reading beyond the beginning. */
    private int left;

    /** @param to end of the stream in the array, after {@code from} */
    ZstdBits(byte[] bytes, int from, int to) throws ZstdDamage {
        this.bytes = bytes;
        this.from = from;
        int last = to > from ? Byte.toUnsignedInt(bytes[to - 1]) : 0;
        if (last == 0) {
            throw new ZstdDamage("a bit stream does not end");
        }
        left = 8 * (to - from) - Integer.numberOfLeadingZeros(last) + 23;
    }

    int left() {
        return left;
    }

    /** @param count at most 32 */
    int read(int count) {
        left -= count;
        return peek(count);
    }

    /** Returns the {@code count} bits above {@link #left}, which may be negative. */
    private int peek(int count) {
        long mask = (1L << count) - 1;
        if (left >= 0) {
            return (int) (word(left >>> 3) >>> (left & 7) & mask);
        }
        return left <= -Integer.SIZE ? 0 : (int) (word(0) << -left & mask);
    }

    /** Returns the next {@code count} bits, at most 32, without reading them. */
    int next(int count) {
        left -= count;
        int bits = peek(count);
        left += count;
        return bits;
    }

    void skip(int count) {
        left -= count;
    }

    private long word(int at) {
        return (long) LONGS.get(bytes, from + at);
    }
}
