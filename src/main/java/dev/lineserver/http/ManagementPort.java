package dev.lineserver.http;

import java.util.concurrent.TimeUnit;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.vertx.http.HttpServerStart;
import io.quarkus.vertx.http.HttpsServerStart;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.ServeConfig;

/**
 * Serves the paths below {@code /q}, and no others, on a port of their own, if one is configured; the other ports then do not
 * have them. No key is needed there: whoever can reach the port operates the server.
 *
 * <p>Quarkus has a management port, too, but it is turned on when the program is built, and everybody would have it then. This
 * is a second server of Vert.x with the same router.
 */
@Singleton
final class ManagementPort {
    private static final Logger LOG = Logger.getLogger(ManagementPort.class);
    /** After {@link RequestGuard}. */
    private static final int ORDER = Integer.MIN_VALUE + 1;

    /** The path of health, metrics and the OpenAPI document. */
    static final String ROOT = "/q";

    /** Scrapers and probes come again within a minute. */
    private static final int IDLE_TIMEOUT_SECONDS = 300;

    private final boolean enabled;
    private final HttpServerOptions options;
    private @Nullable HttpServer server;
    /** The port on which {@link #server} listens; 0 before it does. Routes read it on event loops. */
    private volatile int port;

    ManagementPort(ServeConfig config) {
        enabled = config.managementPort().isPresent();
        options = new HttpServerOptions()
                .setHost(config.managementHost().orElse(config.host()))
                .setPort(config.managementPort().orElse(0))
                .setIdleTimeout(IDLE_TIMEOUT_SECONDS)
                .setIdleTimeoutUnit(TimeUnit.SECONDS);
    }

    void register(@Observes Router router) {
        if (enabled) {
            // The name exempts it from those that turn the fast path off: on the main port it concerns /q only.
            router.route().setName(LineRoute.MANAGEMENT_NAME).order(ORDER).handler(this::check);
        }
    }

    private void check(RoutingContext routing) {
        String path = routing.normalizedPath();
        boolean operation = path.equals(ROOT) || path.startsWith(ROOT + "/");
        if (operation == isManagement(routing.request())) {
            routing.next();
        } else {
            RequestGuard.discardUnread(routing.request());
            Problem.ofStatus(404, routing.request()).answer(routing.request());
        }
    }

    /** Returns true if the request has come by this port. */
    boolean isManagement(HttpServerRequest request) {
        return port != 0
                && request.localAddress() != null
                && request.localAddress().port() == port;
    }

    /** Listens once the main port does. Quarkus calls this on a worker thread. */
    void start(@ObservesAsync HttpServerStart started, Vertx vertx, Router router, ConnectionEdge connections) {
        listen(vertx, router, connections);
    }

    /** Listens, if TLS is the only main port. */
    void startWithTls(@ObservesAsync HttpsServerStart started, Vertx vertx, Router router, ConnectionEdge connections) {
        listen(vertx, router, connections);
    }

    synchronized void listen(Vertx vertx, Router router, ConnectionEdge connections) {
        if (!enabled || server != null) {
            return;
        }
        server = vertx.createHttpServer(options).requestHandler(request -> router.handle(request.pause()));
        Future<HttpServer> _ = server.listen().onComplete(listening -> {
            if (listening.succeeded()) {
                connections.installOnManagementPort(vertx, listening.result().actualPort());
                port = listening.result().actualPort();
                LOG.infof("listening for operation at http://%s:%d/q", options.getHost(), port);
            } else {
                String reason = String.valueOf(listening.cause().getMessage());
                LOG.errorf("cannot listen at management port %d: %s", options.getPort(), reason);
                Quarkus.asyncExit(1);
            }
        });
    }

    /** The port on which it listens; 0 if it does not. */
    int port() {
        return port;
    }

    synchronized void stop(@Observes ShutdownEvent event) {
        if (server != null) {
            Future<Void> _ = server.close();
        }
    }
}
