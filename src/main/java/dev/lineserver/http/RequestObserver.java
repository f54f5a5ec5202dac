package dev.lineserver.http;

import io.vertx.core.AsyncResult;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;

/** Counts and times one request of the router. Runs on the event loop of its connection, or where the answer is written. */
final class RequestObserver implements Handler<AsyncResult<Void>> {
    private final RoutingContext routing;
    private final RequestMetrics metrics;
    private final long startNanos;
    private boolean ended;

    private RequestObserver(RoutingContext routing, RequestMetrics metrics, long startNanos) {
        this.routing = routing;
        this.metrics = metrics;
        this.startNanos = startNanos;
    }

    /** Counts the request when its answer has ended, or its client has disconnected. */
    static void observe(RoutingContext routing, RequestMetrics metrics) {
        // The fast path may have begun the request, and looked its line up.
        LineRequest begun = LineRequest.peekHandedOver();
        long startNanos = begun == null ? System.nanoTime() : begun.startNanos;
        metrics.begin();
        int _ = routing.addEndHandler(new RequestObserver(routing, metrics, startNanos));
    }

    @Override
    public void handle(AsyncResult<Void> end) {
        if (ended) {
            return;
        }
        ended = true;
        metrics.end();
        HttpServerResponse response = routing.response();
        metrics.recordAnswer(
                route(),
                routing.request().method(),
                response.headWritten() ? response.getStatusCode() : RequestMetrics.NO_STATUS,
                System.nanoTime() - startNanos);
    }

    private RequestRoute route() {
        try {
            return RequestRoute.of(routing.normalizedPath());
        } catch (IllegalArgumentException malformed) {
            return RequestRoute.OTHER;
        }
    }
}
