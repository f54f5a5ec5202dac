package dev.lineserver.http;

import java.util.Optional;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.vertx.http.HttpServer;
import jakarta.inject.Inject;
import org.jboss.logging.Logger;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.store.StoreFailedException;

/** Runs until a signal ends it. */
public final class ServeApplication implements QuarkusApplication {
    private static final Logger LOG = Logger.getLogger(ServeApplication.class);

    private final ServeConfig config;
    private final HttpServer server;
    private final ServingLifecycle serving;

    @Inject
    ServeApplication(ServeConfig config, HttpServer server, ServingLifecycle serving) {
        this.config = config;
        this.server = server;
        this.serving = serving;
    }

    @Override
    public int run(String... args) {
        Optional<StoreFailedException> failure = serving.failure();
        if (failure.isPresent()) {
            System.err.println("line-server: " + failure.get().getMessage());
            return 1;
        }
        String host = config.host().contains(":") ? "[" + config.host() + "]" : config.host();
        LOG.infof(
                "listening at http://%s:%d/lines/%d",
                host, server.getPort(), config.lineNumbers().first());
        Quarkus.waitForExit();
        return 0;
    }
}
