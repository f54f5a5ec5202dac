package dev.lineserver.http;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;

/**
 * What is answered where there is no line to answer with: RFC 9457, {@code application/problem+json}.
 *
 * @param status HTTP status
 * @param type last part of the type's URN
 * @param title short, the same for every problem of this type
 * @param detail what happened, and what to do
 */
record Problem(int status, String type, String title, String detail) {
    static final String MEDIA_TYPE = "application/problem+json";
    private static final String RETRY_AFTER_SECONDS = "1";

    static Problem notALineNumber(String detail) {
        return new Problem(400, "not-a-line-number", "Not a line number", detail);
    }

    static Problem noSuchDataset(String name) {
        return new Problem(
                404, "no-such-dataset", "No such dataset", "There is no dataset " + name + " here; see /datasets.");
    }

    static Problem notFound(String path) {
        return new Problem(404, "not-found", "Not found", "There is nothing at " + path + "; lines are at /lines/{n}.");
    }

    static Problem methodNotAllowed(String method) {
        return new Problem(
                405, "method-not-allowed", "Method not allowed", method + " is not for this; use GET or HEAD.");
    }

    static Problem pastTheEnd(long lineCount) {
        return new Problem(413, "past-the-end", "Beyond the last line", "The dataset has " + lineCount + " lines.");
    }

    static Problem damaged(String detail) {
        return new Problem(500, "line-damaged", "Stored line missing or damaged", detail);
    }

    static Problem unexpected() {
        return new Problem(500, "unexpected", "Internal error", "This should not have happened; the log says more.");
    }

    static Problem unavailable(String detail) {
        return new Problem(503, "unavailable", "Temporarily unavailable", detail);
    }

    /** Members beyond these four may be added. */
    JsonObject json() {
        return new JsonObject()
                .put("type", "urn:line-server:problem:" + type)
                .put("title", title)
                .put("status", status)
                .put("detail", detail);
    }

    void answer(HttpServerRequest request) {
        answer(request, json());
    }

    void answer(HttpServerRequest request, JsonObject body) {
        HttpServerResponse response = request.response();
        if (response.ended()) {
            return;
        }
        response.setStatusCode(status).putHeader("Content-Type", MEDIA_TYPE);
        if (status == 503) {
            response.putHeader("Retry-After", RETRY_AFTER_SECONDS);
        }
        if (status == 405) {
            response.putHeader("Allow", "GET, HEAD");
        }
        byte[] bytes = body.toBuffer().getBytes();
        response.putHeader("Content-Length", Integer.toString(bytes.length));
        if (request.method().equals(HttpMethod.HEAD)) {
            response.end();
        } else {
            response.end(io.vertx.core.buffer.Buffer.buffer(bytes));
        }
    }
}
