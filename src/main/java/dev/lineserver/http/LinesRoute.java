package dev.lineserver.http;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.function.Supplier;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.impl.ContextInternal;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.serving.Datasets;
import dev.lineserver.serving.OpenVersion;
import dev.lineserver.store.LineRange;
import dev.lineserver.store.Quantities;

/**
 * Answers requests for several lines, on the event loop of their connection. The resource is the text of a version: all of
 * its lines, or those that the query selects. The header {@code Range}, with the unit {@code lines}, selects a part of all
 * lines. It is ignored together with a query, whose answer is a text of its own.
 *
 * <p>Each answer holds its version open, and a place among the answers in progress, until {@link BodyWriter} has ended.
 */
@Singleton
final class LinesRoute {
    /** After {@link LineRoute}, which answers most requests. */
    private static final int AFTER_LINE_ROUTE = 3_000;

    private static final List<String> NDJSON = List.of(NdjsonWriter.MEDIA_TYPE);
    private static final CharSequence IF_RANGE = HttpHeaders.createOptimized("if-range");
    private static final CharSequence RANGE = HttpHeaders.createOptimized("range");

    private final RequestedVersions versions;
    private final RequestOutcomes outcomes;
    private final StoreFailures failures;
    private final LineHead head;
    private final LineNumbers numbers;
    private final Duration lookupTimeout;
    private final RangeLimits limits;
    private final ByteBufAllocator allocator;
    private final ThreadPoolExecutor gzipThreads = GzipPieces.newThreads();

    @Inject
    LinesRoute(Datasets datasets, RequestOutcomes outcomes, LineHead head, RangeLimits limits, ServeConfig config) {
        this(datasets, outcomes, head, limits, config, PooledByteBufAllocator.DEFAULT);
    }

    LinesRoute(
            Datasets datasets,
            RequestOutcomes outcomes,
            LineHead head,
            RangeLimits limits,
            ServeConfig config,
            ByteBufAllocator allocator) {
        this.outcomes = outcomes;
        this.head = head;
        this.limits = limits;
        this.allocator = allocator;
        numbers = config.lineNumbers();
        lookupTimeout = config.http().lookupTimeout();
        versions = new RequestedVersions(datasets, lookupTimeout);
        failures = new StoreFailures(outcomes, numbers);
    }

    void register(@Observes @Priority(AFTER_LINE_ROUTE) Router router) {
        for (String path : LineRoute.PATHS) {
            router.route(path)
                    .setName(LineRoute.ROUTE_NAME)
                    .order(LineRoute.ROUTE_ORDER)
                    .handler(this::handle);
        }
    }

