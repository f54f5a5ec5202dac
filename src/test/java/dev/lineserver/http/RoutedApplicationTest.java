package dev.lineserver.http;

import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The application with a setting that the fast path would bypass. */
@QuarkusTest
@TestProfile(RoutedApplicationTest.RoutedProfile.class)
final class RoutedApplicationTest {
    public static final class RoutedProfile extends ServedStore.EmbeddedProfile {
        public RoutedProfile() {
            super(Map.of(
                    "quarkus.http.header.\"X-Routed\".value",
                    "yes",
                    "line-server.http.cors-origins",
                    "*",
                    "line-server.http.swagger-ui",
                    "true",
                    "line-server.http.mcp",
                    "true"));
        }
    }

    @TestHTTPResource("/")
    URL root;

    /** A header that Quarkus adds to every answer is added to lines as well. */
    @Test
    void aConfiguredHeaderIsOnEveryLine() throws Exception {
        HttpResponse<Void> response = get("lines/2");
        assertEquals(200, response.statusCode());
        assertEquals("yes", response.headers().firstValue("x-routed").orElse(""));
    }

    /** Resources of Quarkus REST and of its extensions, too. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "lines/2",
                "lines",
                "datasets",
                "datasets/none",
                "problems",
                "q/health",
                "q/metrics",
                "q/openapi",
                "q/swagger-ui/"
            })
    void aPageOfAnotherOriginReadsEveryResource(String path) throws Exception {
        assertEquals(
                "*",
                get(path).headers().firstValue("access-control-allow-origin").orElse(""));
    }

    /** Quarkus leaves the body to the route, and the tools read on threads that may wait. */
    @Test
    void theModelContextProtocolIsAnswered() throws Exception {
        String call = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"stat\"}}";
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = client.send(
                    HttpRequest.newBuilder(URI.create(root + "mcp"))
                            .header("Content-Type", "application/json")
                            .POST(HttpRequest.BodyPublishers.ofString(call))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertEquals(200, answer.statusCode(), answer.body());
            assertTrue(answer.body().contains("longestLine"), answer.body());
        }
    }

    private HttpResponse<Void> get(String path) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create(root + path)).build(), HttpResponse.BodyHandlers.discarding());
        }
    }
}
