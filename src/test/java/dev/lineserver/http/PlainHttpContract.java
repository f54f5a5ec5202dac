package dev.lineserver.http;

import java.time.Duration;

import io.vertx.core.http.HttpServerOptions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** The HTTP contract against a plain server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class PlainHttpContract extends FormsContract {
    private final ServedStore served;
    private final HttpComponents components;
    private final PlainServer server;

    PlainHttpContract(ServedStore.Backend backend, boolean fastPath) throws Exception {
        served = new ServedStore(backend);
        components = new HttpComponents(ServedStore::openPatient, Duration.ofMillis(50));
        server = new PlainServer(components, fastPath, new HttpServerOptions());
    }

    @Override
    final int port() {
        return server.port();
    }

    @AfterAll
    final void stop() throws Exception {
        server.close();
        components.close();
        // A client may have disconnected a moment ago.
        Awaitility.await()
                .untilAsserted(
                        () -> assertEquals(0, components.allocator.metric().usedDirectMemory(), "blocks are released"));
        served.close();
    }
}
