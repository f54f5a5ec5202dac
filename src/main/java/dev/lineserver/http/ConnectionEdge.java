package dev.lineserver.http;

import java.util.function.Consumer;
import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.netty.channel.ServerChannel;
import io.quarkus.value.registry.ValueRegistry;
import io.quarkus.vertx.http.HttpServer;
import io.quarkus.vertx.http.HttpServerStart;
import io.quarkus.vertx.http.HttpsServerStart;
import io.vertx.core.Vertx;
import io.vertx.core.impl.VertxInternal;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.http.connection.Connections;
import dev.lineserver.http.connection.Descriptors;
import dev.lineserver.http.connection.ListeningChannels;

/**
 * Installs {@link Connections} on all ports, and publishes its counts.
 */
@Singleton
final class ConnectionEdge {
    private static final Logger LOG = Logger.getLogger(ConnectionEdge.class);

    private final Connections connections;

    /** CDI creates this bean when the port is listening, so that the versions and the event loops have their files. */
    @Inject
    ConnectionEdge(ServeConfig config, MeterRegistry registry) {
        this(config, registry, Descriptors.mostConnections());
    }

    /** @param mostOpen number of open connections at which further clients must wait */
    ConnectionEdge(ServeConfig config, MeterRegistry registry, long mostOpen) {
        connections = new Connections(
                config.http().headTimeout(),
                Problem.slowHead(config.http().headTimeout()).closingAnswer(),
                config.http().connectionsPerAddress(),
                mostOpen,
                LOG::warn);
        Gauge.builder("line_server_connections", connections, Connections::open)
                .description("Open connections of clients")
                .register(registry);
        count(registry, "head-timeout", Connections::slowHeads);
        count(registry, "address", Connections::beyondLimit);
        FunctionCounter.builder("line_server_accept_failures", connections, Connections::failures)
                .description("Attempts to accept a connection that failed, as when descriptors have run out")
                .register(registry);
    }

    private void count(MeterRegistry registry, String reason, ToDoubleFunction<Connections> value) {
        FunctionCounter.builder("line_server_connections_closed", connections, value)
                .tag("reason", reason)
                .description("Connections that the server closed for the sake of others")
                .register(registry);
    }

    /** Quarkus calls this on a worker thread, once the port is listening. */
    void installOnMainPort(@ObservesAsync HttpServerStart started, Vertx vertx, ValueRegistry values) {
        install(vertx, values.get(HttpServer.HTTP_PORT));
    }

    void installOnSecurePort(@ObservesAsync HttpsServerStart started, Vertx vertx, ValueRegistry values) {
        install(vertx, values.get(HttpServer.HTTPS_PORT));
    }

    void installOnManagementPort(Vertx vertx, int port) {
        install(vertx, port, connections::installForOperation);
    }

    void install(Vertx vertx, int port) {
        install(vertx, port, connections::install);
    }

    private static void install(Vertx vertx, int port, Consumer<ServerChannel> installation) {
        ListeningChannels.change(((VertxInternal) vertx).getAcceptorEventLoopGroup(), port, installation);
    }
}
