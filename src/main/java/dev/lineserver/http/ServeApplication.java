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
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.HttpConfig;
import dev.lineserver.config.ServeConfig;
import dev.lineserver.config.StoreConfig;
import dev.lineserver.config.Stores;
import dev.lineserver.serving.Datasets;
import dev.lineserver.store.StoreFailedException;

/** Serves until a signal ends it: opens the store before the first request, and closes it after the last. */
@Singleton
public final class ServeApplication implements QuarkusApplication {
    private static final Logger LOG = Logger.getLogger(ServeApplication.class);

    private final ServeConfig config;
    private final HttpServer server;
    private final Datasets datasets;
    /** Why serving could not start and would not at another attempt. */
    private @Nullable StoreFailedException failure;

    @SuppressWarnings(
            "deprecation") // Vert.x 5 will make this internal; Vert.x 4 has no other access to its event loops.
    ServeApplication(StoreConfig store, ServeConfig config, HttpConfig http, Vertx vertx, HttpServer server) {
        this.config = config;
        this.server = server;
        EventLoopGroup eventLoops = vertx.nettyEventLoopGroup();
        datasets = new Datasets(() -> Stores.open(store, eventLoops), config.dataset(), http.versionCheckInterval());
    }

    @Produces
    @Singleton
    Datasets datasets() {
        return datasets;
    }

    void start(@Observes StartupEvent event) {
        try {
            datasets.start();
        } catch (StoreFailedException e) {
            failure = e;
        }
    }

    @Override
    public int run(String... args) {
        if (failure != null) {
            System.err.println("line-server: " + failure.getMessage());
            return 1;
        }
        String host = config.host().contains(":") ? "[" + config.host() + "]" : config.host();
        LOG.infof(
                "listening at http://%s:%d/lines/%d",
                host, server.getPort(), config.lineNumbers().first());
        Quarkus.waitForExit();
        return 0;
    }

    void stop(@Observes ShutdownEvent event) {
        datasets.close();
    }
}
