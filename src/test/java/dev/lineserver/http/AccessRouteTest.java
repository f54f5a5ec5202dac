package dev.lineserver.http;

import java.io.IOException;
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
import java.util.List;
import java.util.Map;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.http.HttpServerOptions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import dev.lineserver.http.access.ApiKey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A server with keys. {@link KeyedApplicationTest} tries every path of the application. */
final class AccessRouteTest {
    private static final ApiKey ALL = ApiKey.generate();
    private static final ApiKey DEFAULT = ApiKey.generate();
    private static final ApiKey OTHER = ApiKey.generate();

    @TempDir
    Path directory;

    private ScriptedLines lines;
    private PlainServer server;
    private Path file;

    @BeforeEach
    void start() throws Exception {
        file = Files.writeString(
                directory.resolve("keys"),
                String.join(
                        "\n",
                        ALL.fileLine("all", "*"),
                        DEFAULT.fileLine("default", "default"),
                        OTHER.fileLine("other", "other")));
        lines = new ScriptedLines(
                Duration.ofSeconds(30),
                Map.of(
                        "line-server.http.api-keys",
                        file.toString(),
                        "line-server.http.mcp",
                        "true",
                        "line-server.http.cors-origins",
                        "https://a.example"));
        lines.answer(index -> ScriptedLines.found("line " + (index + 1)));
        server = new PlainServer(lines.components, false, new HttpServerOptions());
    }

    @AfterEach
    void stop() throws Exception {
        server.close();
        lines.close();
    }

