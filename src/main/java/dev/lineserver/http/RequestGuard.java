package dev.lineserver.http;

import java.util.List;
import java.util.Set;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.ServeConfig;

/**
 * The first route of the router, and two later ones. They refuse requests that HTTP forbids but Vert.x accepts, requests to
 * change anything below {@code /q}, and {@code OPTIONS} outside the routes of lines. The first one also answers every request
 * that a later route or the router itself fails: Quarkus's own error handler would log a stack trace for each, so that any
 * client could fill the log.
 *
 * <p>The router calls {@link #check} and {@link #answerFailure} on the event loop of the connection.
 */
@Singleton
final class RequestGuard {
    /**
     * {@link LinesRoute} and {@link McpRoute} read a body, with limits of their own. Elsewhere, a short one is skipped to
     * keep the connection, and a longer one is refused.
     */
    private static final long MAX_BODY_BYTES = 64 << 10;

    /** In HTTP/2, a refused body up to this length is skipped, and a longer one ends its stream: 1 MiB. */
    static final int MAX_REFUSED_BODY_BYTES = 1 << 20;

    /** Error codes of RFC 9113, section 7, for the end of a stream; after an answer, section 8.1 names the first. */
    private static final long NO_ERROR = 0;

    private static final long CANCEL = 8;

    private final RequestOutcomes outcomes;
    private final AccessLog accessLog;
    private final Traces traces;
    private final boolean mcp;

    RequestGuard(RequestOutcomes outcomes, AccessLog accessLog, Traces traces, ServeConfig config) {
        this.outcomes = outcomes;
        this.accessLog = accessLog;
        this.traces = traces;
        mcp = config.http().mcp();
    }

    void register(@Observes Router router) {
        router.route()
                .setName(LineRoute.GUARD_NAME)
                .order(Integer.MIN_VALUE)
                .handler(this::check)
                // Failure handlers run in the order of their routes, so this one precedes those of Quarkus.
                .failureHandler(this::answerFailure);
        // Quarkus answers any method there. After AccessRoute: without a key, the answer is 401 whatever the method.
        router.route(ManagementPort.ROOT + "/*")
                .setName(LineRoute.GUARD_NAME)
                .order(AccessRoute.ORDER + 1)
                .handler(RequestGuard::requireReading);
        // After the routes of lines, which allow more methods. Quarkus REST would answer 200, even for a path that it
        // does not have. A route of that method only would make the router answer 405 in place of 404.
        router.route()
                .setName(LineRoute.GUARD_NAME)
                .order(LineRoute.ROUTE_ORDER + 1)
                .handler(RequestGuard::refuseOptions);
        // No route fails if none matches; the router calls these instead.
        for (int unmatched : new int[] {404, 405, 406}) {
            router.errorHandler(unmatched, this::answerFailure);
        }
    }

    /** Passes a request on to the next route, or refuses it. */
    private void check(RoutingContext routing) {
        RequestObserver.observe(routing, outcomes.requests, accessLog, traces);
        // On every answer: lines are other people's text, in which a browser must not look for scripts.
        routing.response().headers().set(LineHead.NOSNIFF_NAME, LineHead.NOSNIFF);
        Problem problem = findProblem(routing);
        if (problem == null) {
            if (mayHaveBody(routing.request()) && !isBodyRead(routing)) {
                HttpServerRequest request = routing.request();
                discardBody(request, MAX_BODY_BYTES);
                if (!request.isEnded()) {
                    Context context = routing.vertx().getOrCreateContext();
                    // Quarkus REST pauses the request again, and may end its answer on a worker thread.
                    int _ = routing.addEndHandler(_ -> context.runOnContext(_ -> discardRest(request)));
                }
            }
            routing.next();
        } else {
            refuse(routing.request(), problem);
        }
    }

    private static void requireReading(RoutingContext routing) {
        if (Set.of(HttpMethod.GET, HttpMethod.HEAD).contains(routing.request().method())) {
            routing.next();
        } else {
            routing.fail(405);
        }
    }

    private static void refuseOptions(RoutingContext routing) {
        if (routing.request().method().equals(HttpMethod.OPTIONS)) {
            routing.fail(405);
        } else {
            routing.next();
        }
    }

    /** Returns true if a route reads the body, which nothing else must then read. */
    private boolean isBodyRead(RoutingContext routing) {
        return LinesRoute.readsBody(routing) || (mcp && McpRoute.readsBody(routing));
    }

    private static boolean mayHaveBody(HttpServerRequest request) {
        return request.version() == HttpVersion.HTTP_2
                || request.headers().contains(HttpHeaders.CONTENT_LENGTH)
                || request.headers().contains(HttpHeaders.TRANSFER_ENCODING);
    }

