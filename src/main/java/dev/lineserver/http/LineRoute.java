package dev.lineserver.http;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.impl.ContextInternal;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.serving.Datasets;
import dev.lineserver.serving.OpenVersion;
import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.Lookup;

/**
 * Answers requests for single lines, on the event loop of their connection. Every request ends, even after a failure: the
 * client gets an answer or a closed connection, and the version is released.
 *
 * <p>Requests arrive in two ways:
 *
 * <ul>
 *   <li>The router calls {@link #handle}, which looks the line up, writes the answer and releases the request. If the
 *       request names a version that is not open, it first waits until the version has been opened in the background.
 *   <li>The fast path calls {@link #prepare(String)}, looks the line up and writes the answer itself. If the outcome is
 *       not a line in one piece, it hands the request over to {@link #handle}, which answers without a second lookup.
 * </ul>
 *
 * <p>This is a plain route of Quarkus's own router; {@code src/docs/decisions/001-lines-on-a-plain-route.md} says what that
 * saves. The router and this route use the same path, normalised by RFC 3986: dot segments and doubled slashes are removed,
 * and escaped letters and digits are decoded.
 */
@Singleton
public final class LineRoute {
    /** Name of the routes that answer lines; the fast path finds them by it. */
    public static final String ROUTE_NAME = "line-server lines";
    /** Name of the routes of {@link RequestGuard}, which come before them. */
    public static final String GUARD_NAME = "line-server guard";

    /** Name of the route of {@link ManagementPort}, which lets requests for lines of the main port pass. */
    public static final String MANAGEMENT_NAME = "line-server management port";

    /** The paths below which lines are. */
    static final List<String> PATHS = List.of("/lines/*", "/line_server/lines/*", "/datasets/*");
    /** Before Quarkus's route that limits bodies: it answers 413, which here means a line past the end. */
    static final int ROUTE_ORDER = -3;

    private final RequestedVersions versions;
    private final RequestOutcomes outcomes;
    private final StoreFailures failures;
    private final LineHead head;
    private final LineJson json;
    private final LineNumbers numbers;
    private final Duration lookupTimeout;
    private final ByteBufAllocator allocator;
    private volatile boolean draining;

    @Inject
    LineRoute(Datasets datasets, RequestOutcomes outcomes, LineHead head, RangeLimits limits, ServeConfig config) {
        this(datasets, outcomes, head, limits, config, PooledByteBufAllocator.DEFAULT);
    }

    /** @param allocator allocates the pieces of long lines, and JSON */
    LineRoute(
            Datasets datasets,
            RequestOutcomes outcomes,
            LineHead head,
            RangeLimits limits,
            ServeConfig config,
            ByteBufAllocator allocator) {
        this.allocator = allocator;
        this.outcomes = outcomes;
        this.head = head;
        numbers = config.lineNumbers();
        lookupTimeout = config.http().lookupTimeout();
        versions = new RequestedVersions(datasets, lookupTimeout);
        failures = new StoreFailures(outcomes, numbers);
        json = new LineJson(head, limits, config, allocator);
    }

    void register(@Observes Router router) {
        for (String path : PATHS) {
            router.route(path).setName(ROUTE_NAME).order(ROUTE_ORDER).handler(this::handle);
        }
    }

