package dev.lineserver.http;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import io.vertx.core.http.HttpServerOptions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class SwaggerUiTest {
    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void close() {
        client.close();
    }

    private HttpResponse<String> get(PlainServer server, String path) throws Exception {
        return client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void thePageAndItsFilesAreServedIfTheyAreTurnedOn() throws Exception {
        Map<String, String> settings = Map.of("line-server.http.swagger-ui", "true");
        try (ScriptedLines lines = new ScriptedLines(Duration.ofSeconds(30), settings);
                PlainServer server = new PlainServer(lines.components, true, new HttpServerOptions())) {
            HttpResponse<String> page = get(server, "/q/swagger-ui/");
            assertEquals(200, page.statusCode());
            assertEquals(
                    "text/html; charset=UTF-8",
                    page.headers().firstValue("content-type").orElse(""));
            List<String> files = Pattern.compile("(?:src|href)=\"([^\"]*)\"")
                    .matcher(page.body())
                    .results()
                    .map((MatchResult file) -> file.group(1))
                    .toList();
            assertEquals(3, files.size());
            for (String file : files) {
                HttpResponse<String> response = get(server, "/q/swagger-ui/" + file);
                assertEquals(200, response.statusCode(), file);
                assertTrue(response.body().length() > 50, file);
            }
            assertTrue(get(server, "/q/swagger-ui/start.js").body().contains("'../openapi'"));
            assertEquals(
                    "swagger-ui/",
                    get(server, "/q/swagger-ui")
                            .headers()
                            .firstValue("location")
                            .orElse(""));
            // A client may read an answer just before the server counts it.
            Awaitility.await()
                    .ignoreExceptions()
                    .until(() -> lines.components.value(
                                    "line_server_requests", "route", "other", "method", "GET", "status", "308")
                            == 1);
            assertEquals(404, get(server, "/q/swagger-ui/logo.png").statusCode());
        }
    }

    @Test
    void itIsOffByDefault() throws Exception {
        try (ScriptedLines lines = new ScriptedLines();
                PlainServer server = new PlainServer(lines.components, true, new HttpServerOptions())) {
            assertEquals(404, get(server, "/q/swagger-ui/").statusCode());
        }
    }
}
