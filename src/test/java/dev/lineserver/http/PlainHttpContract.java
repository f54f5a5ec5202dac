package dev.lineserver.http;

import java.time.Duration;

import io.vertx.core.http.HttpServerOptions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;

/** The contract asked of a plain server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class PlainHttpContract extends HttpContract {
    private final ServedStore served;
    private final Parts parts;
    private final PlainServer server;

    PlainHttpContract(ServedStore.Kind kind, boolean fastPath) throws Exception {
        served = new ServedStore(kind);
        parts = new Parts(ServedStore::open, Duration.ofMillis(50));
        server = new PlainServer(parts, fastPath, new HttpServerOptions());
    }

    @Override
    final int port() {
        return server.port();
    }

    @AfterAll
    final void stop() throws Exception {
        server.close();
        parts.close();
        served.close();
    }
}
