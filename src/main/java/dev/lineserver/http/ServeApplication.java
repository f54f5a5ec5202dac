package dev.lineserver.http;

import io.quarkus.runtime.Quarkus;
import io.quarkus.runtime.QuarkusApplication;
import jakarta.inject.Inject;
import org.jboss.logging.Logger;

/** Runs until it is told to stop. */
public final class ServeApplication implements QuarkusApplication {
    private static final Logger LOG = Logger.getLogger(ServeApplication.class);

    private final ServeConfig config;

    @Inject
    ServeApplication(ServeConfig config) {
        this.config = config;
    }

    @Override
    public int run(String... args) {
        LOG.infof("listening at http://%s:%d/lines/%d", config.host(), config.port(), config.firstLineNumber());
        Quarkus.waitForExit();
        return 0;
    }
}
