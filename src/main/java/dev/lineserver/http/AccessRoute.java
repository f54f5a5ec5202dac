package dev.lineserver.http;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

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
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.http.access.AccessListFile;
import dev.lineserver.http.access.Client;
import dev.lineserver.http.access.Requirement;

/**
 * Refuses requests of clients that may not read, before any other route can answer them: 401 without a key, 403 without the
 * grant. What a path needs does not depend on the datasets that exist, so a refusal tells nothing about them. Without the
 * setting {@code line-server.http.api-keys} there is no route, and the fast path may be on;
 * {@code src/docs/decisions/033-keys-by-a-route.md} has the reasons.
 *
 * <p>The router calls {@link #handle} on the event loop of the connection. A thread of its own reads the file of keys again.
 */
@Singleton
final class AccessRoute {
    /** After {@link CrossOriginRoute}: pages must be able to read a refusal, and preflight requests never have a key. */
    private static final int ORDER = Integer.MIN_VALUE + 2;

    private static final String CLIENT = "line-server client";
    private static final String SCHEME = "bearer ";
    private static final String CHALLENGE = "Bearer realm=\"line-server\"";
    private static final long CHECK_INTERVAL_SECONDS = 1;

    private final @Nullable AccessListFile keys;
    private final String defaultDataset;
    private final Counter failedChecks;
    private final ScheduledExecutorService checks = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("api-keys").factory());

    /** Reads the file of keys; an exception ends the program before it listens. */
    AccessRoute(ServeConfig config, MeterRegistry registry) {
        keys = config.http().apiKeys().map(AccessListFile::open).orElse(null);
        defaultDataset = config.dataset().toString();
        failedChecks = Counter.builder("line_server_api_keys_check_failures")
                .description("Checks of the file of keys that found it missing, unreadable or invalid")
                .register(registry);
    }

    void register(@Observes Router router) {
        if (keys != null) {
            router.route().setName("line-server.http.api-keys").order(ORDER).handler(this::handle);
        }
    }

    void start(@Observes StartupEvent event) {
        if (keys != null) {
            ScheduledFuture<?> _ = checks.scheduleWithFixedDelay(
                    () -> check(keys), CHECK_INTERVAL_SECONDS, CHECK_INTERVAL_SECONDS, TimeUnit.SECONDS);
        }
    }

    void stop(@Observes ShutdownEvent event) {
        checks.shutdown();
    }

    /** Reads the file of keys again. */
    void check() {
        if (keys != null) {
            check(keys);
        }
    }

    private void check(AccessListFile file) {
        if (!file.refresh()) {
            failedChecks.increment();
        }
    }

    private void handle(RoutingContext routing) {
        HttpServerRequest request = routing.request();
        Requirement requirement = Requirement.of(routing.normalizedPath(), defaultDataset);
        Client client = keys == null ? null : find(keys, request);
        if (requirement.isPublic()) {
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

    /** Returns the client that the key of a request proves; null if it proves none. */
    private static @Nullable Client find(AccessListFile keys, HttpServerRequest request) {
        List<String> credentials = request.headers().getAll(HttpHeaders.AUTHORIZATION);
        // Two of them are ambiguous: a proxy may have checked the other one.
        if (credentials.size() != 1
                || !credentials.getFirst().toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
            return null;
        }
        return keys.current()
                .findByKey(credentials.getFirst().substring(SCHEME.length()).strip());
    }

    private static void refuse(HttpServerRequest request, Problem problem, Map<String, String> headers) {
        if (!request.isEnded()) {
            // The guard leaves the bodies of POST to routes that this request does not reach.
            RequestGuard.discardBody(request, NumbersBody.MAX_BYTES);
        }
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
