package dev.lineserver.ingest;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The checksum of Zstandard frames: XXH64 with seed 0, of bytes that arrive piece by piece. Used by one thread. Algorithm:
 * <a href="https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md">xxHash specification</a>.
 */
final class XxHash64 {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long PRIME_1 = 0x9E37_79B1_85EB_CA87L;
    private static final long PRIME_2 = 0xC2B2_AE3D_27D4_EB4FL;
    private static final long PRIME_3 = 0x1656_67B1_9E37_79F9L;
    private static final long PRIME_4 = 0x85EB_CA77_C2B2_AE63L;
    private static final long PRIME_5 = 0x27D4_EB2F_1656_67C5L;
    private static final int STRIPE = 32;

    /** The bytes after the last whole stripe. */
    private final byte[] rest = new byte[STRIPE];

    private int restLength;
    private long length;
    private long a;
    private long b;
    private long c;
    private long d;

    XxHash64() {
        reset();
    }

    void reset() {
        restLength = 0;
        length = 0;
        a = 0x60EA_27EE_ADC0_B5D6L; // PRIME_1 + PRIME_2
        b = PRIME_2;
        c = 0;
        d = -PRIME_1;
    }

    void update(byte[] bytes, int offset, int count) {
        length += count;
        int at = offset;
        int end = offset + count;
        if (restLength > 0) {
            int copied = Math.min(STRIPE - restLength, count);
            System.arraycopy(bytes, at, rest, restLength, copied);
            restLength += copied;
            at += copied;
            if (restLength < STRIPE) {
                return;
            }
            addStripes(rest, 0, STRIPE);
        }
        int whole = at + (end - at) / STRIPE * STRIPE;
        addStripes(bytes, at, whole);
        restLength = end - whole;
        System.arraycopy(bytes, whole, rest, 0, restLength);
    }

    private void addStripes(byte[] bytes, int from, int to) {
        long a = this.a;
        long b = this.b;
        long c = this.c;
        long d = this.d;
        for (int at = from; at < to; at += STRIPE) {
            a = round(a, (long) LONGS.get(bytes, at));
            b = round(b, (long) LONGS.get(bytes, at + 8));
            c = round(c, (long) LONGS.get(bytes, at + 16));
            d = round(d, (long) LONGS.get(bytes, at + 24));
        }
        this.a = a;
        this.b = b;
        this.c = c;
        this.d = d;
    }

    private static long round(long lane, long input) {
        return Long.rotateLeft(lane + input * PRIME_2, 31) * PRIME_1;
    }

    /** Returns the hash of all bytes so far. */
    long value() {
        long hash = PRIME_5;
        if (length >= STRIPE) {
            hash = Long.rotateLeft(a, 1) + Long.rotateLeft(b, 7) + Long.rotateLeft(c, 12) + Long.rotateLeft(d, 18);
            for (long lane : new long[] {a, b, c, d}) {
                hash = (hash ^ round(0, lane)) * PRIME_1 + PRIME_4;
            }
        }
        hash += length;
        int at = 0;
        for (; at + Long.BYTES <= restLength; at += Long.BYTES) {
            hash = Long.rotateLeft(hash ^ round(0, (long) LONGS.get(rest, at)), 27) * PRIME_1 + PRIME_4;
        }
        if (at + Integer.BYTES <= restLength) {
            long word = Integer.toUnsignedLong((int) INTS.get(rest, at));
            hash = Long.rotateLeft(hash ^ word * PRIME_1, 23) * PRIME_2 + PRIME_3;
            at += Integer.BYTES;
        }
        for (; at < restLength; at++) {
            hash = Long.rotateLeft(hash ^ Byte.toUnsignedLong(rest[at]) * PRIME_5, 11) * PRIME_1;
        }
        hash = (hash ^ hash >>> 33) * PRIME_2;
        hash = (hash ^ hash >>> 29) * PRIME_3;
        return hash ^ hash >>> 32;
    }
}
