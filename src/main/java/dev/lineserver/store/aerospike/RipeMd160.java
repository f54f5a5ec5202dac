package dev.lineserver.store.aerospike;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * RIPEMD-160 of messages that fit one block, written out step by step.
 *
 * <p>H. Dobbertin, A. Bosselaers and B. Preneel, "RIPEMD-160: A Strengthened Version of RIPEMD", 1996. Its two halves are
 * computed side by side, as neither waits for the other. A variable is turned by ten bits where it is used instead of
 * once for all: the compiler finds that it is the same, and a step is one statement.
 */
final class RipeMd160 {
    /** Longest message, in bytes: a block without its end mark and its length. */
    private static final int MOST_BYTES = 55;

    static final int DIGEST_BYTES = 20;

    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int BLOCK_WORDS = 16;
    private static final int LENGTH_WORD = 14;
    private static final byte END_MARK = (byte) 0x80;

    private static final int TURN = 10;

    private static final int H0 = 0x67452301;
    private static final int H1 = 0xEFCDAB89;
    private static final int H2 = 0x98BADCFE;
    private static final int H3 = 0x10325476;
    private static final int H4 = 0xC3D2E1F0;

    private static final int K2 = 0x5A827999;
    private static final int K3 = 0x6ED9EBA1;
    private static final int K4 = 0x8F1BBCDC;
    private static final int K5 = 0xA953FD4E;
    private static final int KR1 = 0x50A28BE6;
    private static final int KR2 = 0x5C4DD124;
    private static final int KR3 = 0x6D703EF3;
    private static final int KR4 = 0x7A6D76E9;

    private final int[] m = new int[BLOCK_WORDS];
    private int a = unturned(H0);
    private int b = H1;
    private int c = H2;
    private int d = unturned(H3);
    private int e = unturned(H4);
    private int p = a;
    private int q = b;
    private int r = c;
    private int s = d;
    private int t = e;

    private RipeMd160(byte[] block) {
        for (int i = 0; i < BLOCK_WORDS; i++) {
            m[i] = (int) INTS.get(block, i * Integer.BYTES);
        }
    }

    /**
     * A block that holds a message, its end mark and its length.
     *
     * @param message at most {@value #MOST_BYTES} bytes
     */
    static byte[] block(byte[] message) {
        if (message.length > MOST_BYTES) {
            throw new IllegalArgumentException(message.length + " bytes are more than one block can hold");
        }
        byte[] block = Arrays.copyOf(message, BLOCK_WORDS * Integer.BYTES);
        block[message.length] = END_MARK;
        INTS.set(block, LENGTH_WORD * Integer.BYTES, message.length * Byte.SIZE);
        return block;
    }

    /**
     * Writes the digest of a message.
     *
     * @param block as {@link #block} makes it; the bytes of the message may have been replaced since
     * @param digest receives {@value #DIGEST_BYTES} bytes
     */
    static void digest(byte[] block, byte[] digest) {
        RipeMd160 hash = new RipeMd160(block);
        hash.firstRound();
        hash.secondRound();
        hash.thirdRound();
        hash.fourthRound();
        hash.fifthRound();
        hash.write(digest);
    }

    private void write(byte[] digest) {
        INTS.set(digest, 0, H1 + c + turned(s));
        INTS.set(digest, Integer.BYTES, H2 + turned(d) + turned(t));
        INTS.set(digest, 2 * Integer.BYTES, H3 + turned(e) + turned(p));
        INTS.set(digest, 3 * Integer.BYTES, H4 + turned(a) + q);
        INTS.set(digest, 4 * Integer.BYTES, H0 + b + r);
    }

    private static int step(int a, int mixed, int e, int by) {
        return Integer.rotateLeft(turned(a) + mixed, by) + turned(e);
    }

    private static int turned(int x) {
        return Integer.rotateLeft(x, TURN);
    }

    private static int unturned(int x) {
        return Integer.rotateRight(x, TURN);
    }

    private static int parity(int b, int c, int d) {
        return b ^ c ^ turned(d);
    }

    private static int choose(int b, int c, int d) {
        int turned = turned(d);
        return ((c ^ turned) & b) ^ turned;
    }

    private static int orNot(int b, int c, int d) {
        return (b | ~c) ^ turned(d);
    }