    /** Answers a request that the router has dispatched. */
    private void handle(RoutingContext routing) {
        HttpServerRequest request = routing.request();
        LineTarget target = LineTarget.parse(routing.normalizedPath());
        if (target == null || target.number() == null) {
            routing.next();
            return;
        }
        if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
            routing.fail(405);
            return;
        }
        ContextInternal context = (ContextInternal) Vertx.currentContext();
        // The fast path hands over GET requests only, and normalised paths only: none of them returns above.
        LineRequest lookedUp = LineRequest.claimHandedOver();
        if (lookedUp != null) {
            respond(request, lookedUp, context);
            return;
        }
        LineRequest lineRequest = prepare(target);
        if (lineRequest == null) {
            answerUnprepared(request, target, target.number(), context);
        } else {
            lookUp(request, lineRequest, context);
        }
    }

    private void lookUp(HttpServerRequest request, LineRequest lineRequest, ContextInternal context) {
        // Not inline: when a pipelined request is answered, Vert.x begins the next one before it returns. Thousands
        // of them would nest, and overflow the stack.
        lineRequest.lookUp(context.nettyEventLoop(), false, () -> respond(request, lineRequest, context));
    }

    /**
     * Creates a request for the fast path, which must look the line up and release the request.
     *
     * @param path the request target as the client sent it, possibly with a query
     * @return null if the router must answer: the path is not the normalised path of a line, the version is not open, or
     *     the server is stopping
     */
    public @Nullable LineRequest prepare(String path) {
        LineTarget target = draining ? null : LineTarget.parse(path);
        return target == null ? null : prepare(target);
    }

    /**
     * Turns the fast path off when the server begins to stop. Quarkus then waits for the requests that it has counted, and
     * asks clients to disconnect; it sees neither requests nor clients of the fast path.
     */
    void drain(@Observes ShutdownDelayInitiatedEvent event) {
        draining = true;
    }

    /** Creates a request with an acquired version; returns null if the target is invalid, or its version is not open. */
    private @Nullable LineRequest prepare(LineTarget target) {
        if (target.number() == null) {
            return null;
        }
        long lineIndex;
        try {
            lineIndex = numbers.index(target.number());
        } catch (IllegalArgumentException e) {
            return null;
        }
        OpenVersion version = versions.acquire(target);
        return version == null ? null : newRequest(version, target, lineIndex);
    }

    private LineRequest newRequest(OpenVersion version, LineTarget target, long lineIndex) {
        return new LineRequest(version, target, lineIndex, outcomes, lookupTimeout);
    }

    /** Opens the version that the target names, and then answers; or refuses the request with the reason. */
    private void answerUnprepared(
            HttpServerRequest request, LineTarget target, String number, ContextInternal context) {
        long lineIndex;
        try {
            lineIndex = numbers.index(number);
        } catch (IllegalArgumentException e) {
            outcomes.refuse(
                    request,
                    Problem.notALineNumber(PathText.readable(number), String.valueOf(e.getMessage())),
                    Map.of());
            return;
        }
        versions.open(
                target,
                context,
                version -> lookUp(request, newRequest(version, target, lineIndex), context),
                refusal -> outcomes.refuse(request, refusal, Map.of()));
    }

    /** Answers a request after its lookup, and releases it. */
    private void respond(HttpServerRequest request, LineRequest lineRequest, ContextInternal context) {
        lineRequest
                .outcome()
                .compose(outcome -> respond(request, lineRequest, context, outcome))
                .onComplete(answered -> {
                    // First of all: nothing that an answer throws may keep the version open.
                    lineRequest.release();
                    if (answered.failed() && !request.response().closed()) {
                        failures.answer(request, lineRequest.version.manifest(), answered.cause(), Map.of());
                    }
                });
    }

    /** Writes the answer; the future completes when the version is no longer needed, or fails with the store's failure. */
    private Future<Void> respond(
            HttpServerRequest request, LineRequest lineRequest, ContextInternal context, Lookup outcome) {
        LineForm form = LineForm.of(request.headers().getAll(HttpHeaders.ACCEPT));
        switch (outcome) {
            case Lookup.Found _, Lookup.FoundInParts _
            when form == LineForm.JSON -> {
                return json.answer(request, lineRequest, context, outcome);
            }
            case Lookup.Found(byte[] line) -> {
                if (!answerWithHeadOnly(request, lineRequest, form, line.length)) {
                    head.set(request.response(), lineRequest, form, line.length);
                    request.response().end(wrap(line));
                }
            }
            case Lookup.FoundInParts(LineParts parts) -> {
                if (!answerWithHeadOnly(request, lineRequest, form, parts.length())) {
                    return new LongLineAnswer(request, lineRequest, form, parts, head, failures)
                            .write(allocator, lookupTimeout);
                }
            }
            case Lookup.PastTheEnd(long lineCount) ->
                Problem.pastTheEnd(lineCount).answer(request);
            case Lookup.Damaged(String damage) -> {
                return Future.failedFuture(new LineDamagedException(lineRequest.lineIndex, damage));
            }
        }
        return Future.succeededFuture();
    }

    /**
     * Answers without the line if a condition of the request says so (304 or 412), or if the client sent {@code HEAD}.
     *
     * @return false if the line must be sent
     */
    private boolean answerWithHeadOnly(HttpServerRequest request, LineRequest lineRequest, LineForm form, long length) {
        if (head.answerCondition(request, lineRequest, form)) {
            return true;
        }
        boolean headOnly = request.method().equals(HttpMethod.HEAD);
        if (headOnly) {
            head.set(request.response(), lineRequest, form, length);
            request.response().end();
        }
        return headOnly;
    }

    /** Wraps an array without a copy; the array must not change. Vert.x 4 offers no other way. */
    @SuppressWarnings("deprecation")
    static Buffer wrap(byte[] bytes) {
        return Buffer.buffer(Unpooled.wrappedBuffer(bytes));
    }
}
