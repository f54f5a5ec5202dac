package dev.lineserver.http;

import io.netty.channel.Channel;
import io.opentelemetry.api.trace.Span;
import io.vertx.core.AsyncResult;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;

import dev.lineserver.http.connection.HeadDeadline;

/**
 * Counts, times, logs and traces one request of the router. Runs on the event loop of its connection, or where the answer is
 * written.
 */
final class RequestObserver implements Handler<AsyncResult<Void>> {
    private final RoutingContext routing;
    private final RequestMetrics metrics;
    private final AccessLog log;
    private final Traces traces;
    private final @Nullable Span span;
    private final long startNanos;
    private final @Nullable HeadDeadline headDeadline;
    private boolean ended;

    private RequestObserver(
            RoutingContext routing, RequestMetrics metrics, AccessLog log, Traces traces, long startNanos) {
        this.routing = routing;
        this.metrics = metrics;
        this.log = log;
        this.traces = traces;
        this.startNanos = startNanos;
        headDeadline = HeadDeadline.of(channel(routing));
        if (headDeadline != null) {
            headDeadline.requestBegan(routing.request().version() == HttpVersion.HTTP_2);
        }
        span = traces.begin(routing.request(), System.nanoTime() - startNanos);
    }

    /** Counts the request when its answer has ended, or its client has disconnected. */
    static void observe(RoutingContext routing, RequestMetrics metrics, AccessLog log, Traces traces) {
        // The fast path may have begun the request, and looked its line up.
        LineRequest begun = LineRequest.peekHandedOver();
        long startNanos = begun == null ? System.nanoTime() : begun.startNanos;
        metrics.begin();
        RequestObserver observer = new RequestObserver(routing, metrics, log, traces, startNanos);
        int _ = routing.addEndHandler(observer);
        Span span = observer.span;
        if (span != null) {
            int _ = routing.addHeadersEndHandler(_ -> span.addEvent(Traces.HEAD_WRITTEN));
        }
    }

    @Override
    public void handle(AsyncResult<Void> end) {
        if (ended) {
            return;
        }
        ended = true;
        metrics.end();
        if (headDeadline != null) {
            headDeadline.requestEnded();
        }
        HttpServerResponse response = routing.response();
        int status = response.headWritten() ? response.getStatusCode() : RequestMetrics.NO_STATUS;
        long nanos = System.nanoTime() - startNanos;
        RequestRoute route = route();
        metrics.recordAnswer(route, routing.request().method(), status, nanos);
        log.log(routing.request(), status, nanos);
        if (span != null) {
            traces.end(span, routing.request(), route, status);
        }
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