    private static int select(int b, int c, int d) {
        return ((b ^ c) & turned(d)) ^ c;
    }

    private static int orNotLast(int b, int c, int d) {
        return b ^ (c | ~turned(d));
    }

    private void firstRound() {
        a = step(a, parity(b, c, d) + m[0], e, 11);
        p = step(p, orNotLast(q, r, s) + m[5] + KR1, t, 8);
        e = step(e, parity(a, b, c) + m[1], d, 14);
        t = step(t, orNotLast(p, q, r) + m[14] + KR1, s, 9);
        d = step(d, parity(e, a, b) + m[2], c, 15);
        s = step(s, orNotLast(t, p, q) + m[7] + KR1, r, 9);
        c = step(c, parity(d, e, a) + m[3], b, 12);
        r = step(r, orNotLast(s, t, p) + m[0] + KR1, q, 11);
        b = step(b, parity(c, d, e) + m[4], a, 5);
        q = step(q, orNotLast(r, s, t) + m[9] + KR1, p, 13);
        a = step(a, parity(b, c, d) + m[5], e, 8);
        p = step(p, orNotLast(q, r, s) + m[2] + KR1, t, 15);
        e = step(e, parity(a, b, c) + m[6], d, 7);
        t = step(t, orNotLast(p, q, r) + m[11] + KR1, s, 15);
        d = step(d, parity(e, a, b) + m[7], c, 9);
        s = step(s, orNotLast(t, p, q) + m[4] + KR1, r, 5);
        c = step(c, parity(d, e, a) + m[8], b, 11);
        r = step(r, orNotLast(s, t, p) + m[13] + KR1, q, 7);
        b = step(b, parity(c, d, e) + m[9], a, 13);
        q = step(q, orNotLast(r, s, t) + m[6] + KR1, p, 7);
        a = step(a, parity(b, c, d) + m[10], e, 14);
        p = step(p, orNotLast(q, r, s) + m[15] + KR1, t, 8);
        e = step(e, parity(a, b, c) + m[11], d, 15);
        t = step(t, orNotLast(p, q, r) + m[8] + KR1, s, 11);
        d = step(d, parity(e, a, b) + m[12], c, 6);
        s = step(s, orNotLast(t, p, q) + m[1] + KR1, r, 14);
        c = step(c, parity(d, e, a) + m[13], b, 7);
        r = step(r, orNotLast(s, t, p) + m[10] + KR1, q, 14);
        b = step(b, parity(c, d, e) + m[14], a, 9);
        q = step(q, orNotLast(r, s, t) + m[3] + KR1, p, 12);
        a = step(a, parity(b, c, d) + m[15], e, 8);
        p = step(p, orNotLast(q, r, s) + m[12] + KR1, t, 6);
    }

    private void secondRound() {
        e = step(e, choose(a, b, c) + m[7] + K2, d, 7);
        t = step(t, select(p, q, r) + m[6] + KR2, s, 9);
        d = step(d, choose(e, a, b) + m[4] + K2, c, 6);
        s = step(s, select(t, p, q) + m[11] + KR2, r, 13);
        c = step(c, choose(d, e, a) + m[13] + K2, b, 8);
        r = step(r, select(s, t, p) + m[3] + KR2, q, 15);
        b = step(b, choose(c, d, e) + m[1] + K2, a, 13);
        q = step(q, select(r, s, t) + m[7] + KR2, p, 7);
        a = step(a, choose(b, c, d) + m[10] + K2, e, 11);
        p = step(p, select(q, r, s) + m[0] + KR2, t, 12);
        e = step(e, choose(a, b, c) + m[6] + K2, d, 9);
        t = step(t, select(p, q, r) + m[13] + KR2, s, 8);
        d = step(d, choose(e, a, b) + m[15] + K2, c, 7);
        s = step(s, select(t, p, q) + m[5] + KR2, r, 9);
        c = step(c, choose(d, e, a) + m[3] + K2, b, 15);
        r = step(r, select(s, t, p) + m[10] + KR2, q, 11);
        b = step(b, choose(c, d, e) + m[12] + K2, a, 7);
        q = step(q, select(r, s, t) + m[14] + KR2, p, 7);
        a = step(a, choose(b, c, d) + m[0] + K2, e, 12);
        p = step(p, select(q, r, s) + m[15] + KR2, t, 7);
        e = step(e, choose(a, b, c) + m[9] + K2, d, 15);
        t = step(t, select(p, q, r) + m[8] + KR2, s, 12);
        d = step(d, choose(e, a, b) + m[5] + K2, c, 9);
        s = step(s, select(t, p, q) + m[12] + KR2, r, 7);
        c = step(c, choose(d, e, a) + m[2] + K2, b, 11);
        r = step(r, select(s, t, p) + m[4] + KR2, q, 6);
        b = step(b, choose(c, d, e) + m[14] + K2, a, 7);
        q = step(q, select(r, s, t) + m[9] + KR2, p, 15);
        a = step(a, choose(b, c, d) + m[11] + K2, e, 13);
        p = step(p, select(q, r, s) + m[1] + KR2, t, 13);
        e = step(e, choose(a, b, c) + m[8] + K2, d, 12);
        t = step(t, select(p, q, r) + m[2] + KR2, s, 11);
    }

