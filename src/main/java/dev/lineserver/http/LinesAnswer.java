package dev.lineserver.http;

import java.util.Map;
import java.util.OptionalLong;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import org.jspecify.annotations.Nullable;

import dev.lineserver.serving.OpenVersion;

/**
 * An answer with several lines of an acquired version, which it releases. {@link LinesRoute} determines its form, and
 * {@link BodyWriter} its body, on the event loop of the request.
 */
final class LinesAnswer implements BodyWriter.Owner {
    static final Map<String, String> HEADERS_OF_PROBLEMS = Map.of("Accept-Ranges", "lines");

    private static final CharSequence ACCEPT_RANGES = HttpHeaders.createOptimized("accept-ranges");
    private static final CharSequence LINES = HttpHeaders.createOptimized("lines");
    private static final CharSequence LINK = HttpHeaders.createOptimized("link");

    final HttpServerRequest request;
    final HttpServerResponse response;
    final OpenVersion version;
    private final boolean pinned;
    private final LineHead head;
    private final StoreFailures failures;
    private final RangeLimits limits;
    boolean ndjson;
    boolean gzip;
    /** True for single lines. */
    boolean single;

    int places;

    String etag = "";
    OptionalLong length = OptionalLong.empty();
    /** The value of {@code Content-Range} after the unit; null for an answer 200. */
    @Nullable
    String contentRange;
    /** The value of {@code Link}; null if there is none. */
    @Nullable
    String next;

    /** @param limits of which this answer may take {@link #places}; {@link #release} gives them back */
    LinesAnswer(
            HttpServerRequest request,
            LineTarget target,
            OpenVersion version,
            LineHead head,
            StoreFailures failures,
            RangeLimits limits) {
        this.request = request;
        this.version = version;
        this.head = head;
        this.failures = failures;
        this.limits = limits;
        response = request.response();
        pinned = target.version() != null;
    }

    void setValidators() {
        response.headers()
                .set(HttpHeaders.ETAG, etag)
                .set(HttpHeaders.CACHE_CONTROL, head.cacheControl(pinned))
                .set(ACCEPT_RANGES, LINES)
                .add(HttpHeaders.VARY, "Accept, Accept-Encoding");
    }

    @Override
    public void setHead(boolean onePiece) {
        if (single) {
            response.headers().set(HttpHeaders.CACHE_CONTROL, "no-store").set(ACCEPT_RANGES, LINES);
        } else {
            setValidators();
        }
        response.headers().set(HttpHeaders.CONTENT_TYPE, ndjson ? NdjsonWriter.MEDIA_TYPE : head.contentType());
        if (gzip) {
            response.headers().set(HttpHeaders.CONTENT_ENCODING, "gzip");
        }
        if (length.isPresent()) {
            response.headers().set(HttpHeaders.CONTENT_LENGTH, Long.toString(length.getAsLong()));
        } else if (!onePiece && request.version() != HttpVersion.HTTP_2) {
            response.setChunked(true);
        }
        if (contentRange != null) {
            response.setStatusCode(206).putHeader(HttpHeaders.CONTENT_RANGE, "lines " + contentRange);
        }
        if (next != null) {
            response.putHeader(LINK, next);
        }
    }

    @Override
    public void fail(Throwable failure, boolean headWritten) {
        if (headWritten) {
            failures.cut(request, version.manifest(), failure);
        } else {
            failures.answer(request, version.manifest(), failure, HEADERS_OF_PROBLEMS);
        }
    }

    @Override
    public void release() {
        limits.release(places);
        version.release();
    }
}
