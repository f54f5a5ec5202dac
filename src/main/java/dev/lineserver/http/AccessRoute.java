package dev.lineserver.http;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.RequestRate;
import dev.lineserver.config.ServeConfig;
import dev.lineserver.http.access.AccessListFile;
import dev.lineserver.http.access.Client;
import dev.lineserver.http.access.RateLimiter;
import dev.lineserver.http.access.RequestSource;
import dev.lineserver.http.access.Requirement;

/**
 * Refuses requests of clients that may not read, before any other route can answer them: 401 without a key, 403 without the
 * grant, and 429 beyond the limit of requests. What a path needs does not depend on the datasets that exist, so a refusal
 * tells nothing about them. Without the settings {@code line-server.http.api-keys} and {@code rate-limit} there is no route, and
 * the fast path may be on; {@code src/docs/decisions/033-keys-by-a-route.md} has the reasons.
 *
 * <p>The router calls {@link #handle} on the event loop of the connection. A thread of its own reads the file of keys again.
 */
@Singleton
final class AccessRoute {
    private static final Logger LOG = Logger.getLogger(AccessRoute.class);
    /** After {@link CrossOriginRoute}: pages must be able to read a refusal, and preflight requests never have a key. */
    static final int ORDER = Integer.MIN_VALUE + 3;

    private static final String CLIENT = "line-server client";
    private static final String SCHEME = "bearer ";
    /** A name for the only policy of this server, as the draft wants it. */
    private static final String LIMIT_NAME = "\"requests\"";

    private static final String CHALLENGE = "Bearer realm=\"line-server\"";
    private static final long CHECK_INTERVAL_SECONDS = 1;

    private final @Nullable AccessListFile keys;
    private final @Nullable RateLimiter limiter;
    private final String limit;
    private final String policy;
    private final ManagementPort management;
    private final String defaultDataset;
    private final Counter failedChecks;
    /** The unexpected failure of the last check; empty if there was none. Used by one check at a time. */
    private String unexpected = "";

    private final ScheduledExecutorService checks = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("api-keys").factory());

    /** Reads the file of keys; an exception ends the program before it listens. */
    AccessRoute(ServeConfig config, ManagementPort management, MeterRegistry registry) {
        this.management = management;
        keys = config.http().apiKeys().map(AccessListFile::open).orElse(null);
        RequestRate rate = config.http().rateLimit().orElse(null);
        limiter = rate == null ? null : new RateLimiter(rate.requests(), rate.window(), System::nanoTime);
        limit = rate == null
                ? ""
                : rate.requests() + " requests in " + rate.window().toSeconds() + " s";
        policy = rate == null
                ? ""
                : LIMIT_NAME + ";q=" + rate.requests() + ";w=" + rate.window().toSeconds();
        defaultDataset = config.dataset().toString();
        failedChecks = Counter.builder("line_server_api_keys_check_failures")
                .description("Checks of the file of keys that found it missing, unreadable or invalid")
                .register(registry);
    }

    void register(@Observes Router router) {
        if (keys != null || limiter != null) {
            router.route().setName("line-server access").order(ORDER).handler(this::handle);
        }
    }

    void start(@Observes StartupEvent event) {
        if (keys != null) {
            ScheduledFuture<?> _ = checks.scheduleWithFixedDelay(
                    () -> check(keys::refresh), CHECK_INTERVAL_SECONDS, CHECK_INTERVAL_SECONDS, TimeUnit.SECONDS);
        }
    }

    void stop(@Observes ShutdownEvent event) {
        checks.shutdown();
    }

    /** Reads the file of keys again. */
    void check() {
        if (keys != null) {
            check(keys::refresh);
        }
    }

    /** @param refresh returns false if the file of keys cannot be used */
    void check(BooleanSupplier refresh) {
        try {
            if (!refresh.getAsBoolean()) {
                failedChecks.increment();
            }
            unexpected = "";
        } catch (RuntimeException | Error e) {
            // The executor would drop a task that throws, and a revoked key would stay valid.
            failedChecks.increment();
            if (!e.toString().equals(unexpected)) {
                LOG.error("reading the file of keys failed unexpectedly, and the last keys stay valid", e);
            }
            unexpected = e.toString();
        }
    }

    private void handle(RoutingContext routing) {
        HttpServerRequest request = routing.request();
        String path = routing.normalizedPath();
        // A limit must not make a server seem dead.
        if (Requirement.isHealth(path) || management.isManagement(request)) {
            routing.next();
            return;
        }
        Client client = keys == null ? null : find(keys, request);
        if (limiter != null && !admit(limiter, request, client)) {
            return;
        }
        Requirement requirement = Requirement.of(path, defaultDataset);
        if (keys == null || requirement.isPublic()) {
            routing.next();
        } else if (client == null) {
            boolean sent = request.headers().contains(HttpHeaders.AUTHORIZATION);
            // Without credentials, RFC 6750 (section 3.1) wants no error code.
            String challenge = sent ? CHALLENGE + ", error=\"invalid_token\"" : CHALLENGE;
            refuse(request, Problem.keyNeeded(sent), Map.of("WWW-Authenticate", challenge));
        } else if (!requirement.isMetBy(client)) {
            refuse(request, Problem.notGranted(requirement.dataset()), Map.of());
        } else {
            routing.put(CLIENT, client).next();
        }
    }

    /**
     * Counts a request against the limit, and tells the client about it in the fields of draft-ietf-httpapi-ratelimit-headers-10.
     * Returns false if it has refused the request.
     */
    private boolean admit(RateLimiter limits, HttpServerRequest request, @Nullable Client client) {
        RateLimiter.Admission admission = limits.request(
                client != null
                        ? RequestSource.ofClient(client)
                        : RequestSource.ofAddress(
                                request.remoteAddress() == null
                                        ? null
                                        : request.remoteAddress().hostAddress()));
        request.response()
                .putHeader("RateLimit-Policy", policy)
                .putHeader("RateLimit", LIMIT_NAME + ";r=" + admission.remaining() + ";t=" + admission.resetSeconds());
        if (!admission.admitted()) {
            long seconds = admission.waitSeconds();
            refuse(request, Problem.tooManyRequests(limit, seconds), Map.of("Retry-After", Long.toString(seconds)));
        }
        return admission.admitted();
    }

    /** Returns the client that the key of a request, or else its certificate, proves; null if there is none. */
    private static @Nullable Client find(AccessListFile keys, HttpServerRequest request) {
        List<String> credentials = request.headers().getAll(HttpHeaders.AUTHORIZATION);
        if (credentials.isEmpty()) {
            return keys.current().findByCertificate(CertificateRequest.names(request));
        }
        // Two of them are ambiguous: a proxy may have checked the other one.
        if (credentials.size() != 1
                || !credentials.getFirst().toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
            return null;
        }
        return keys.current()
                .findByKey(credentials.getFirst().substring(SCHEME.length()).strip());
    }

    private static void refuse(HttpServerRequest request, Problem problem, Map<String, String> headers) {
        RequestGuard.discardUnread(request);
        problem.answer(request, headers);
    }

    /** Returns true if the client of a request may read a dataset. */
    boolean mayRead(RoutingContext routing, String dataset) {
        if (keys == null) {
            return true;
        }
        Client client = routing.get(CLIENT);
        return client != null && client.mayRead(dataset);
    }
}
