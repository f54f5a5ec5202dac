package dev.lineserver.http;

import java.time.Duration;
import java.util.function.Consumer;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;

/** Reads a body of JSON, bounded in bytes and in time, on the event loop of the connection. */
final class RequestBody {
    private final RoutingContext routing;
    private final HttpServerRequest request;
    private final int maxBytes;
    private final Duration timeout;
    private final Problem tooLong;
    private final Consumer<byte[]> onBody;
    private final Consumer<Problem> onRefusal;
    private final Runnable onEnd;
    private final Buffer body = Buffer.buffer();
    private final Vertx vertx = Vertx.currentContext().owner();
    /** The id of the timer for the whole body; -1 before it is set, because 0 is the first id of Vert.x. */
    private long timer = -1;

    private boolean ended;

    /**
     * Call {@link #read} next, on the event loop of the connection, as this constructor.
     *
     * @param timeout time for the whole body
     * @param tooLong the reason to refuse a body of over {@code maxBytes}
     * @param onBody accepts a whole body; what it throws fails the request
     * @param onRefusal accepts the reason why the body is not read
     * @param onEnd called once, before the others: no more bytes are collected, or the client has gone
     */
    RequestBody(
            RoutingContext routing,
            int maxBytes,
            Duration timeout,
            Problem tooLong,
            Consumer<byte[]> onBody,
            Consumer<Problem> onRefusal,
            Runnable onEnd) {
        this.routing = routing;
        request = routing.request();
        this.maxBytes = maxBytes;
        this.timeout = timeout;
        this.tooLong = tooLong;
        this.onBody = onBody;
        this.onRefusal = onRefusal;
        this.onEnd = onEnd;
    }

    /**
     * Reads the body, and passes it on. If it is too long or late, answers the request.
     *
     * @param form what to send, for the message to a client that sends something other than JSON
     */
    void read(String form) {
        String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
        if (type == null || !type.split(";", 2)[0].strip().equalsIgnoreCase("application/json")) {
            end();
            RequestGuard.discardBody(request, maxBytes);
            String found = type == null || type.isBlank() ? "There is no Content-Type" : "The Content-Type is " + type;
            onRefusal.accept(
                    Problem.of(ProblemType.UNSUPPORTED_MEDIA_TYPE, found + "; " + form + " as application/json."));
            return;
        }
        try {
            begin();
        } catch (RuntimeException | Error e) {
            end();
            throw e;
        }
    }

    private void begin() {
        if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            HttpServerResponse _ = request.response().writeContinue();
        }
        timer = vertx.setTimer(timeout.toMillis(), _ -> refuse(late()));
        request.handler(this::add);
        request.endHandler(_ -> complete());
        request.exceptionHandler(_ -> end());
        request.resume();
    }

    private Problem late() {
        return Problem.invalidBody(
                "The body was not complete within " + timeout.toMillis() + " ms; send all of it at once.");
    }

    private void add(Buffer bytes) {
        if (!ended) {
            Buffer _ = body.appendBuffer(bytes);
            if (body.length() > maxBytes) {
                refuse(tooLong);
            }
        }
    }

    private void complete() {
        if (!ended) {
            end();
            try {
                onBody.accept(body.getBytes());
            } catch (RuntimeException | Error e) {
                // No route is on the stack, so that nobody else answers.
                routing.fail(e);
            }
        }
    }

    private void refuse(Problem problem) {
        if (!ended) {
            end();
            RequestGuard.refuse(request, problem);
        }
    }

    private void end() {
        if (!ended) {
            ended = true;
            boolean _ = vertx.cancelTimer(timer);
            onEnd.run();
        }
    }
}