    /**
     * Reads a body to its end, for a resource that does not. Quarkus pauses every request, and a connection with an unread body
     * takes no further request. A body whose length was not announced may still be too long: it ends the connection, or
     * in HTTP/2 the stream.
     *
     * @param maxBytes length up to which the body is read, in bytes
     */
    static void discardBody(HttpServerRequest request, long maxBytes) {
        long[] remaining = {maxBytes};
        request.handler(bytes -> {
            remaining[0] -= bytes.length();
            if (remaining[0] >= 0) {
                return;
            }
            if (request.version() == HttpVersion.HTTP_2) {
                request.response().reset(request.response().ended() ? NO_ERROR : CANCEL);
            } else {
                request.connection().close();
            }
        });
        request.resume();
    }

    /** Reads the body of a refused request: {@link #check} leaves those of {@code POST} to routes that it does not reach. */
    static void discardUnread(HttpServerRequest request) {
        if (!request.isEnded()) {
            discardBody(request, NumbersBody.MAX_BYTES);
        }
    }

    /** Continues {@link #discardBody} after the answer, if the body has not ended. */
    private static void discardRest(HttpServerRequest request) {
        if (!request.isEnded()) {
            HttpServerRequest _ = request.resume();
        }
    }

    /** Returns the reason to refuse a request; null if there is none. */
    private @Nullable Problem findProblem(RoutingContext routing) {
        HttpServerRequest request = routing.request();
        // Vert.x passes on requests of unknown HTTP versions.
        if (request.version() == null) {
            return Problem.ofStatus(505, request);
        }
        // With any other coding, Vert.x would not know the end of the body, nor the start of the next request.
        List<String> codings = request.headers().getAll(HttpHeaders.TRANSFER_ENCODING);
        if (!codings.isEmpty() && !(codings.size() == 1 && codings.getFirst().equalsIgnoreCase("chunked"))) {
            return Problem.ofStatus(501, request);
        }
        if (request.headers().getAll(HttpHeaders.HOST).size() > 1) {
            return Problem.badRequest("The request has several Host headers; send one.");
        }
        try {
            // Computed here for all later routes: if it failed there, the router would log a stack trace.
            routing.normalizedPath();
            PathText.requireUtf8(request.path());
        } catch (IllegalArgumentException e) {
            return Problem.badRequest("The path is malformed: " + e.getMessage() + ".");
        }
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length == null || Long.parseLong(length) <= MAX_BODY_BYTES) {
            return null;
        }
        if (mcp && McpRoute.readsBody(routing)) {
            return McpRoute.tooLong();
        }
        if (!LinesRoute.readsBody(routing)) {
            return Problem.badRequest("The request has a body of " + length + " bytes; send none.");
        }
        return Long.parseLong(length) <= NumbersBody.MAX_BYTES ? null : NumbersBody.tooLong();
    }

    /**
     * Answers with a problem, and closes an HTTP/1.1 connection after it: the start of the next request is uncertain, or
     * comes after a long body. In HTTP/2 each request has a stream of its own, but all bodies share one flow-control window,
     * so the body is skipped.
     */
    static void refuse(HttpServerRequest request, Problem problem) {
        if (request.version() != HttpVersion.HTTP_2) {
            request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
            // Runs before the next request begins. The end handler is that of RoutingContext, which counts the answer.
            request.response().bodyEndHandler(_ -> request.connection().close());
        } else if (!request.isEnded()) {
            discardBody(request, MAX_REFUSED_BODY_BYTES);
        }
        problem.answer(request);
    }

    /**
     * Ends an answer in its middle: closes the connection, or in HTTP/2 resets the stream. Vert.x could reset an HTTP/1.1
     * answer, too, but does not report its end if the request has been read whole, and Quarkus would wait for it at the end of
     * the process.
     */
    static void cutOff(HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_2) {
            boolean _ = request.response().reset();
        } else {
            Future<Void> _ = request.connection().close();
        }
    }

    /** Answers a request that a route has failed, or that no route matches. */
    private void answerFailure(RoutingContext routing) {
        HttpServerRequest request = routing.request();
        Throwable failure = routing.failure();
        int status = routing.statusCode();
        if (status != 400 && isBodyRead(routing)) {
            discardUnread(request);
        }
        if (status == 400) {
            String detail = failure == null ? "The request is malformed." : failure.getMessage() + ".";
            refuse(request, Problem.badRequest(detail));
        } else if (status > 400 && status < 500) {
            Problem.ofStatus(status, request).answer(request);
        } else {
            outcomes.answerUnexpectedFailure(request, Problem.unexpected(), failure);
        }
    }

    /** Gives every error of a REST resource a problem as its body. Quarkus REST calls this. */
    @ServerExceptionMapper
    Response toProblemResponse(WebApplicationException failure, HttpServerRequest request) {
        Response response = failure.getResponse();
        return response.hasEntity()
                ? response
                : Problem.ofStatus(response.getStatus(), request).response();
    }
}
