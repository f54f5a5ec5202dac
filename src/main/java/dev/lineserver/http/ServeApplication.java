package dev.lineserver.http;

import io.netty.channel.EventLoopGroup;
import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.vertx.http.HttpServer;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.config.StoreConfig;
import dev.lineserver.config.Stores;
import dev.lineserver.serving.Datasets;
import dev.lineserver.store.StoreFailedException;

/**
 * The application that {@code serve} runs, until a signal ends it. It opens the store before the first request and closes
 * it after the last. Quarkus calls {@link #start} before it listens, {@link #run} when it is listening, and {@link #stop}
 * after it has waited for the requests in flight.
 */
@Singleton
public final class ServeApplication implements QuarkusApplication {
    private static final Logger LOG = Logger.getLogger(ServeApplication.class);

    private final ServeConfig config;
    private final HttpServer server;
    private final Datasets datasets;

    @SuppressWarnings(
            "deprecation") // Vert.x 4 offers no other access to its event loops; Vert.x 5 makes this one internal.
    ServeApplication(StoreConfig store, ServeConfig config, Vertx vertx, HttpServer server) {
        this.config = config;
        this.server = server;
        EventLoopGroup eventLoops = vertx.nettyEventLoopGroup();
        datasets = new Datasets(
                () -> Stores.open(store, eventLoops),
                config.dataset(),
                config.http().versionCheckInterval());
    }

    @Produces
    @Singleton
    Datasets datasets() {
        return datasets;
    }

    /** Opens the store. An exception ends the program before it listens; only failures that no retry heals are thrown. */
    void start(@Observes StartupEvent event) throws StoreFailedException {
        datasets.start();
    }

    @Override
    public int run(String... args) {
        logListening("http", server.getPort());
        logListening("https", server.getSecurePort());
        Quarkus.waitForExit();
        return 0;
    }

    /** @param port -1 if there is none */
    private void logListening(String scheme, int port) {
        if (port > 0) {
            String host = config.host().contains(":") ? "[" + config.host() + "]" : config.host();
            LOG.infof(
                    "listening at %s://%s:%d/lines/%d",
                    scheme, host, port, config.lineNumbers().first());
        }
    }

    void stop(@Observes ShutdownEvent event) {
        datasets.close();
    }
}
