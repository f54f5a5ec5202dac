package dev.lineserver.http;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.netty.buffer.Unpooled;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.impl.ContextInternal;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.serving.Datasets;
import dev.lineserver.serving.OpenVersion;
import dev.lineserver.serving.ServedDataset;
import dev.lineserver.store.ControlCharacters;
import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;

/**
 * Answers single lines, on the event loop that the request came in on. Whatever fails, the request ends and the version is
 * released.
 *
 * <p>A plain route of Quarkus's own router: see {@code src/docs/decisions/001-lines-on-a-plain-route.md} for what that
 * saves. The router and this route read the same path, normalised by RFC 3986: dot segments and doubled slashes are
 * removed, and escaped letters and digits decoded.
 */
@Singleton
public final class LineRoute {
    /** Name of the routes that answer lines. */
    public static final String ROUTE_NAME = "line-server lines";
    /** Name of the route in front of them. */
    public static final String GUARD_NAME = "line-server guard";

    private static final Logger LOG = Logger.getLogger(LineRoute.class);
    /** Before Quarkus's limit on bodies, which answers 413. */
    private static final int ROUTE_ORDER = -3;

    private final Datasets datasets;
    private final RequestOutcomes outcomes;
    private final LineHead head;
    private final LineNumbers numbers;
    private final Duration lookupTimeout;
    private volatile boolean draining;

    LineRoute(Datasets datasets, RequestOutcomes outcomes, LineHead head, ServeConfig config) {
        this.datasets = datasets;
        this.outcomes = outcomes;
        this.head = head;
        numbers = config.lineNumbers();
        lookupTimeout = config.http().lookupTimeout();
    }

    void register(@Observes Router router) {
        for (String path : List.of("/lines/*", "/line_server/lines/*", "/datasets/*")) {
            router.route(path).setName(ROUTE_NAME).order(ROUTE_ORDER).handler(this::handle);
        }
    }

