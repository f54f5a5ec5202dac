package dev.lineserver.http;

import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import dev.lineserver.http.access.ApiKey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A server that limits the requests of a client. */
final class RateLimitTest {
    @TempDir
    Path directory;

    private interface Check {
        void run(int port) throws Exception;
    }

    private static void serve(Map<String, String> settings, Check check) throws Exception {
        Map<String, String> all = new HashMap<>(settings);
        all.put("line-server.http.rate-limit", "3/h");
        try (ScriptedLines lines = new ScriptedLines(Duration.ofSeconds(30), all);
                PlainServer server =
                        new PlainServer(lines.components, false, new HttpServerOptions(), RateLimitTest::addProbe)) {
            lines.answer(_ -> ScriptedLines.found("a line"));
            check.run(server.port());
        }
    }

    private static void addProbe(Router router) {
        router.route("/q/health/ready").handler(routing -> routing.end("UP"));
    }

    private static HttpResponse<String> get(HttpClient.Version version, int port, String path, String... headers)
            throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        try (HttpClient client = HttpClient.newBuilder().version(version).build()) {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    private static String header(HttpResponse<?> response, String name) {
        return String.join(", ", response.headers().allValues(name));
    }

    @ParameterizedTest
    @EnumSource
    void requestsBeyondTheLimitAre429WithTheTimeToWait(HttpClient.Version version) throws Exception {
        serve(Map.of(), port -> {
            List<String> paths = List.of("/lines/1", "/lines?start=1&count=3", "/nowhere");
            for (int i = 0; i < paths.size(); i++) {
                HttpResponse<String> answer = get(version, port, paths.get(i));
                assertTrue(answer.statusCode() < 429, paths.get(i));
                assertEquals("\"requests\";q=3;w=3600", header(answer, "ratelimit-policy"));
                Matcher left = Pattern.compile("\"requests\";r=" + (2 - i) + ";t=(\\d+)")
                        .matcher(header(answer, "ratelimit"));
                assertTrue(left.matches(), header(answer, "ratelimit"));
                long untilFull = Long.parseLong(left.group(1));
                long atOnce = 1_200L * (i + 1);
                assertTrue(untilFull > atOnce - 100 && untilFull <= atOnce, untilFull + " s");
            }
            HttpResponse<String> refused = get(version, port, "/lines/1");
            assertEquals(429, refused.statusCode());
            assertEquals("application/problem+json", header(refused, "content-type"));
            assertTrue(refused.body().contains("/problems/too-many-requests"), refused.body());
            long wait = Long.parseLong(header(refused, "retry-after"));
            assertTrue(wait > 1_100 && wait <= 1_200, wait + " s");
            assertTrue(header(refused, "ratelimit").startsWith("\"requests\";r=0;t=3"), header(refused, "ratelimit"));
            for (int i = 0; i < 5; i++) {
                assertEquals(200, get(version, port, "/q/health/ready").statusCode(), "probes are not counted");
            }
        });
    }

    /** Other systems have no second address of the loopback interface. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void eachAddressHasALimitOfItsOwn() throws Exception {
        serve(Map.of(), port -> {
            for (String from : List.of("127.0.0.1", "127.0.0.2")) {
                for (int i = 0; i < 4; i++) {
                    try (Socket socket =
                            new Socket(InetAddress.getLoopbackAddress(), port, InetAddress.getByName(from), 0)) {
                        socket.setSoTimeout(30_000);
                        String request = "GET /lines/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
                        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                        String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                        assertTrue(answer.startsWith("HTTP/1.1 " + (i < 3 ? 200 : 429)), answer);
                    }
                }
            }
        });
    }

    /** A client with a key has its own limit, wherever it sends from; those without one share that of their address. */
    @Test
    void eachKeyHasALimitOfItsOwn() throws Exception {
        HttpClient.Version version = HttpClient.Version.HTTP_1_1;
        ApiKey web = ApiKey.generate();
        ApiKey next = ApiKey.generate();
        ApiKey other = ApiKey.generate();
        Path keys = Files.writeString(
                directory.resolve("keys"),
                web.fileLine("web", "*") + "\n" + next.fileLine("web", "*") + "\n" + other.fileLine("other", "*"));
        serve(Map.of("line-server.http.api-keys", keys.toString()), port -> {
            for (int i = 0; i < 3; i++) {
                assertEquals(
                        401,
                        get(version, port, "/lines/1", "Authorization", "Bearer x" + i)
                                .statusCode());
            }
            assertEquals(
                    429,
                    get(version, port, "/lines/1", "Authorization", "Bearer x").statusCode());
            assertEquals(429, get(version, port, "/").statusCode());
            for (ApiKey key : List.of(web, next, web)) {
                assertEquals(
                        200,
                        get(version, port, "/lines/1", "Authorization", "Bearer " + key.text())
                                .statusCode());
            }
            assertEquals(
                    429,
                    get(version, port, "/lines/1", "Authorization", "Bearer " + next.text())
                            .statusCode());
            assertEquals(
                    200,
                    get(version, port, "/lines/1", "Authorization", "Bearer " + other.text())
                            .statusCode());
        });
    }
}
