package dev.lineserver.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Stream;

import io.netty.buffer.ByteBuf;

/**
 * Recognises the head of a plain request: an HTTP/1.1 {@code GET} that no body follows, and whose headers ask for nothing
 * that would change the answer. It is strict rather than complete: what it does not recognise is for an HTTP decoder to
 * judge. Grammar: RFC 9112, 2 to 5.
 *
 * <p>Reads from an array, because a byte of a {@link ByteBuf} costs several checks in the native program. One per event
 * loop will do.
 */
final class PlainHead {
    /** In bytes. Enough for what browsers send without large cookies; longer ones are not recognised. */
    private static final int LONGEST = 2048;

    private static final int NOT_PLAIN = 0;
    private static final byte[] METHOD = ascii("GET ");
    private static final byte[] METHOD_AND_ROOT = ascii("GET /");
    private static final byte[] VERSION = ascii(" HTTP/1.1\r\n");
    private static final byte[] CONNECTION = ascii("connection");
    private static final byte[] KEEP_ALIVE = ascii("keep-alive");
    private static final byte[][] ASKING_FOR_MORE = Stream.of(
                    "expect", "upgrade", "if-none-match", "content-length", "transfer-encoding")
            .map(PlainHead::ascii)
            .toArray(byte[][]::new);

    private final byte[] bytes = new byte[LONGEST];
    private int pathEnd;

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * Reads the head that a buffer's readable bytes begin with, and leaves them to be read.
     *
     * @return its length in bytes; 0 where it is not plain or not all there
     */
    int read(ByteBuf in) {
        int end = Math.min(in.readableBytes(), LONGEST);
        in.getBytes(in.readerIndex(), bytes, 0, end);
        if (!isAt(0, end, METHOD_AND_ROOT)) {
            return NOT_PLAIN;
        }
        pathEnd = METHOD_AND_ROOT.length;
        while (pathEnd < end && bytes[pathEnd] > ' ') {
            pathEnd++;
        }
        return isAt(pathEnd, end, VERSION) ? afterHeaders(pathEnd + VERSION.length, end) : NOT_PLAIN;
    }

    /** What was asked for by the last head that was recognised: a path of visible ASCII characters, perhaps with a query. */
    String path() {
        return new String(bytes, METHOD.length, pathEnd - METHOD.length, StandardCharsets.ISO_8859_1);
    }

    /** The first bytes of what was read last. */
    byte[] copy(int length) {
        return Arrays.copyOf(bytes, length);
    }

    private boolean isAt(int at, int end, byte[] expected) {
        int after = at + expected.length;
        return after <= end && Arrays.equals(bytes, at, after, expected, 0, expected.length);
    }

    private int afterHeaders(int from, int end) {
        int at = from;
        while (!isLineEnd(at, end)) {
            int colon = at;
            while (colon < end && isOfName(bytes[colon])) {
                colon++;
            }
            int valueEnd = colon + 1;
            while (valueEnd < end && isOfValue(bytes[valueEnd])) {
                valueEnd++;
            }
            if (colon == at || !isLineEnd(valueEnd, end) || bytes[colon] != ':' || asksForMore(at, colon, valueEnd)) {
                return NOT_PLAIN;
            }
            at = valueEnd + 2;
        }
        return at + 2;
    }

    private boolean isLineEnd(int at, int end) {
        return at + 1 < end && bytes[at] == '\r' && bytes[at + 1] == '\n';
    }

    private static boolean isOfName(byte b) {
        return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') || b == '-';
    }

    private static boolean isOfValue(byte b) {
        return (b >= ' ' && b < 0x7F) || b == '\t';
    }

    private boolean asksForMore(int name, int colon, int valueEnd) {
        int length = colon - name;
        if (length == CONNECTION.length && isIgnoringCase(name, CONNECTION)) {
            return !isKeepAlive(colon + 1, valueEnd);
        }
        for (byte[] asking : ASKING_FOR_MORE) {
            if (length == asking.length && isIgnoringCase(name, asking)) {
                return true;
            }
        }
        return false;
    }

    private boolean isKeepAlive(int from, int to) {
        int start = from;
        int end = to;
        while (start < end && bytes[start] <= ' ') {
            start++;
        }
        while (start < end && bytes[end - 1] <= ' ') {
            end--;
        }
        return end - start == KEEP_ALIVE.length && isIgnoringCase(start, KEEP_ALIVE);
    }

    /** @param expected of lower-case letters and hyphens: no visible character but their own becomes one of these */
    private boolean isIgnoringCase(int at, byte[] expected) {
        for (int i = 0; i < expected.length; i++) {
            if ((bytes[at + i] | 0x20) != expected[i]) {
                return false;
            }
        }
        return true;
    }
}
