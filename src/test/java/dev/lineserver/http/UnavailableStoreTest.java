package dev.lineserver.http;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

import io.vertx.core.http.HttpServerOptions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A store that cannot be asked: nothing is known to be absent. */
final class UnavailableStoreTest {
    private final Parts parts = new Parts(
            () -> {
                throw new StoreUnavailableException("no node answers");
            },
            Duration.ofHours(1));
    private final PlainServer server = new PlainServer(parts, true, new HttpServerOptions());

    UnavailableStoreTest() throws Exception {}

    @AfterEach
    void stop() throws Exception {
        server.close();
        parts.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/datasets", "/datasets/", "/datasets/default", "/lines/1", "/datasets/other/lines/1"})
    void everyResourceIs503SayingWhy(String path) throws Exception {
        try (HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            HttpResponse<String> response = client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertEquals(503, response.statusCode());
            assertEquals("1", response.headers().firstValue("retry-after").orElse(""));
            assertEquals(
                    "application/problem+json",
                    response.headers().firstValue("content-type").orElse(""));
            assertTrue(response.body().contains("no node answers"), response.body());
        }
        assertEquals(path.contains("lines") ? 1 : 0, parts.value("line_server_lookups", "outcome", "unavailable"));
    }
}
