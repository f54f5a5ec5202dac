package dev.lineserver.http.fastpath;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Recognises the head of a plain request: an HTTP/1.1 {@code GET} with exactly one {@code Host}, without a body, and
 * without any header that would change the answer. The parser is strict: it leaves every head that it does not recognise
 * to the HTTP decoder. The grammar is that of RFC 9112, sections 2 to 5.
 *
 * <p>A client usually sends the same headers with every request of a connection. So the parser remembers the last plain
 * headers, compares bytes first, and applies the regular expression only if they differ. It copies the bytes to an array,
 * because each access to a byte of a {@link ByteBuf} costs several checks in the native program.
 *
 * <p>Not safe for use by several threads. Each connection has its own parser.
 */
final class PlainRequestParser {
    /** Sufficient for browsers without large cookies. A longer head is not recognised. */
    static final int MAX_HEAD_BYTES = 2048;

    private static final byte[] METHOD_AND_ROOT = "GET /".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] VERSION = " HTTP/1.1\r\n".getBytes(StandardCharsets.US_ASCII);

    private static final String HOST_HEADER =
            "host:[ \t]*(?:[a-z0-9.-]*|\\[[0-9a-f:.]+])(?::(?:\\d{1,4}|[1-5]\\d{4}|6[0-4]\\d{3}))?[ \t]*\r\n";
    private static final String CONNECTION_HEADER = "connection:[ \t]*(?:keep-alive|(close))[ \t]*\r\n";
    /** Without the media types of the forms in {@code LineForm}, {@code Accept} means plain text. */
    private static final String OTHER_HEADER =
            "(?!(?:host|connection|expect|upgrade|if-match|if-none-match|content-length|transfer-encoding):"
                    + "|accept:[\t -~]*application/(?:json|octet-stream))"
                    + "[a-z0-9-]+:[\t -~]*\r\n";
    /** Possessive: a header that matched is never tried again, so a mismatch costs linear time. */
    private static final String OTHER_HEADERS = "(?:" + CONNECTION_HEADER + "|" + OTHER_HEADER + ")*+";

    private static final Pattern PLAIN_HEADERS =
            Pattern.compile(OTHER_HEADERS + HOST_HEADER + OTHER_HEADERS + "\r\n", Pattern.CASE_INSENSITIVE);

    /** Longer than any head, so that no head matches it. */
    private static final byte[] NO_HEADERS = new byte[MAX_HEAD_BYTES + 1];

    private byte[] lastHeaders = NO_HEADERS;
    private boolean lastClosing;

    /**
     * A plain request.
     *
     * @param bytes an array that begins with the head of the request; further bytes may follow
     * @param length length of the head in bytes
     * @param target the request target: ASCII characters without spaces
     * @param closing true if the connection must be closed after the answer
     */
    record PlainRequest(byte[] bytes, int length, String target, boolean closing) {}

    /**
     * Parses the head at the reader index of a buffer, which stays unchanged.
     *
     * @return null if the head is incomplete, or is not that of a plain request
     */
    @Nullable
    PlainRequest parse(ByteBuf in) {
        int end = Math.min(in.readableBytes(), MAX_HEAD_BYTES);
        byte[] bytes = new byte[end];
        in.getBytes(in.readerIndex(), bytes);
        int targetEnd = METHOD_AND_ROOT.length;
        while (targetEnd < end && bytes[targetEnd] > ' ') {
            targetEnd++;
        }
        int headers = targetEnd + VERSION.length;
        if (!matchesAt(bytes, 0, METHOD_AND_ROOT) || !matchesAt(bytes, targetEnd, VERSION)) {
            return null;
        }
        if (!matchesAt(bytes, headers, lastHeaders)) {
            Matcher plain =
                    PLAIN_HEADERS.matcher(new String(bytes, headers, end - headers, StandardCharsets.ISO_8859_1));
            if (!plain.lookingAt()) {
                return null;
            }
            lastHeaders = Arrays.copyOfRange(bytes, headers, headers + plain.end());
            lastClosing = plain.group(1) != null || plain.group(2) != null;
        }
        int start = METHOD_AND_ROOT.length - 1;
        String target = new String(bytes, start, targetEnd - start, StandardCharsets.ISO_8859_1);
        return new PlainRequest(bytes, headers + lastHeaders.length, target, lastClosing);
    }

    private static boolean matchesAt(byte[] bytes, int at, byte[] expected) {
        int after = at + expected.length;
        return after <= bytes.length && Arrays.equals(bytes, at, after, expected, 0, expected.length);
    }
}