    private void thirdRound() {
        d = step(d, orNot(e, a, b) + m[3] + K3, c, 11);
        s = step(s, orNot(t, p, q) + m[15] + KR3, r, 9);
        c = step(c, orNot(d, e, a) + m[10] + K3, b, 13);
        r = step(r, orNot(s, t, p) + m[5] + KR3, q, 7);
        b = step(b, orNot(c, d, e) + m[14] + K3, a, 6);
        q = step(q, orNot(r, s, t) + m[1] + KR3, p, 15);
        a = step(a, orNot(b, c, d) + m[4] + K3, e, 7);
        p = step(p, orNot(q, r, s) + m[3] + KR3, t, 11);
        e = step(e, orNot(a, b, c) + m[9] + K3, d, 14);
        t = step(t, orNot(p, q, r) + m[7] + KR3, s, 8);
        d = step(d, orNot(e, a, b) + m[15] + K3, c, 9);
        s = step(s, orNot(t, p, q) + m[14] + KR3, r, 6);
        c = step(c, orNot(d, e, a) + m[8] + K3, b, 13);
        r = step(r, orNot(s, t, p) + m[6] + KR3, q, 6);
        b = step(b, orNot(c, d, e) + m[1] + K3, a, 15);
        q = step(q, orNot(r, s, t) + m[9] + KR3, p, 14);
        a = step(a, orNot(b, c, d) + m[2] + K3, e, 14);
        p = step(p, orNot(q, r, s) + m[11] + KR3, t, 12);
        e = step(e, orNot(a, b, c) + m[7] + K3, d, 8);
        t = step(t, orNot(p, q, r) + m[8] + KR3, s, 13);
        d = step(d, orNot(e, a, b) + m[0] + K3, c, 13);
        s = step(s, orNot(t, p, q) + m[12] + KR3, r, 5);
        c = step(c, orNot(d, e, a) + m[6] + K3, b, 6);
        r = step(r, orNot(s, t, p) + m[2] + KR3, q, 14);
        b = step(b, orNot(c, d, e) + m[13] + K3, a, 5);
        q = step(q, orNot(r, s, t) + m[10] + KR3, p, 13);
        a = step(a, orNot(b, c, d) + m[11] + K3, e, 12);
        p = step(p, orNot(q, r, s) + m[0] + KR3, t, 13);
        e = step(e, orNot(a, b, c) + m[5] + K3, d, 7);
        t = step(t, orNot(p, q, r) + m[4] + KR3, s, 7);
        d = step(d, orNot(e, a, b) + m[12] + K3, c, 5);
        s = step(s, orNot(t, p, q) + m[13] + KR3, r, 5);
    }

