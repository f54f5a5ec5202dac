package dev.lineserver.http;

import java.util.List;

import io.vertx.core.http.HttpHeaders;
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

/**
 * The first route: refuses requests that HTTP forbids but Vert.x lets pass, and answers for every request that the router
 * or a later route fails, so that Quarkus's error handler, which logs a stack trace for each, is never reached.
 */
@Singleton
final class RequestGuard {
    /** In bytes. No resource here reads a body; a longer one is not worth receiving. */
    private static final long MAX_BODY_BYTES = 64 << 10;

    private final RequestOutcomes outcomes;

    RequestGuard(RequestOutcomes outcomes) {
        this.outcomes = outcomes;
    }

    void register(@Observes Router router) {
        router.route()
                .setName(LineRoute.GUARD_NAME)
                .order(Integer.MIN_VALUE)
                .handler(this::check)
                .failureHandler(this::answerFailure);
        for (int unmatched : new int[] {404, 405, 406}) {
            router.errorHandler(unmatched, this::answerFailure);
        }
    }

    private void check(RoutingContext routing) {
        Problem problem = findProblem(routing);
        if (problem == null) {
            routing.next();
        } else {
            refuse(routing.request(), problem);
        }
    }

    private static @Nullable Problem findProblem(RoutingContext routing) {
        HttpServerRequest request = routing.request();
        // Vert.x knows no other versions, but passes their requests on.
        if (request.version() == null) {
            return Problem.ofStatus(505, request);
        }
        List<String> codings = request.headers().getAll(HttpHeaders.TRANSFER_ENCODING);
        if (!codings.isEmpty() && !(codings.size() == 1 && codings.getFirst().equalsIgnoreCase("chunked"))) {
            return Problem.ofStatus(501, request);
        }
        if (request.headers().getAll(HttpHeaders.HOST).size() > 1) {
            return Problem.badRequest("The request has several Host headers; send one.");
        }
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length != null && Long.parseLong(length) > MAX_BODY_BYTES) {
            return Problem.badRequest("The request has a body of " + length + " bytes; send none.");
        }
        try {
            // For the routes that follow: the router would log the exception with its stack trace.
            routing.normalizedPath();
            return null;
        } catch (IllegalArgumentException e) {
            return Problem.badRequest("The path is malformed: " + e.getMessage() + ".");
        }
    }

    /** Closes the connection after the answer: where the next request begins is uncertain, or far away. */
    private static void refuse(HttpServerRequest request, Problem problem) {
        if (request.version() != HttpVersion.HTTP_2) {
            request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
            request.response().endHandler(_ -> request.connection().close());
        }
        problem.answer(request);
    }

    private void answerFailure(RoutingContext routing) {
        HttpServerRequest request = routing.request();
        Throwable failure = routing.failure();
        int status = routing.statusCode();
        if (status == 400) {
            String detail = failure == null ? "The request is malformed." : failure.getMessage() + ".";
            refuse(request, Problem.badRequest(detail));
        } else if (status > 400 && status < 500) {
            Problem.ofStatus(status, request).answer(request);
        } else {
            outcomes.answerUnexpectedFailure(request, Problem.unexpected(), failure);
        }
    }

    /** Gives each error of a REST resource a problem as its body. */
    @ServerExceptionMapper
    Response toProblemResponse(WebApplicationException failure, HttpServerRequest request) {
        Response response = failure.getResponse();
        return response.hasEntity()
                ? response
                : Problem.ofStatus(response.getStatus(), request).response();
    }
}
