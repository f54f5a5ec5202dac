package dev.lineserver.http;

import java.util.Locale;
import java.util.Map;

import com.fasterxml.jackson.annotation.JsonAnyGetter;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.quarkus.runtime.annotations.RegisterForReflection;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.Json;
import jakarta.ws.rs.core.Response;

import dev.lineserver.serving.Datasets;
import dev.lineserver.serving.ServedDataset;
import dev.lineserver.store.Manifest;

/** The body of every answer that reports an error: {@code application/problem+json}, as defined by RFC 9457. */
@RegisterForReflection
record Problem(
        String type,
        String title,
        int status,
        String detail,
        @JsonAnyGetter Map<String, Object> members) {
    private static final String MEDIA_TYPE = "application/problem+json";

    private static Problem of(int status, String type, String title, String detail, Map<String, Object> members) {
        return new Problem("urn:line-server:problem:" + type, title, status, detail, members);
    }

    private static Problem of(int status, String type, String title, String detail) {
        return of(status, type, title, detail, Map.of());
    }

    static Problem badRequest(String detail) {
        return of(400, "bad-request", "Bad request", detail);
    }

    static Problem notALineNumber(String number, String rule) {
        String detail = "'" + number + "' is not a line number: " + rule + ".";
        return of(400, "not-a-line-number", "Not a line number", detail);
    }

    /**
     * The problem of a dataset without an open version: 404 only if the store can be listed and does not list the dataset,
     * otherwise 503.
     */
    static Problem notServed(Datasets datasets, String name) {
        ServedDataset dataset = datasets.find(name);
        if (dataset != null) {
            return unavailable(dataset.unavailability().orElse("Dataset " + name + " is being opened."));
        }
        String detail = "There is no dataset " + name + "; /datasets lists the ones there are.";
        return datasets.unavailability()
                .map(Problem::unavailable)
                .orElseGet(() -> of(404, "no-such-dataset", "No such dataset", detail));
    }

    static Problem pastTheEnd(long lineCount) {
        String detail = "The dataset has " + lineCount + " lines.";
        return of(413, "past-the-end", "Beyond the last line", detail, Map.of("lines", lineCount));
    }

    static Problem damaged(Manifest manifest, long line, String damage) {
        String dataset = manifest.dataset().value();
        String detail = "Line " + line + " of dataset " + dataset + " version " + manifest.version() + ": " + damage;
        Map<String, Object> members = Map.of("dataset", dataset, "version", manifest.version(), "line", line);
        return of(500, "line-damaged", "Stored line missing or damaged", detail, members);
    }

    static Problem storeFailed(String detail) {
        return of(500, "store-failed", "The store failed", detail);
    }

    static Problem unavailable(String detail) {
        return of(503, "unavailable", "Temporarily unavailable", detail);
    }

    static Problem unexpected() {
        return of(500, "unexpected", "Internal error", "Unexpected error; see the server log.");
    }

    /** The problem of a status that does not concern lines. */
    static Problem ofStatus(int status, HttpServerRequest request) {
        String detail = switch (status) {
            case 404 -> "There is nothing at " + request.path() + "; lines are at /lines/{n}.";
            case 405 -> "Use GET or HEAD, not " + request.method() + ".";
            case 406 -> "The answer is JSON: accept application/json.";
            case 501 -> "Send requests without a transfer coding.";
            case 505 -> "Use HTTP/1.1 or HTTP/2.";
            default -> "The request was refused with status " + status + ".";
        };
        String title = HttpResponseStatus.valueOf(status).reasonPhrase();
        return of(status, title.toLowerCase(Locale.ROOT).replace(' ', '-'), title, detail);
    }

    /**
     * Answers a request with this problem. If the head of another answer has been written, resets the connection or the
     * stream instead.
     */
    void answer(HttpServerRequest request) {
        HttpServerResponse response = request.response();
        if (response.headWritten()) {
            response.reset();
            return;
        }
        Buffer body = Json.encodeToBuffer(this);
        response.setStatusCode(status).headers().setAll(headers());
        response.putHeader("Content-Length", Integer.toString(body.length()));
        response.end(request.method().equals(HttpMethod.HEAD) ? Buffer.buffer() : body);
    }

    private Map<String, String> headers() {
        return switch (status) {
            case 405 -> Map.of("Content-Type", MEDIA_TYPE, "Allow", "GET, HEAD");
            case 503 -> Map.of("Content-Type", MEDIA_TYPE, "Retry-After", "1");
            default -> Map.of("Content-Type", MEDIA_TYPE);
        };
    }

    /** This problem as the response of a REST resource. */
    Response response() {
        Response.ResponseBuilder response = Response.status(status).entity(this);
        headers().forEach(response::header);
        return response.build();
    }
}
