package dev.lineserver.http;

import io.netty.channel.Channel;
import io.vertx.core.AsyncResult;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;

import dev.lineserver.http.connection.HeadDeadline;

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
        HeadDeadline.requestBegan(channel(routing), routing.request().version() == HttpVersion.HTTP_2);
        int _ = routing.addEndHandler(new RequestObserver(routing, metrics, log, startNanos));
    }

    @Override
    public void handle(AsyncResult<Void> end) {
        if (ended) {
            return;
        }
        ended = true;
        metrics.end();
        HeadDeadline.requestEnded(channel(routing));
        HttpServerResponse response = routing.response();
        int status = response.headWritten() ? response.getStatusCode() : RequestMetrics.NO_STATUS;
        long nanos = System.nanoTime() - startNanos;
        metrics.recordAnswer(route(), routing.request().method(), status, nanos);
        log.log(routing.request(), status, nanos);
    }

    private static Channel channel(RoutingContext routing) {
        return ((ConnectionBase) routing.request().connection()).channel();
    }

    private RequestRoute route() {
        try {
            return RequestRoute.of(routing.normalizedPath());
        } catch (IllegalArgumentException malformed) {
            return RequestRoute.OTHER;
        }
    }
}