    private void handle(RoutingContext routing) {
        LineTarget target = LineTarget.parse(routing.normalizedPath());
        if (target == null || target.number() != null) {
            routing.next();
            return;
        }
        HttpServerRequest request = routing.request();
        HttpMethod method = request.method();
        if (method.equals(HttpMethod.POST)) {
            int places = limits.acquireForBody();
            if (places == 0) {
                RequestGuard.discardBody(request, NumbersBody.MAX_BYTES);
                refuseBusy(request);
                return;
            }
            NumbersBody.read(
                    routing,
                    numbers,
                    lookupTimeout,
                    named -> answer(request, target, new LinesQuery(OptionalLong.empty(), OptionalLong.empty(), named)),
                    refusal -> refuse(request, refusal),
                    () -> limits.release(places));
        } else if (method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD)) {
            try {
                answer(request, target, LinesQuery.parse(request.uri(), numbers));
            } catch (RefusedException e) {
                refuse(request, e.problem);
            }
        } else {
            Problem.of(ProblemType.METHOD_NOT_ALLOWED, "Use GET, HEAD or POST, not " + method + ".")
                    .answer(request, Map.of("Allow", "GET, HEAD, POST", "Accept-Ranges", "lines"));
        }
    }

    /** True if {@link #handle} reads the body of a request, which nothing else must then read. */
    static boolean readsBody(RoutingContext routing) {
        if (!routing.request().method().equals(HttpMethod.POST)) {
            return false;
        }
        LineTarget target = LineTarget.parse(routing.normalizedPath());
        return target != null && target.number() == null;
    }

    private void answer(HttpServerRequest request, LineTarget target, LinesQuery query) {
        OpenVersion version = versions.acquire(target);
        if (version != null) {
            answer(newAnswer(request, target, version), query);
        } else {
            versions.open(
                    target,
                    (ContextInternal) Vertx.currentContext(),
                    opened -> answer(newAnswer(request, target, opened), query),
                    refusal -> refuse(request, refusal));
        }
    }

    private LinesAnswer newAnswer(HttpServerRequest request, LineTarget target, OpenVersion version) {
        return new LinesAnswer(request, target, version, head, failures, limits);
    }

    private void refuse(HttpServerRequest request, Problem refusal) {
        outcomes.refuse(request, refusal, LinesAnswer.HEADERS_OF_PROBLEMS);
    }

    private void refuseBusy(HttpServerRequest request) {
        outcomes.requests.recordRefusal(RequestMetrics.Refusal.BUSY);
        limits.busy().answer(request, LinesAnswer.HEADERS_OF_PROBLEMS);
    }

    /** Answers a request, or begins to; releases the version in any case. */
    private void answer(LinesAnswer answer, LinesQuery query) {
        boolean writing = false;
        try {
            boolean single =
                    !query.numbers().isEmpty() || answer.request.method().equals(HttpMethod.POST);
            writing = single ? sendSingle(answer, query.numbers()) : begin(answer, query);
        } catch (RuntimeException | Error e) {
            answer.fail(e, answer.response.headWritten());
        } finally {
            if (!writing) {
                answer.version.release();
            }
        }
    }

    /**
     * Determines the answer, in the order of RFC 9110, section 13.2.2: {@code If-Match}, {@code If-None-Match}, then
     * {@code If-Range}.
     *
     * @return true if a {@link BodyWriter} has begun to write the answer, and will release the version
     */
    private boolean begin(LinesAnswer answer, LinesQuery query) {
        HttpServerRequest request = answer.request;
        long lineCount = answer.version.manifest().lineCount();
        LineSpan span = query.span(lineCount);
        if (span == null) {
            refuse(request, Problem.pastTheEnd(lineCount));
            return false;
        }
        answer.ndjson = AcceptHeader.preferred(request.headers().getAll(HttpHeaders.ACCEPT), NDJSON) != null;
        // The header counts lines, so a part is sent as it is; RFC 9110, section 14.2, would have it count coded bytes.
        answer.gzip = prefersGzip(request) && !request.headers().contains(RANGE);
        answer.etag = etag(answer, span);
        if (!EntityTags.permits(request.headers().getAll(HttpHeaders.IF_MATCH), answer.etag)) {
            refuse(request, Problem.preconditionFailed(answer.etag));
            return false;
        }
        if (EntityTags.matchesAny(request.headers().getAll(HttpHeaders.IF_NONE_MATCH), answer.etag)) {
            answer.setValidators();
            answer.response.setStatusCode(304).end();
            return false;
        }
        if (query.hasSpan()) {
            answer.next = next(query, span, lineCount);
        } else {
            RangeHeader range = rangeHeader(request, answer.etag);
            LineSpan part = range == null ? span : range.span(lineCount);
            if (part == null) {
                refuseRange(request, lineCount);
                return false;
            }
            if (range != null) {
                answer.contentRange =
                        numbers.number(part.first()) + "-" + (numbers.number(part.end()) - 1) + "/" + lineCount;
            }
            span = part;
        }
        return send(answer, span);
    }

    private String etag(LinesAnswer answer, LineSpan span) {
        String etag = answer.version.etag(span.first(), span.end());
        etag = answer.ndjson ? EntityTags.ofJson(etag, numbers) : etag;
        return answer.gzip ? EntityTags.withSuffix(etag, "-gzip") : etag;
    }

    /** The length of a compressed answer is not known before, and HTTP/1.0 needs it. */
    private static boolean prefersGzip(HttpServerRequest request) {
        return request.version() != HttpVersion.HTTP_1_0
                && AcceptHeader.prefersGzip(request.headers().getAll(HttpHeaders.ACCEPT_ENCODING));
    }

    /** Returns the header {@code Range}; null if there is none, or if it must be ignored. */
    private @Nullable RangeHeader rangeHeader(HttpServerRequest request, String etag) {
        // RFC 9110, section 14.2: the header has a meaning for GET only.
        return request.method().equals(HttpMethod.GET) && EntityTags.allowsRange(request.getHeader(IF_RANGE), etag)
                ? RangeHeader.parse(request.headers().getAll(RANGE), numbers)
                : null;
    }

    private void refuseRange(HttpServerRequest request, long lineCount) {
        String detail = "The text has " + Quantities.ungrouped(lineCount, "line", "lines") + "; the first one is "
                + numbers.first() + ".";
        Problem.of(ProblemType.RANGE_NOT_SATISFIABLE, detail, Map.of("lines", lineCount))
                .answer(request, Map.of("Accept-Ranges", "lines", "Content-Range", "lines */" + lineCount));
    }

    /** The link to the lines that follow, relative to the path of the request; null if none follow. */
    private @Nullable String next(LinesQuery query, LineSpan span, long lineCount) {
        return span.end() == lineCount
                ? null
                : "<?start=" + numbers.number(span.end()) + "&count="
                        + query.count().orElseThrow() + ">; rel=\"next\"";
    }

    private boolean send(LinesAnswer answer, LineSpan span) {
        LineRange range = answer.version.range(span.first(), span.end());
        OptionalLong byteCount = range.byteCount();
        Problem excess = limits.findExcess(span, byteCount, answer.version.manifest());
        if (excess != null) {
            refuse(answer.request, excess);
            return false;
        }
        answer.length = answer.ndjson || answer.gzip ? OptionalLong.empty() : byteCount;
        return write(
                answer,
                () -> answer.ndjson
                        ? new NdjsonPieces(range, span, new NdjsonWriter(numbers, allocator))
                        : new PlainPieces(range, allocator));
    }

    /** Sends single lines, each with its outcome. Such an answer must not be stored: an outcome may be a passing failure. */
    private boolean sendSingle(LinesAnswer answer, List<RequestedNumber> named) {
        answer.ndjson = true;
        answer.single = true;
        answer.gzip = prefersGzip(answer.request);
        return write(
                answer,
                () -> new SelectedPieces(
                        answer.version, named, new NdjsonWriter(numbers, allocator), outcomes, failures));
    }

    /**
     * Begins to write an answer, unless it has no body or must be refused.
     *
     * @return true if a {@link BodyWriter} has begun to write the answer, and will release the version
     */
    private boolean write(LinesAnswer answer, Supplier<BodyPieces> body) {
        if (answer.request.method().equals(HttpMethod.HEAD)) {
            answer.setHead(true);
            answer.response.end();
            return false;
        }
        if (answer.length.isEmpty() && answer.request.version() == HttpVersion.HTTP_1_0) {
            // Its end could not be told from that of an answer that was cut off.
            refuse(answer.request, Problem.ofStatus(505, answer.request));
            return false;
        }
        answer.places = limits.acquire(answer.ndjson, answer.gzip, answer.version.manifest());
        if (answer.places == 0) {
            refuseBusy(answer.request);
            return false;
        }
        BodyPieces pieces;
        try {
            pieces = answer.gzip ? GzipPieces.of(body.get(), gzipThreads, allocator) : body.get();
        } catch (RuntimeException | Error e) {
            limits.release(answer.places);
            throw e;
        }
        new BodyWriter(answer.request, pieces, lookupTimeout, answer).start();
        return true;
    }
}
