package dev.lineserver.http;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.Json;
import jakarta.ws.rs.core.Response;
import org.jspecify.annotations.Nullable;

import dev.lineserver.http.access.ApiKey;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Quantities;

/**
 * The body of every answer that reports an error: {@code application/problem+json}, as defined by RFC 9457.
 * {@link DatasetProblems} has those that follow from the state of a dataset.
 */
@RegisterForReflection
record Problem(
        String type,
        String title,
        int status,
        String detail,
        @JsonAnyGetter Map<String, Object> members) {
    /** Details repeat parts of the request, in which a client may have put its key by mistake. */
    Problem {
        detail = ApiKey.mask(detail);
    }

    private static final String MEDIA_TYPE = "application/problem+json";
    /** A cache may otherwise keep a 404 or a 410 as long as it likes, and the version may be published meanwhile. */
    private static final String NO_STORE = "no-store";

    static Problem of(ProblemType type, String detail, Map<String, Object> members) {
        return of(type, type.status, detail, members);
    }

    private static Problem of(ProblemType type, int status, String detail, Map<String, Object> members) {
        return new Problem(type.path(), type.title, status, detail, members);
    }

    static Problem of(ProblemType type, String detail) {
        return of(type, detail, Map.of());
    }

    static Problem badRequest(String detail) {
        return of(ProblemType.BAD_REQUEST, detail);
    }

    static Problem notALineNumber(String number, String rule) {
        return of(ProblemType.NOT_A_LINE_NUMBER, "'" + number + "' is not a line number: " + rule + ".");
    }

    static Problem notAVersionNumber(String number) {
        String detail = "'" + number + "' is not a version number: a version number is a whole number without a sign.";
        return of(ProblemType.NOT_A_VERSION_NUMBER, detail);
    }

    static Problem invalidQuery(String detail) {
        return of(ProblemType.INVALID_QUERY, detail);
    }

    static Problem invalidBody(String detail) {
        return of(ProblemType.INVALID_BODY, detail);
    }

    static Problem preconditionFailed(String etag) {
        return of(ProblemType.PRECONDITION_FAILED, "If-Match does not name the current entity tag, " + etag + ".");
    }

    static Problem rangeTooLong(String detail) {
        return of(ProblemType.RANGE_TOO_LONG, detail);
    }

    static Problem tooLongForJson(long line, long length) {
        String detail = "Line " + line + " has " + length + " bytes, and lines of over " + NdjsonWriter.MAX_LINE_BYTES
                + " bytes are not sent as JSON; accept text/plain or application/octet-stream.";
        return of(ProblemType.TOO_LONG_FOR_JSON, detail, Map.of("line", line, "bytes", length));
    }

    static Problem pastTheEnd(long lineCount) {
        String detail = "The dataset has " + Quantities.ungrouped(lineCount, "line", "lines") + ".";
        return of(ProblemType.PAST_THE_END, detail, Map.of("lines", lineCount));
    }

    static Problem damaged(Manifest manifest, long line, String damage) {
        String dataset = manifest.dataset().value();
        String detail = "Line " + line + " of dataset " + dataset + " version " + manifest.version() + ": " + damage;
        Map<String, Object> members = Map.of("dataset", dataset, "version", manifest.version(), "line", line);
        return of(ProblemType.LINE_DAMAGED, detail, members);
    }

    static Problem storeFailed(String detail) {
        return of(ProblemType.STORE_FAILED, detail);
    }

    static Problem unavailable(String detail) {
        return of(ProblemType.UNAVAILABLE, detail);
    }

    static Problem unexpected() {
        return of(ProblemType.UNEXPECTED, "Unexpected error; see the server log.");
    }

    /** The problem of a client that takes too long to send the head of its request. */
    static Problem slowHead(Duration timeout) {
        return of(
                ProblemType.REQUEST_TIMEOUT,
                "The head of the request was not complete within " + timeout.toMillis() + " ms.");
    }

    /** The problem of a page that a browser shows, and whose origin may not use a resource. */
    static Problem originRefused(String origin) {
        String detail = "Pages of the origin " + origin + " may not use this resource; name it in --cors-origins.";
        return of(ProblemType.REFUSED, 403, detail, Map.of());
    }

    /**
     * The problem of a request without a key that this server knows.
     *
     * @param sent true if it has a key, or the start of one
     */
    static Problem keyNeeded(boolean sent) {
        String detail = sent
                ? "This server does not know the key; send one that it knows as Authorization: Bearer KEY."
                : "This server needs a key; send it as Authorization: Bearer KEY.";
        return of(ProblemType.KEY_NEEDED, detail);
    }

    /**
     * The problem of a client without the grant.
     *
     * @param dataset as the path names it; null if the grant of all is needed
     */
    static Problem notGranted(@Nullable String dataset) {
        return of(
                ProblemType.NOT_GRANTED,
                dataset == null
                        ? "This path needs the grant of all datasets (*)."
                        : "The key does not grant dataset " + PathText.readable(dataset)
                                + "; /datasets lists those that it grants.");
    }

    static Problem tooManyRequests(String limit, long seconds) {
        return of(
                ProblemType.TOO_MANY_REQUESTS,
                "This client may send " + limit + "; repeat the request after " + seconds + " s.");
    }

    /** The problem of a status that does not concern lines. */
    static Problem ofStatus(int status, HttpServerRequest request) {
        String detail = switch (status) {
            case 404 -> "There is nothing at " + PathText.readable(request.path()) + "; lines are at /lines/{n}.";
            case 405 -> "Use GET or HEAD, not " + request.method() + ".";
            case 406 -> "Accept the type of this resource, such as application/json.";
            case 412 -> "If-Match does not name the current entity tag.";
            case 501 -> "Send requests without a transfer coding.";
            case 505 -> "Use HTTP/1.1 or HTTP/2.";
            default -> "The request was refused with status " + status + ".";
        };
        return of(ProblemType.of(status), status, detail, Map.of());
    }

    /**
     * Answers a request with this problem. If the head of another answer has been written, resets the connection or the
     * stream instead.
     */
    void answer(HttpServerRequest request) {
        answer(request, Map.of());
    }

    /**
     * As {@link #answer(HttpServerRequest)}.
     *
     * @param more headers, which replace those of the same names
     */
    void answer(HttpServerRequest request, Map<String, String> more) {
        HttpServerResponse response = request.response();
        if (response.headWritten()) {
            RequestGuard.cutOff(request);
            return;
        }
        Buffer body = Json.encodeToBuffer(this);
        response.setStatusCode(status);
        // One by one: setAll would remove the headers that the caller has set, such as Connection.
        headers().forEach(response::putHeader);
        more.forEach(response::putHeader);
        // The router fails some requests before its first route, which sets it for all others.
        response.putHeader(LineHead.NOSNIFF_NAME, LineHead.NOSNIFF);
        response.putHeader("Content-Length", Integer.toString(body.length()));
        response.end(request.method().equals(HttpMethod.HEAD) ? Buffer.buffer() : body);
    }

    /** This problem as the last answer of a connection of HTTP/1.1, for a request that never reached the router. */
    byte[] closingAnswer() {
        byte[] body = Json.encodeToBuffer(this).getBytes();
        StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " " + title + "\r\n");
        headers()
                .forEach((name, value) -> head.append(name.toLowerCase(Locale.ROOT))
                        .append(": ")
                        .append(value)
                        .append("\r\n"));
        head.append(LineHead.NOSNIFF_NAME).append(": ").append(LineHead.NOSNIFF);
        head.append("\r\nconnection: close\r\ncontent-length: ")
                .append(body.length)
                .append("\r\n\r\n");
        return Buffer.buffer(head.toString()).appendBytes(body).getBytes();
    }

    private Map<String, String> headers() {
        return switch (status) {
            case 405 -> Map.of("Content-Type", MEDIA_TYPE, "Cache-Control", NO_STORE, "Allow", "GET, HEAD");
            case 503 -> Map.of("Content-Type", MEDIA_TYPE, "Cache-Control", NO_STORE, "Retry-After", "1");
            default -> Map.of("Content-Type", MEDIA_TYPE, "Cache-Control", NO_STORE);
        };
    }

    /** This problem as the response of a REST resource. */
    Response response() {
        Response.ResponseBuilder response = Response.status(status).entity(this);
        headers().forEach(response::header);
        return response.build();
    }
}