    /** Looks a line up, unless the fast path already has, and answers with it. */
    private void handle(RoutingContext routing) {
        HttpServerRequest request = routing.request();
        LineTarget target = LineTarget.parse(routing.normalizedPath());
        if (target == null) {
            routing.next();
            return;
        }
        if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
            routing.fail(405);
            return;
        }
        ContextInternal context = (ContextInternal) Vertx.currentContext();
        LineRequest lookedUp = LineRequest.claimHandedOver();
        if (lookedUp != null) {
            respond(request, lookedUp, context);
            return;
        }
        LineRequest lineRequest = prepare(target, refusal -> refuse(request, refusal));
        if (lineRequest != null) {
            // Later, because Vert.x begins the next of many pipelined requests, one within the other, where one is
            // answered.
            lineRequest.lookUp(context.nettyEventLoop(), false, () -> respond(request, lineRequest, context));
        }
    }

    /**
     * Begins a request for the fast path.
     *
     * @param path as it was sent; may have a query
     * @return null if the router must answer: unless the path is that of a line in normalised form, its dataset has an open
     *     version, and the server is not stopping
     */
    public @Nullable LineRequest prepare(String path) {
        LineTarget target = draining ? null : LineTarget.parse(path);
        return target == null ? null : prepare(target, _ -> {});
    }

    /** From SIGTERM on the router answers all requests: Quarkus counts them, and asks their clients to disconnect. */
    void drain(@Observes ShutdownDelayInitiatedEvent event) {
        draining = true;
    }

    /** Begins a request, or tells {@code onRefusal} why it cannot be answered with a line and returns null. */
    private @Nullable LineRequest prepare(LineTarget target, Consumer<Problem> onRefusal) {
        long lineIndex;
        try {
            lineIndex = numbers.index(target.number());
        } catch (IllegalArgumentException e) {
            onRefusal.accept(Problem.notALineNumber(target.number(), String.valueOf(e.getMessage())));
            return null;
        }
        String name = target.dataset() == null ? datasets.defaultName() : target.dataset();
        ServedDataset dataset = datasets.find(name);
        OpenVersion version = dataset == null ? null : dataset.acquire();
        if (version == null) {
            onRefusal.accept(Problem.notServed(datasets, name));
            return null;
        }
        return new LineRequest(version, lineIndex, outcomes, lookupTimeout);
    }

    private void refuse(HttpServerRequest request, Problem refusal) {
        if (refusal.status() == 503) {
            outcomes.recordLookup(null, 0);
        }
        refusal.answer(request);
    }

    private void respond(HttpServerRequest request, LineRequest lineRequest, ContextInternal context) {
        lineRequest
                .outcome()
                .compose(outcome -> respond(request, lineRequest, context, outcome))
                .onComplete(answered -> {
                    lineRequest.release();
                    if (answered.failed() && !request.response().closed()) {
                        answerFailure(request, lineRequest, answered.cause());
                    }
                });
    }

    /** Returns a future that is completed when the version need no longer be held. */
    private Future<Void> respond(
            HttpServerRequest request, LineRequest lineRequest, ContextInternal context, Lookup outcome) {
        switch (outcome) {
            case Lookup.Found(byte[] line) -> {
                if (!answerWithHeadOnly(request, lineRequest, line.length)) {
                    head.set(request.response(), lineRequest.etag(), line.length);
                    request.response().end(wrap(line));
                }
            }
            case Lookup.FoundInParts(LineParts parts) -> {
                if (!answerWithHeadOnly(request, lineRequest, parts.length())) {
                    Promise<Void> finished = Promise.promise();
                    writeParts(request.response(), lineRequest, context, parts, 0, finished);
                    return finished.future();
                }
            }
            case Lookup.PastTheEnd(long lineCount) ->
                Problem.pastTheEnd(lineCount).answer(request);
            case Lookup.Damaged(String damage) -> {
                return Future.failedFuture(new LineDamagedException(damage));
            }
        }
        return Future.succeededFuture();
    }

    /** Answers a client that has the line or asks for its head only; returns false if the line must follow. */
    private boolean answerWithHeadOnly(HttpServerRequest request, LineRequest lineRequest, long length) {
        HttpServerResponse response = request.response();
        if (matchesAny(request.headers().getAll(HttpHeaders.IF_NONE_MATCH), lineRequest.etag())) {
            head.setUnmodified(response, lineRequest.etag());
            response.setStatusCode(304).end();
        } else if (request.method().equals(HttpMethod.HEAD)) {
            head.set(response, lineRequest.etag(), length);
            response.end();
        }
        return response.ended();
    }

    /** By RFC 9110, section 13.1.2; several headers are one list, and no entity tag of ours contains a comma. */
    private static boolean matchesAny(List<String> ifNoneMatch, String etag) {
        for (String candidate : String.join(",", ifNoneMatch).split(",", -1)) {
            String tag = candidate.strip();
            if (tag.equals("*") || (tag.startsWith("W/") ? tag.substring(2) : tag).equals(etag)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Writes the parts of a long line from one on, each when the client has taken the one before. The version is held while
     * a part is read, also for a client that disconnects meanwhile: the write fails then, and nothing is left to do.
     */
    private void writeParts(
            HttpServerResponse response,
            LineRequest lineRequest,
            ContextInternal context,
            LineParts parts,
            int part,
            Promise<Void> finished) {
        boolean last = part + 1 == parts.count();
        Future.<Void>succeededFuture()
                .compose(_ -> Future.fromCompletionStage(parts.read(part), context)
                        .timeout(lookupTimeout.toNanos(), TimeUnit.NANOSECONDS))
                .compose(bytes -> {
                    if (part == 0) {
                        head.set(response, lineRequest.etag(), parts.length());
                    }
                    Future<Void> written = last ? response.end(wrap(bytes)) : response.write(wrap(bytes));
                    return written.map(!last).otherwise(false);
                })
                .onComplete(moreFollow -> {
                    if (moreFollow.failed()) {
                        finished.fail(moreFollow.cause());
                    } else if (moreFollow.result()) {
                        // Later, because what is read and written at once would otherwise nest without a bound.
                        context.nettyEventLoop()
                                .execute(() -> writeParts(response, lineRequest, context, parts, part + 1, finished));
                    } else {
                        finished.complete();
                    }
                });
    }

    /** Wraps an array, which must not change any more, without a copy. Vert.x 4 has no other way to do so. */
    @SuppressWarnings("deprecation")
    private static Buffer wrap(byte[] bytes) {
        return Buffer.buffer(Unpooled.wrappedBuffer(bytes));
    }

    /** Ends a request whose lookup or part failed: by a problem, or by a reset if the answer has begun. */
    private void answerFailure(HttpServerRequest request, LineRequest lineRequest, Throwable failure) {
        switch (StoreException.causeOf(failure)) {
            case StoreUnavailableException e ->
                Problem.unavailable(e.getMessage()).answer(request);
            case LineDamagedException e -> damaged(lineRequest, e.getMessage()).answer(request);
            case StoreException e -> outcomes.answerUnexpectedFailure(request, Problem.storeFailed(e.getMessage()), e);
            case Throwable e -> outcomes.answerUnexpectedFailure(request, Problem.unexpected(), e);
        }
    }

    private Problem damaged(LineRequest lineRequest, String damage) {
        Manifest manifest = lineRequest.version.manifest();
        long number = numbers.number(lineRequest.lineIndex);
        outcomes.recordDamage();
        LOG.errorf(
                "dataset %s version %d line %d: %s",
                manifest.dataset(), manifest.version(), number, ControlCharacters.escape(damage));
        return Problem.damaged(manifest, number, damage);
    }

    /**
     * What a path that names a line is made of. Takes the paths that the router serves lines at, each with or without a
     * trailing slash: {@code /lines/n}, {@code /line_server/lines/n} and {@code /datasets/name/lines/n}.
     *
     * @param dataset name of the dataset; null for the default one
     * @param number what stands in place of the line number
     */
    private record LineTarget(@Nullable String dataset, String number) {
        private static final String LINES = "/lines/";
        private static final String DJANGO_PREFIX = "/line_server";
        private static final String DATASETS = "/datasets/";

        /** Returns null if the path does not name a line. */
        static @Nullable LineTarget parse(String path) {
            boolean named = path.startsWith(DATASETS);
            int prefix = path.startsWith(DJANGO_PREFIX) ? DJANGO_PREFIX.length() : 0;
            int lines = named ? path.indexOf('/', DATASETS.length()) : prefix;
            if (lines < 0 || !path.startsWith(LINES, lines)) {
                return null;
            }
            int start = lines + LINES.length();
            int end = path.length() > start && path.endsWith("/") ? path.length() - 1 : path.length();
            return new LineTarget(named ? path.substring(DATASETS.length(), lines) : null, path.substring(start, end));
        }
    }
}