    private HttpResponse<String> send(
            HttpClient.Version version, HttpRequest.Builder request, String path, String... headers) throws Exception {
        request.uri(URI.create("http://127.0.0.1:" + server.port() + path));
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        try (HttpClient client = HttpClient.newBuilder().version(version).build()) {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    private HttpResponse<String> get(HttpClient.Version version, String path, String... headers) throws Exception {
        return send(version, HttpRequest.newBuilder(), path, headers);
    }

    private static String header(HttpResponse<?> response, String name) {
        return String.join(", ", response.headers().allValues(name));
    }

    private static String bearer(ApiKey key) {
        return "Bearer " + key.text();
    }

    @ParameterizedTest
    @EnumSource
    void aKeyWithTheGrantReads(HttpClient.Version version) throws Exception {
        for (ApiKey key : List.of(ALL, DEFAULT)) {
            for (String path :
                    List.of("/lines/5", "/datasets/default/lines/5", "/datasets/default/versions/5/lines/5")) {
                HttpResponse<String> line = get(version, path, "Authorization", bearer(key));
                assertEquals(200, line.statusCode(), path);
                assertEquals("line 5", line.body());
                assertEquals("nosniff", header(line, "x-content-type-options"));
                assertFalse(
                        header(line, "cache-control").contains("public"), "a shared cache would give it to everybody");
            }
        }
        assertEquals(
                200,
                get(version, "/lines/5", "Authorization", "bEARER  " + ALL.text())
                        .statusCode());
    }

    @ParameterizedTest
    @EnumSource
    void withoutAKeyTheServerKnowsTheAnswerIs401(HttpClient.Version version) throws Exception {
        for (String path :
                List.of("/lines/5", "/lines", "/datasets/default/lines/5", "/datasets/none", "/nowhere", "/lines/x")) {
            HttpResponse<String> none = get(version, path);
            assertEquals(401, none.statusCode(), path);
            assertEquals("Bearer realm=\"line-server\"", header(none, "www-authenticate"));
            assertEquals("application/problem+json", header(none, "content-type"));
            assertEquals("no-store", header(none, "cache-control"));
            assertTrue(none.body().contains("/problems/key-needed"), none.body());
            for (String credentials : List.of(
                    bearer(ApiKey.generate()),
                    "Bearer",
                    "Bearer ",
                    ALL.text(),
                    "Basic " + ALL.text(),
                    "Bearer " + ALL.text() + ",x",
                    "Bearer x " + ALL.text())) {
                HttpResponse<String> wrong = get(version, path, "Authorization", credentials);
                assertEquals(401, wrong.statusCode(), credentials);
                assertTrue(header(wrong, "www-authenticate").endsWith("error=\"invalid_token\""));
                assertFalse((wrong.body() + wrong.headers()).contains("lsk_"), "the answer repeats a secret");
            }
        }
    }

    /** Otherwise a proxy could check one of them, and the server use the other one. */
    @Test
    void severalCredentialsAreNone() throws Exception {
        String head = "GET /lines/5 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
        String one = "Authorization: " + bearer(ALL) + "\r\n";
        assertTrue(exchange(head + one + "\r\n").startsWith("HTTP/1.1 200 "));
        assertTrue(exchange(head + one + one + "\r\n").startsWith("HTTP/1.1 401 "));
        assertTrue(exchange(head + one + "Authorization: Bearer x\r\n\r\n").startsWith("HTTP/1.1 401 "));
    }

    private String exchange(String requests) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(requests.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    /** The key of one request says nothing about the next one of the same connection. */
    @Test
    void eachRequestOfAConnectionNeedsItsKey() throws Exception {
        String with = "GET /lines/5 HTTP/1.1\r\nHost: x\r\nAuthorization: " + bearer(ALL) + "\r\n";
        String without = "GET /lines/5 HTTP/1.1\r\nHost: x\r\n";
        String post = "POST /lines HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
                + NumbersBody.MAX_BYTES + "\r\n\r\n{\"numbers\":[5]}" + " ".repeat(NumbersBody.MAX_BYTES - 15);
        String answers = exchange(
                with + "\r\n" + without + "\r\n" + post + with + "\r\n" + without + "Connection: close\r\n\r\n");
        List<String> statuses = List.of(answers.split("HTTP/1.1 ", -1)).stream()
                .skip(1)
                .map(answer -> answer.substring(0, 3))
                .toList();
        assertEquals(List.of("200", "401", "401", "200", "401"), statuses, answers);
    }

    /** A refusal must not tell which datasets there are: it is the same for each name but the name itself. */
    @ParameterizedTest
    @EnumSource
    void aRefusalDoesNotDependOnTheDatasetsThereAre(HttpClient.Version version) throws Exception {
        for (String rest :
                List.of("", "/lines/5", "/lines", "/versions", "/versions/7", "/versions/99/lines/5", "/x")) {
            String[] key = {"Authorization", bearer(OTHER)};
            HttpResponse<String> existing = get(version, "/datasets/default" + rest, key);
            HttpResponse<String> missing = get(version, "/datasets/missing" + rest, key);
            assertEquals(403, existing.statusCode(), rest);
            assertEquals(existing.body().replace("default", "missing"), missing.body());
            assertEquals(header(existing, "content-length"), header(missing, "content-length"));
        }
        HttpResponse<String> line = get(version, "/lines/5", "Authorization", bearer(OTHER));
        assertEquals(403, line.statusCode());
        assertTrue(line.body().contains("/problems/not-granted"), line.body());
        // The grant of a dataset that does not exist is no error, and so is that it does not exist.
        assertEquals(
                404,
                get(version, "/datasets/other/lines/5", "Authorization", bearer(OTHER))
                        .statusCode());
    }

    private String call(ApiKey key, String tool, String arguments) throws Exception {
        String message = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"" + tool
                + "\",\"arguments\":" + arguments + "}}";
        HttpRequest.Builder request = HttpRequest.newBuilder().POST(HttpRequest.BodyPublishers.ofString(message));
        HttpResponse<String> answer = send(
                HttpClient.Version.HTTP_1_1,
                request,
                "/mcp",
                "Authorization",
                bearer(key),
                "Content-Type",
                "application/json");
        assertEquals(200, answer.statusCode(), answer.body());
        return answer.body();
    }

    @Test
    void theToolsOfLanguageModelsReadWhatTheKeyGrants() throws Exception {
        assertTrue(call(DEFAULT, "read_lines", "{\"count\":1}").contains("line 1"));
        assertTrue(call(ALL, "stat", "{}").contains("longest"));
        for (String arguments : List.of("{}", "{\"dataset\":\"default\"}")) {
            for (String tool : List.of("read_lines", "sample")) {
                String refused = call(OTHER, tool, arguments);
                assertTrue(refused.contains("does not grant dataset default"), refused);
            }
        }
        String named = call(OTHER, "stat", "{\"dataset\":\"default\"}");
        assertEquals(named, call(OTHER, "stat", "{\"dataset\":\"missing\"}").replace("missing", "default"));
        assertTrue(call(OTHER, "stat", "{}").contains("\\\"datasets\\\":[]"), "no dataset is listed");
        assertEquals(401, get(HttpClient.Version.HTTP_1_1, "/mcp").statusCode());
    }

    /** If the route were passed by, nothing would be readable. */
    @Test
    void aRequestThatTheRouteHasNotSeenReadsNothing() {
        assertFalse(lines.components.access.mayRead(HttpComponents.ROUTING, "default"));
        DatasetResource resource = new DatasetResource(lines.components.datasets, lines.components.access);
        assertEquals(List.of(), resource.all(HttpComponents.ROUTING).datasets());
    }

    @Test
    void aRevokedKeyIsRefusedWithoutARestart() throws Exception {
        HttpClient.Version version = HttpClient.Version.HTTP_1_1;
        lines.components.access.start(new StartupEvent());
        try {
            Files.writeString(file, ALL.fileLine("all", "*"));
            Awaitility.await()
                    .until(() -> get(version, "/lines/5", "Authorization", bearer(DEFAULT))
                                    .statusCode()
                            == 401);
        } finally {
            lines.components.access.stop(new ShutdownEvent());
        }
    }

    @Test
    void aChangeOfTheFileIsFollowedAndABrokenFileIsCounted() throws Exception {
        HttpClient.Version version = HttpClient.Version.HTTP_1_1;
        Files.writeString(file, ALL.fileLine("all", "*"));
        lines.components.access.check();
        assertEquals(
                401, get(version, "/lines/5", "Authorization", bearer(DEFAULT)).statusCode());
        assertEquals(200, get(version, "/lines/5", "Authorization", bearer(ALL)).statusCode());
        Files.writeString(file, "all");
        lines.components.access.check();
        assertEquals(1, lines.components.value("line_server_api_keys_check_failures"));
        assertEquals(200, get(version, "/lines/5", "Authorization", bearer(ALL)).statusCode());
    }

    @Test
    void theChecksGoOnAfterAnErrorOfOneOfThem() {
        try (CapturedLog log = new CapturedLog(AccessRoute.class.getName())) {
            for (int i = 0; i < 2; i++) {
                lines.components.access.check(() -> {
                    throw new OutOfMemoryError("scripted");
                });
            }
            assertEquals(1, log.messages.size(), log.messages.toString());
        }
        assertEquals(2, lines.components.value("line_server_api_keys_check_failures"));
    }

    /** A page sends the key itself, so that it must be able to name the header, and to read a refusal. */
    @Test
    void aPageOfAConfiguredOriginCanSendAKeyAndReadARefusal() throws Exception {
        HttpClient.Version version = HttpClient.Version.HTTP_1_1;
        HttpResponse<String> preflight = send(
                version,
                HttpRequest.newBuilder().method("OPTIONS", HttpRequest.BodyPublishers.noBody()),
                "/lines/5",
                "Origin",
                "https://a.example",
                "Access-Control-Request-Method",
                "GET",
                "Access-Control-Request-Headers",
                "authorization");
        assertEquals(204, preflight.statusCode());
        assertEquals("*, Authorization", header(preflight, "access-control-allow-headers"));
        HttpResponse<String> refusal = get(version, "/lines/5", "Origin", "https://a.example");
        assertEquals(401, refusal.statusCode());
        assertEquals("https://a.example", header(refusal, "access-control-allow-origin"));
        assertEquals(
                401,
                send(
                                version,
                                HttpRequest.newBuilder().method("OPTIONS", HttpRequest.BodyPublishers.noBody()),
                                "/lines/5")
                        .statusCode());
    }
}
