package dev.lineserver.http;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.mcp.McpServer;
import dev.lineserver.serving.Datasets;
import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;

/**
 * Serves the Model Context Protocol over HTTP, if it is turned on: each {@code POST} has one message, and its answer has the
 * answer to it. There are no sessions, and no streams.
 *
 * <p>Bodies are read on the event loop of the connection. A message is answered on a virtual thread of its own, which waits for
 * the store, and has as many places of {@link RangeLimits} as the longest answer needs.
 */
@Singleton
final class McpRoute {
    private static final String PATH = "/mcp";
    private static final Map<String, String> ALLOW = Map.of("Allow", "POST");

    private final boolean enabled;
    private final List<String> origins;
    private final Duration timeout;
    private final RequestOutcomes outcomes;
    private final StoreFailures failures;
    private final RangeLimits limits;
    private final Datasets datasets;
    private final LineNumbers numbers;
    private final AccessRoute access;

    McpRoute(Datasets datasets, AccessRoute access, RequestOutcomes outcomes, RangeLimits limits, ServeConfig config) {
        this.access = access;
        this.datasets = datasets;
        this.outcomes = outcomes;
        this.limits = limits;
        numbers = config.lineNumbers();
        enabled = config.http().mcp();
        origins = config.http().corsOrigins().orElse(List.of());
        timeout = config.http().lookupTimeout();
        failures = new StoreFailures(outcomes, numbers);
    }

    void register(@Observes Router router) {
        if (enabled) {
            McpServer server = new McpServer(datasets, numbers, timeout, this::recordFailure);
            router.route(PATH).handler(routing -> handle(server, routing));
        }
    }

    /** True if {@link #handle} reads the body of a request, which nothing else must then read. */
    static boolean readsBody(RoutingContext routing) {
        String path = routing.normalizedPath();
        return routing.request().method().equals(HttpMethod.POST) && (path.equals(PATH) || path.equals(PATH + "/"));
    }

    /** The reason to refuse a body that is too long; the connection must be closed. */
    static Problem tooLong() {
        return Problem.badRequest(
                "The body is longer than " + McpServer.MAX_MESSAGE_BYTES + " bytes; send shorter messages.");
    }

    private void handle(McpServer server, RoutingContext routing) {
        HttpServerRequest request = routing.request();
        if (!request.method().equals(HttpMethod.POST)) {
            Problem.of(ProblemType.METHOD_NOT_ALLOWED, "Use POST, not " + request.method() + ".")
                    .answer(request, ALLOW);
            return;
        }
        Problem problem = findProblem(request);
        int place = problem == null ? limits.acquireForBody() : 0;
        if (problem != null) {
            RequestGuard.refuse(request, problem);
        } else if (place == 0) {
            RequestGuard.discardBody(request, McpServer.MAX_MESSAGE_BYTES);
            refuseBusy(request);
        } else {
            Consumer<Problem> onRefusal = refusal -> refusal.answer(request);
            new RequestBody(
                            routing,
                            McpServer.MAX_MESSAGE_BYTES,
                            timeout,
                            tooLong(),
                            message -> answer(server, routing, message),
                            onRefusal,
                            () -> limits.release(place))
                    .read("send one JSON-RPC message");
        }
    }

    private @Nullable Problem findProblem(HttpServerRequest request) {
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        if (origin != null && !mayUse(origin, request.authority())) {
            return Problem.originRefused(origin);
        }
        String version = request.getHeader("MCP-Protocol-Version");
        return version == null || McpServer.supports(version)
                ? null
                : Problem.badRequest("This server does not speak version " + version
                        + " of the Model Context Protocol; send the one that it answered to initialize.");
    }

    /**
     * Returns true if pages of an origin may use this server: those of the configured origins, and those of this server if the
     * browser has reached it by its address or as localhost. A name proves nothing: somebody else's name may resolve to the
     * address of this server, which then seems to be the origin of their page.
     */
    private boolean mayUse(String origin, @Nullable HostAndPort authority) {
        if (origins.contains(origin) || origins.equals(List.of("*"))) {
            return true;
        }
        return authority != null
                && isAddressOrLocalhost(authority.host())
                && (origin.equals("http://" + authority) || origin.equals("https://" + authority));
    }

    private static boolean isAddressOrLocalhost(String host) {
        return host.equals("localhost") || host.startsWith("[") || host.matches("[0-9.]+");
    }

    private void refuseBusy(HttpServerRequest request) {
        outcomes.requests.recordRefusal(RequestMetrics.Refusal.BUSY);
        limits.busy().answer(request);
    }

    private void answer(McpServer server, RoutingContext routing, byte[] message) {
        HttpServerRequest request = routing.request();
        int places = limits.acquireForJson(McpServer.MAX_LINE_BYTES);
        if (places == 0) {
            refuseBusy(request);
            return;
        }
        Context context = Vertx.currentContext();
        try {
            Thread _ = Thread.ofVirtual().name("mcp").start(() -> {
                try {
                    byte[] answer = server.answer(message, dataset -> access.mayRead(routing, dataset));
                    context.runOnContext(_ -> send(request, answer, places));
                } catch (RuntimeException | Error | InterruptedException e) {
                    context.runOnContext(_ -> fail(request, e, places));
                }
            });
        } catch (RuntimeException | Error notStarted) {
            fail(request, notStarted, places);
        }
    }

    private void fail(HttpServerRequest request, Throwable failure, int places) {
        limits.release(places);
        outcomes.answerUnexpectedFailure(request, Problem.unexpected(), failure);
    }

    private void send(HttpServerRequest request, byte @Nullable [] answer, int places) {
        HttpServerResponse response = request.response();
        Future<Void> sent;
        try {
            response.putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
            if (answer == null) {
                sent = response.setStatusCode(202).end();
            } else {
                response.putHeader(HttpHeaders.CONTENT_TYPE, "application/json");
                sent = response.end(Buffer.buffer(answer));
            }
        } catch (RuntimeException | Error e) {
            fail(request, e, places);
            return;
        }
        // The bytes are in memory until the client has taken them, or has gone.
        Future<Void> _ = sent.onComplete(_ -> limits.release(places));
    }

    private void recordFailure(Manifest manifest, StoreException failure) {
        switch (failure) {
            case LineDamagedException e -> failures.recordDamage(manifest, e.lineIndex(), e.getMessage());
            case StoreUnavailableException _ -> outcomes.requests.recordRefusal(RequestMetrics.Refusal.STORE);
            default -> outcomes.recordUnexpectedFailure(failure);
        }
    }
}