    private void fourthRound() {
        c = step(c, select(d, e, a) + m[1] + K4, b, 11);
        r = step(r, choose(s, t, p) + m[8] + KR4, q, 15);
        b = step(b, select(c, d, e) + m[9] + K4, a, 12);
        q = step(q, choose(r, s, t) + m[6] + KR4, p, 5);
        a = step(a, select(b, c, d) + m[11] + K4, e, 14);
        p = step(p, choose(q, r, s) + m[4] + KR4, t, 8);
        e = step(e, select(a, b, c) + m[10] + K4, d, 15);
        t = step(t, choose(p, q, r) + m[1] + KR4, s, 11);
        d = step(d, select(e, a, b) + m[0] + K4, c, 14);
        s = step(s, choose(t, p, q) + m[3] + KR4, r, 14);
        c = step(c, select(d, e, a) + m[8] + K4, b, 15);
        r = step(r, choose(s, t, p) + m[11] + KR4, q, 14);
        b = step(b, select(c, d, e) + m[12] + K4, a, 9);
        q = step(q, choose(r, s, t) + m[15] + KR4, p, 6);
        a = step(a, select(b, c, d) + m[4] + K4, e, 8);
        p = step(p, choose(q, r, s) + m[0] + KR4, t, 14);
        e = step(e, select(a, b, c) + m[13] + K4, d, 9);
        t = step(t, choose(p, q, r) + m[5] + KR4, s, 6);
        d = step(d, select(e, a, b) + m[3] + K4, c, 14);
        s = step(s, choose(t, p, q) + m[12] + KR4, r, 9);
        c = step(c, select(d, e, a) + m[7] + K4, b, 5);
        r = step(r, choose(s, t, p) + m[2] + KR4, q, 12);
        b = step(b, select(c, d, e) + m[15] + K4, a, 6);
        q = step(q, choose(r, s, t) + m[13] + KR4, p, 9);
        a = step(a, select(b, c, d) + m[14] + K4, e, 8);
        p = step(p, choose(q, r, s) + m[9] + KR4, t, 12);
        e = step(e, select(a, b, c) + m[5] + K4, d, 6);
        t = step(t, choose(p, q, r) + m[7] + KR4, s, 5);
        d = step(d, select(e, a, b) + m[6] + K4, c, 5);
        s = step(s, choose(t, p, q) + m[10] + KR4, r, 15);
        c = step(c, select(d, e, a) + m[2] + K4, b, 12);
        r = step(r, choose(s, t, p) + m[14] + KR4, q, 8);
    }

    private void fifthRound() {
        b = step(b, orNotLast(c, d, e) + m[4] + K5, a, 9);
        q = step(q, parity(r, s, t) + m[12], p, 8);
        a = step(a, orNotLast(b, c, d) + m[0] + K5, e, 15);
        p = step(p, parity(q, r, s) + m[15], t, 5);
        e = step(e, orNotLast(a, b, c) + m[5] + K5, d, 5);
        t = step(t, parity(p, q, r) + m[10], s, 12);
        d = step(d, orNotLast(e, a, b) + m[9] + K5, c, 11);
        s = step(s, parity(t, p, q) + m[4], r, 9);
        c = step(c, orNotLast(d, e, a) + m[7] + K5, b, 6);
        r = step(r, parity(s, t, p) + m[1], q, 12);
        b = step(b, orNotLast(c, d, e) + m[12] + K5, a, 8);
        q = step(q, parity(r, s, t) + m[5], p, 5);
        a = step(a, orNotLast(b, c, d) + m[2] + K5, e, 13);
        p = step(p, parity(q, r, s) + m[8], t, 14);
        e = step(e, orNotLast(a, b, c) + m[10] + K5, d, 12);
        t = step(t, parity(p, q, r) + m[7], s, 6);
        d = step(d, orNotLast(e, a, b) + m[14] + K5, c, 5);
        s = step(s, parity(t, p, q) + m[6], r, 8);
        c = step(c, orNotLast(d, e, a) + m[1] + K5, b, 12);
        r = step(r, parity(s, t, p) + m[2], q, 13);
        b = step(b, orNotLast(c, d, e) + m[3] + K5, a, 13);
        q = step(q, parity(r, s, t) + m[13], p, 6);
        a = step(a, orNotLast(b, c, d) + m[8] + K5, e, 14);
        p = step(p, parity(q, r, s) + m[14], t, 5);
        e = step(e, orNotLast(a, b, c) + m[11] + K5, d, 11);
        t = step(t, parity(p, q, r) + m[0], s, 15);
        d = step(d, orNotLast(e, a, b) + m[6] + K5, c, 8);
        s = step(s, parity(t, p, q) + m[3], r, 13);
        c = step(c, orNotLast(d, e, a) + m[15] + K5, b, 5);
        r = step(r, parity(s, t, p) + m[9], q, 11);
        b = step(b, orNotLast(c, d, e) + m[13] + K5, a, 6);
        q = step(q, parity(r, s, t) + m[11], p, 11);
    }
}
