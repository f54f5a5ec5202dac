package dev.lineserver.http;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;

import io.vertx.core.http.HttpServerOptions;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** While the store cannot be listed, no dataset is known to be absent: the answer is 503, not 404. */
final class UnavailableStoreTest {
    private final HttpComponents components = new HttpComponents(
            () -> {
                throw new StoreUnavailableException("no node answers");
            },
            Duration.ofHours(1));
    private final PlainServer server = new PlainServer(components, true, new HttpServerOptions());

    UnavailableStoreTest() throws Exception {}

    @AfterEach
    void stop() throws Exception {
        server.close();
        components.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"/lines/1", "/datasets/other/lines/1", "/datasets/other/versions/1/lines/1"})
    void everyLineIs503WithTheReason(String path) throws Exception {
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
        assertEquals(1, components.value("line_server_lookups", "outcome", "unavailable"));
    }

    @Test
    void theDatasetsAre503WithTheReason() {
        DatasetResource resource = new DatasetResource(components.datasets, components.access);
        for (Executable request : List.<Executable>of(
                () -> resource.all(HttpComponents.ROUTING),
                () -> resource.one("default"),
                () -> resource.versions("default"),
                () -> resource.version("default", "1"))) {
            Response response =
                    assertThrows(WebApplicationException.class, request).getResponse();
            assertEquals(503, response.getStatus());
            assertEquals("1", response.getHeaderString("Retry-After"));
            assertEquals("application/problem+json", response.getHeaderString("Content-Type"));
            assertEquals("no-store", response.getHeaderString("Cache-Control"));
            assertTrue(((Problem) response.getEntity()).detail().contains("no node answers"));
        }
    }
}
