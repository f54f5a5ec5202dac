package dev.lineserver.http;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.quarkus.runtime.ShutdownEvent;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.http.access.ApiKey;

/**
 * Describes requests as spans of OpenTelemetry, if the setting {@code line-server.traces} names a collector. A span continues
 * the trace of the header {@code traceparent}, and follows its decision whether to record; without the header, a share of
 * {@code line-server.trace-ratio} is recorded. Names of spans and attributes are those of OpenTelemetry's semantic conventions
 * for HTTP servers, 1.37.
 *
 * <p>The fast path does not know the headers of a request, so it is off while requests are traced. The methods may be called
 * on any thread and do not wait: spans that the collector does not take in time are dropped.
 */
@Singleton
final class Traces {
    /** The event at which the head of the answer is written: until then the store was asked, after it bytes were sent. */
    static final String HEAD_WRITTEN = "head written";

    private static final AttributeKey<String> METHOD = AttributeKey.stringKey("http.request.method");
    private static final AttributeKey<String> ROUTE = AttributeKey.stringKey("http.route");
    private static final AttributeKey<String> PATH = AttributeKey.stringKey("url.path");
    private static final AttributeKey<String> SCHEME = AttributeKey.stringKey("url.scheme");
    private static final AttributeKey<String> CLIENT = AttributeKey.stringKey("client.address");
    private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");
    private static final AttributeKey<Long> STATUS = AttributeKey.longKey("http.response.status_code");

    /** The value of {@code http.request.method} for methods that are not told apart. */
    private static final String OTHER_METHOD = "_OTHER";

    private static final Duration EXPORT_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration EXPORT_INTERVAL = Duration.ofSeconds(1);
    /** The end of the process waits no longer for a collector. */
    private static final long SHUTDOWN_SECONDS = 2;

    private static final TextMapGetter<HttpServerRequest> HEADERS = new TextMapGetter<>() {
        @Override
        public Iterable<String> keys(HttpServerRequest request) {
            return request.headers().names();
        }

        @Override
        public @Nullable String get(@Nullable HttpServerRequest request, String name) {
            return request == null ? null : request.getHeader(name);
        }
    };

    private final @Nullable SdkTracerProvider provider;
    private final @Nullable Tracer tracer;

    @Inject
    Traces(ServeConfig config) {
        this(config.traces().map(Traces::exportTo).orElse(null), config.traceRatio());
    }

    /**
     * @param processor receives the ended spans; null if requests are not traced
     * @param ratio of the requests without a trace that are recorded, 0 to 1
     */
    Traces(@Nullable SpanProcessor processor, double ratio) {
        provider = processor == null
                ? null
                : SdkTracerProvider.builder()
                        .setSampler(Sampler.parentBased(Sampler.traceIdRatioBased(ratio)))
                        .setResource(Resource.builder()
                                .put("service.name", "line-server")
                                .build())
                        .addSpanProcessor(processor)
                        .build();
        tracer = provider == null ? null : provider.get("dev.lineserver");
    }

    private static SpanProcessor exportTo(String url) {
        return BatchSpanProcessor.builder(OtlpHttpSpanExporter.builder()
                        .setEndpoint(url)
                        .setTimeout(EXPORT_TIMEOUT)
                        .build())
                .setScheduleDelay(EXPORT_INTERVAL)
                .setExporterTimeout(EXPORT_TIMEOUT)
                .build();
    }

    /**
     * Begins the span of a request, and names it in the request's {@code traceparent}, which the logs read.
     *
     * @param nanos time since the request began, in nanoseconds
     * @return null if the request is not recorded
     */
    @Nullable
    Span begin(HttpServerRequest request, long nanos) {
        if (tracer == null) {
            return null;
        }
        Context parent = W3CTraceContextPropagator.getInstance().extract(Context.root(), request, HEADERS);
        Span span = tracer.spanBuilder("HTTP")
                .setParent(parent)
                .setSpanKind(SpanKind.SERVER)
                .setStartTimestamp(Instant.now().minusNanos(nanos))
                .startSpan();
        if (!span.isRecording()) {
            return null;
        }
        W3CTraceContextPropagator.getInstance()
                .inject(
                        parent.with(span),
                        request,
                        (carrier, name, value) -> request.headers().set(name, value));
        return span;
    }

    /** Ends the span of an answer that has ended, or whose client has disconnected. */
    void end(Span span, HttpServerRequest request, RequestRoute route, int status) {
        HttpServerResponse response = request.response();
        String method = RequestMetrics.METHODS.contains(request.method())
                ? request.method().name()
                : OTHER_METHOD;
        span.setAttribute(METHOD, method);
        span.setAttribute(PATH, ApiKey.mask(request.path()));
        span.setAttribute(SCHEME, request.scheme());
        if (request.remoteAddress() != null) {
            span.setAttribute(CLIENT, request.remoteAddress().hostAddress());
        }
        if (route != RequestRoute.OTHER) {
            span.updateName((method.equals(OTHER_METHOD) ? "HTTP" : method) + " " + route.template);
            span.setAttribute(ROUTE, route.template);
        }
        if (status == RequestMetrics.NO_STATUS || !response.ended()) {
            span.setStatus(StatusCode.ERROR).setAttribute(ERROR_TYPE, "disconnected");
        } else if (status >= 500) {
            span.setStatus(StatusCode.ERROR).setAttribute(ERROR_TYPE, String.valueOf(status));
        }
        if (status != RequestMetrics.NO_STATUS) {
            span.setAttribute(STATUS, (long) status);
        }
        span.end();
    }

    void stop(@Observes ShutdownEvent event) {
        close();
    }

    /** Exports the spans that are queued, but waits no longer than {@value #SHUTDOWN_SECONDS} seconds for it. */
    void close() {
        if (provider != null) {
            var _ = provider.shutdown().join(SHUTDOWN_SECONDS, TimeUnit.SECONDS);
        }
    }
}
