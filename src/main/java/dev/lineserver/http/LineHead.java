package dev.lineserver.http;

import java.nio.charset.StandardCharsets;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import jakarta.inject.Singleton;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.line.LineNumbers;

/**
 * Writes the head of every answer with a line: as headers for the router, and as bytes for the fast path. Both forms must
 * have the same headers; a new header belongs to both. Safe for use by several threads.
 */
@Singleton
public final class LineHead {
    /** This header is on every answer; {@link RequestGuard} sets it for the router. */
    static final CharSequence NOSNIFF_NAME = HttpHeaders.createOptimized("x-content-type-options");

    static final CharSequence NOSNIFF = HttpHeaders.createOptimized("nosniff");

    private final CharSequence contentType;
    /** The bytes of a version never change, so a line of a named version stays valid for as long as a cache likes. */
    private final CharSequence immutable;

    private final LineNumbers numbers;
    private final CharSequence cacheControl;
    private final byte[] beforeEtag;
    private final byte[] beforeLength;
    private final byte[] beforePinnedLength;
    private final byte[] end = ascii("\r\n\r\n");
    private final byte[] closingEnd = ascii("\r\nconnection: close\r\n\r\n");

    LineHead(ServeConfig config) {
        numbers = config.lineNumbers();
        contentType = HttpHeaders.createOptimized(
                "text/plain; charset=" + config.http().charset());
        cacheControl = HttpHeaders.createOptimized(config.http().cacheControl());
        // "public" would let a cache that clients share give the line to one that has no key (RFC 9111, section 3.5).
        immutable = HttpHeaders.createOptimized(
                (config.http().apiKeys().isPresent() ? "private" : "public") + ", max-age=31536000, immutable");
        beforeEtag = ascii("HTTP/1.1 200 OK\r\n" + NOSNIFF_NAME + ": " + NOSNIFF + "\r\netag: ");
        beforeLength = beforeLength(cacheControl);
        beforePinnedLength = beforeLength(immutable);
    }

    private byte[] beforeLength(CharSequence cacheControlOfLine) {
        return ascii("\r\ncache-control: " + cacheControlOfLine + "\r\nvary: Accept\r\ncontent-type: " + contentType
                + "\r\ncontent-length: ");
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** The {@code Cache-Control} of an answer with lines. */
    CharSequence cacheControl(boolean pinned) {
        return pinned ? immutable : cacheControl;
    }

    /** The {@code Content-Type} of lines as they are in the file. */
    CharSequence contentType() {
        return contentType;
    }

    /**
     * Answers 412 if the client wants the line of other content only, and 304 if it has the line in this form.
     *
     * @return false if neither is so, and nothing was done
     */
    boolean answerCondition(HttpServerRequest request, LineRequest lineRequest, LineForm form) {
        String etag = etag(lineRequest, form);
        if (!EntityTags.permits(request.headers().getAll(HttpHeaders.IF_MATCH), etag)) {
            Problem.preconditionFailed(etag).answer(request);
            return true;
        }
        boolean unmodified = EntityTags.matchesAny(request.headers().getAll(HttpHeaders.IF_NONE_MATCH), etag);
        if (unmodified) {
            setValidators(request.response(), lineRequest, etag);
            request.response().setStatusCode(304).end();
        }
        return unmodified;
    }

    private void setValidators(HttpServerResponse response, LineRequest request, String etag) {
        response.headers()
                .set(HttpHeaders.ETAG, etag)
                .set(HttpHeaders.CACHE_CONTROL, cacheControl(request.isPinned()))
                .add(HttpHeaders.VARY, "Accept");
    }

    /** Each form has a tag of its own, so that a cache never takes one for another. */
    private String etag(LineRequest request, LineForm form) {
        return switch (form) {
            case TEXT -> request.etag();
            case JSON -> EntityTags.ofJson(request.etag(), numbers);
            case BYTES -> EntityTags.withSuffix(request.etag(), "-bytes");
        };
    }

    /** Sets the headers of an answer 200, with the length of its body in bytes. */
    void set(HttpServerResponse response, LineRequest request, LineForm form, long length) {
        setValidators(response, request, etag(request, form));
        CharSequence type = switch (form) {
            case TEXT -> contentType;
            case JSON -> LineForm.JSON_TYPE;
            case BYTES -> LineForm.BYTES_TYPE;
        };
        response.headers().set(HttpHeaders.CONTENT_TYPE, type).set(HttpHeaders.CONTENT_LENGTH, Long.toString(length));
    }

    /**
     * Encodes a whole HTTP/1.1 answer in the form {@link LineForm#TEXT} with the same bytes that Vert.x would write.
     *
     * @param pinned true if the request names the version
     * @param closing true if the connection is closed after the answer
     * @return a buffer that the caller must release or write
     */
    public ByteBuf encode(ByteBufAllocator allocator, String etag, boolean pinned, byte[] line, boolean closing) {
        String length = Integer.toString(line.length);
        byte[] afterEtag = pinned ? beforePinnedLength : beforeLength;
        byte[] beforeLine = closing ? closingEnd : end;
        int headLength = beforeEtag.length + etag.length() + afterEtag.length + length.length() + beforeLine.length;
        ByteBuf answer = allocator.ioBuffer(headLength + line.length).writeBytes(beforeEtag);
        ByteBufUtil.writeAscii(answer, etag);
        answer.writeBytes(afterEtag);
        ByteBufUtil.writeAscii(answer, length);
        return answer.writeBytes(beforeLine).writeBytes(line);
    }
}
