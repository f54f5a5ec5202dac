package dev.lineserver.http;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;

import io.vertx.core.http.HttpServerOptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The parts of an answer that a browser shows to pages of other origins. */
final class CrossOriginTest {
    private static final String ORIGIN = "https://example.org";
    private static final String ALLOWED = "access-control-allow-origin";

    private static HttpResponse<String> send(
            HttpClient.Version version, int port, String method, String... pathAndHeaders) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + pathAndHeaders[0]))
                .method(method, HttpRequest.BodyPublishers.noBody());
        for (int i = 1; i < pathAndHeaders.length; i += 2) {
            request.header(pathAndHeaders[i], pathAndHeaders[i + 1]);
        }
        try (HttpClient client = HttpClient.newBuilder().version(version).build()) {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    private static String header(HttpResponse<?> response, String name) {
        return String.join(", ", response.headers().allValues(name));
    }

    private interface Check {
        void run(int port) throws Exception;
    }

    private static void serve(String origins, Check check) throws Exception {
        Map<String, String> settings = origins.isEmpty() ? Map.of() : Map.of("line-server.http.cors-origins", origins);
        try (ScriptedLines lines = new ScriptedLines(Duration.ofSeconds(30), settings);
                PlainServer server = new PlainServer(lines.components, false, new HttpServerOptions())) {
            lines.answer(_ -> ScriptedLines.found("a line"));
            check.run(server.port());
        }
    }

    @ParameterizedTest
    @EnumSource
    void pagesOfConfiguredOriginsReadAnswersAndProblems(HttpClient.Version version) throws Exception {
        serve("https://other.example:8443," + ORIGIN, port -> {
            for (String path : List.of("/lines/1", "/lines?start=2&count=3", "/lines/x", "/lines/5000", "/nowhere")) {
                HttpResponse<String> response = send(version, port, "GET", path, "Origin", ORIGIN);
                assertEquals(ORIGIN, header(response, ALLOWED), path);
                assertEquals(
                        "ETag, Content-Range, Accept-Ranges, Link, Retry-After, RateLimit",
                        header(response, "access-control-expose-headers"));
                assertTrue(header(response, "vary").startsWith("Origin"), header(response, "vary"));
                assertEquals("", header(response, "access-control-allow-credentials"));
            }
            assertEquals("Origin, Accept", header(send(version, port, "GET", "/lines/1", "Origin", ORIGIN), "vary"));
        });
    }

    @ParameterizedTest
    @EnumSource
    void otherOriginsGetTheAnswerWithoutTheRightToReadIt(HttpClient.Version version) throws Exception {
        serve(ORIGIN, port -> {
            for (String origin :
                    List.of("https://example.org.evil", "http://example.org", "null", "*", "https://example.orG")) {
                HttpResponse<String> response = send(version, port, "GET", "/lines/1", "Origin", origin);
                assertEquals(200, response.statusCode());
                assertEquals("", header(response, ALLOWED), origin);
                assertEquals("Origin, Accept", header(response, "vary"));
                HttpResponse<String> preflight = send(
                        version, port, "OPTIONS", "/lines", "Origin", origin, "Access-Control-Request-Method", "GET");
                assertEquals("", header(preflight, ALLOWED));
            }
            HttpResponse<String> none = send(version, port, "GET", "/lines/1");
            assertEquals("", header(none, ALLOWED));
            assertEquals("Origin, Accept", header(none, "vary"), "a cache must not give it to a page");
        });
    }

    @ParameterizedTest
    @EnumSource
    void preflightRequestsAllowRangeAndContentType(HttpClient.Version version) throws Exception {
        for (String origins : List.of(ORIGIN, "*")) {
            serve(origins, port -> {
                HttpResponse<String> preflight = send(
                        version,
                        port,
                        "OPTIONS",
                        "/lines",
                        "Origin",
                        ORIGIN,
                        "Access-Control-Request-Method",
                        "POST",
                        "Access-Control-Request-Headers",
                        "content-type,range");
                assertEquals(204, preflight.statusCode());
                assertEquals(origins, header(preflight, ALLOWED));
                assertEquals("GET, HEAD, POST, OPTIONS", header(preflight, "access-control-allow-methods"));
                assertEquals("*", header(preflight, "access-control-allow-headers"));
                assertEquals("3600", header(preflight, "access-control-max-age"));
                HttpResponse<String> noPreflight = send(version, port, "OPTIONS", "/lines", "Origin", ORIGIN);
                assertEquals(405, noPreflight.statusCode());
            });
        }
    }

    /** One answer for everybody, so that caches need not tell origins apart. */
    @Test
    void aWildcardIsOnEveryAnswer() throws Exception {
        serve("*", port -> {
            for (HttpClient.Version version : HttpClient.Version.values()) {
                HttpResponse<String> response = send(version, port, "GET", "/lines/1");
                assertEquals("*", header(response, ALLOWED));
                assertEquals("Accept", header(response, "vary"));
            }
        });
    }

    @Test
    void withoutTheSettingNothingIsAllowed() throws Exception {
        serve("", port -> {
            HttpResponse<String> response =
                    send(HttpClient.Version.HTTP_1_1, port, "GET", "/lines/1", "Origin", ORIGIN);
            assertEquals("", header(response, ALLOWED));
            assertEquals("Accept", header(response, "vary"));
            HttpResponse<String> preflight = send(
                    HttpClient.Version.HTTP_1_1,
                    port,
                    "OPTIONS",
                    "/lines",
                    "Origin",
                    ORIGIN,
                    "Access-Control-Request-Method",
                    "GET");
            assertEquals(405, preflight.statusCode());
        });
    }
}
