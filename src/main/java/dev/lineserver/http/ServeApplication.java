package dev.lineserver.http;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import io.quarkus.vertx.http.HttpServer;
import jakarta.inject.Inject;
import org.jboss.logging.Logger;

import dev.lineserver.config.ServeConfig;

/** Runs until a signal ends it. */
public final class ServeApplication implements QuarkusApplication {
    private static final Logger LOG = Logger.getLogger(ServeApplication.class);

    private final ServeConfig config;
    private final HttpServer server;

    @Inject
    ServeApplication(ServeConfig config, HttpServer server) {
        this.config = config;
        this.server = server;
    }

    @Override
    public int run(String... args) {
        String host = config.host().contains(":") ? "[" + config.host() + "]" : config.host();
        LOG.infof(
                "listening at http://%s:%d/lines/%d",
                host, server.getPort(), config.lineNumbers().first());
        Quarkus.waitForExit();
        return 0;
    }
}
