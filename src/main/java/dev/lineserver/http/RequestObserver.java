package dev.lineserver.http;

import io.vertx.core.AsyncResult;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;

/** Counts, times and logs one request of the router. Runs on the event loop of its connection, or where the answer is written. */
final class RequestObserver implements Handler<AsyncResult<Void>> {
    private final RoutingContext routing;
    private final RequestMetrics metrics;
    private final AccessLog log;
    private final long startNanos;
    private boolean ended;

    private RequestObserver(RoutingContext routing, RequestMetrics metrics, AccessLog log, long startNanos) {
        this.routing = routing;
        this.metrics = metrics;
        this.log = log;
        this.startNanos = startNanos;
    }

    /** Counts the request when its answer has ended, or its client has disconnected. */
    static void observe(RoutingContext routing, RequestMetrics metrics, AccessLog log) {
        // The fast path may have begun the request, and looked its line up.
        LineRequest begun = LineRequest.peekHandedOver();
        long startNanos = begun == null ? System.nanoTime() : begun.startNanos;
        metrics.begin();
        int _ = routing.addEndHandler(new RequestObserver(routing, metrics, log, startNanos));
    }

    @Override
    public void handle(AsyncResult<Void> end) {
        if (ended) {
            return;
        }
        ended = true;
        metrics.end();
        HttpServerResponse response = routing.response();
        int status = response.headWritten() ? response.getStatusCode() : RequestMetrics.NO_STATUS;
        long nanos = System.nanoTime() - startNanos;
        metrics.recordAnswer(route(), routing.request().method(), status, nanos);
        log.log(routing.request(), status, nanos);
    }

    private RequestRoute route() {
        try {
            return RequestRoute.of(routing.normalizedPath());
        } catch (IllegalArgumentException malformed) {
            return RequestRoute.OTHER;
        }
    }
}
