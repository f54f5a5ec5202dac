package dev.lineserver.http.fastpath;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

import io.smallrye.config.EnvConfigSource;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfig;
import io.smallrye.config.SmallRyeConfigBuilder;
import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.http.ScriptedLines;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Everything that is not known to leave requests for lines alone turns the fast path off. */
final class FastPathTest {
    private static final Vertx VERTX = Vertx.vertx();

    private final Router router = Router.router(VERTX);

    FastPathTest() throws Exception {
        try (ScriptedLines lines = new ScriptedLines()) {
            lines.components.register(router);
        }
    }

    private static SmallRyeConfigBuilder settings(String... names) {
        Map<String, String> values = new HashMap<>();
        values.put("quarkus.micrometer.binder.http-server.enabled", "false");
        for (String name : names) {
            values.put(name, "true");
        }
        return new SmallRyeConfigBuilder().withSources(new PropertiesConfigSource(values, "settings", 250));
    }

    private Optional<String> reasonToDisable(SmallRyeConfig config) {
        return FastPath.findReasonToDisable(config, router.getRoutes(), false);
    }

    @Test
    void staysOnWithDefaultsAndHarmlessSettings() {
        SmallRyeConfig config = settings(
                        "quarkus.http.host",
                        "quarkus.http.port",
                        "quarkus.http.test-port",
                        "quarkus.http.io-threads",
                        "quarkus.http.idle-timeout",
                        "quarkus.http.limits.max-body-size",
                        "quarkus.http.limits.max-concurrent-streams",
                        "line-server.http.fast-path",
                        "quarkus.log.level")
                .withDefaultValue("line-server.access-log", "none")
                .withDefaultValue("quarkus.http.cors.enabled", "false")
                .withSources(
                        new EnvConfigSource(Map.of("QUARKUS_HTTP_PORT", "1", "QUARKUS_HTTP_IDLE_TIMEOUT", "1s"), 300))
                .build();
        assertEquals(Optional.empty(), reasonToDisable(config));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "quarkus.http.access-log.enabled",
                "quarkus.http.auth.basic",
                "quarkus.http.auth.permission.all.policy",
                "quarkus.http.body.handle-file-uploads",
                "quarkus.http.cors.enabled",
                "quarkus.http.domain-socket-enabled",
                "quarkus.http.enable-compression",
                "quarkus.http.enable-decompression",
                "quarkus.http.filter.\"f\".matches",
                "quarkus.http.header.\"X\".value",
                "quarkus.http.http2",
                "quarkus.http.insecure-requests",
                "quarkus.http.limits.max-connections",
                "quarkus.http.limits.max-header-size",
                "quarkus.http.limits.max-initial-line-length",
                "quarkus.http.proxy.proxy-address-forwarding",
                "quarkus.http.proxy.use-proxy-protocol",
                "quarkus.http.record-request-start-time",
                "quarkus.http.root-path",
                "quarkus.http.same-site-cookie.\"c\".value",
                "quarkus.http.ssl.client-auth",
                "quarkus.http.tls-configuration-name",
                "quarkus.http.traffic-shaping.enabled",
                "quarkus.http.some-setting-of-a-later-release",
                "quarkus.http.portx"
            })
    void everyOtherHttpSettingTurnsItOff(String name) {
        assertEquals(Optional.of(name), reasonToDisable(settings(name).build()));
        String variable = name.replaceAll("[^a-z0-9]", "_").toUpperCase(java.util.Locale.ROOT);
        SmallRyeConfig environment = settings()
                .withSources(new EnvConfigSource(Map.of(variable, "true"), 300))
                .build();
        assertTrue(reasonToDisable(environment).isPresent(), variable);
    }

    /** Build-time settings always have a value. Those that apply to requests add a route, except for these. */
    @ParameterizedTest
    @CsvSource({
        "quarkus.http.static-dir.enabled, true, false",
        "quarkus.http.root-path, /, false",
        "quarkus.http.root-path, /app, true",
        "quarkus.http.enable-compression, false, false",
        "quarkus.http.enable-compression, true, true",
        "quarkus.http.enable-decompression, true, true"
    })
    void buildTimeSettingsCountByTheirValue(String name, String value, boolean off) {
        SmallRyeConfig config = settings()
                .withSources(new PropertiesConfigSource(Map.of(name, value), "fixed", Integer.MAX_VALUE))
                .build();
        assertEquals(off, reasonToDisable(config).isPresent());
    }

    @Test
    void itsSettingAndRequestMetricsTurnItOff() {
        for (Map<String, String> values : List.of(
                Map.of("line-server.http.fast-path", "false"),
                Map.of("line-server.http.cors-origins", "https://example.org"),
                Map.of("line-server.http.api-keys", "/etc/line-server/keys"),
                Map.of("line-server.http.rate-limit", "100/s"),
                Map.of("line-server.access-log", "common"),
                Map.of("line-server.traces", "http://localhost:4318/v1/traces"),
                Map.of("quarkus.micrometer.binder.http-server.enabled", "true"))) {
            SmallRyeConfig config = settings()
                    .withSources(new PropertiesConfigSource(values, "more", 400))
                    .build();
            assertEquals(values.keySet().stream().findFirst(), reasonToDisable(config));
        }
    }

    @Test
    void staysOnIfMcpIsOn() throws Exception {
        Router routes = Router.router(VERTX);
        try (ScriptedLines lines = new ScriptedLines(Duration.ofSeconds(30), Map.of("line-server.http.mcp", "true"))) {
            lines.components.register(routes);
        }
        assertTrue(routes.getRoutes().stream().anyMatch(route -> "/mcp".equals(route.getPath())));
        assertEquals(Optional.empty(), FastPath.findReasonToDisable(settings().build(), routes.getRoutes(), false));
    }

    /** Lines are answered on the main port as before. */
    @Test
    void staysOnIfThereIsAManagementPort() throws Exception {
        Router routes = Router.router(VERTX);
        try (ScriptedLines lines =
                new ScriptedLines(Duration.ofSeconds(30), Map.of("line-server.management-port", "0"))) {
            lines.components.register(routes);
        }
        assertEquals(Optional.empty(), FastPath.findReasonToDisable(settings().build(), routes.getRoutes(), false));
    }

    @Test
    void tracingTurnsItOff() {
        assertEquals(
                Optional.of("tracing"), FastPath.findReasonToDisable(settings().build(), router.getRoutes(), true));
    }

    /** Security, CORS and every {@code Filters} observer or {@code @RouteFilter} is a route with a low order. */
    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -300, -200, -4})
    void aRouteBeforeTheLineRoutesTurnsItOff(int order) {
        router.route().order(order).handler(routing -> routing.next());
        assertTrue(reasonToDisable(settings().build()).orElse("").startsWith("a route or filter in front"));
    }

    @Test
    void aRouteAfterTheLineRoutesDoesNot() {
        router.route().order(-2).handler(routing -> routing.next());
        router.route("/q/*").handler(routing -> routing.next());
        assertEquals(Optional.empty(), reasonToDisable(settings().build()));
    }

    /** A management port is served by the same event loops, and its answers must come from its own routes. */
    @Test
    void itAnswersLinesOfTheMainPortOnly() throws Exception {
        try (ScriptedLines lines = new ScriptedLines()) {
            lines.answer(index -> ScriptedLines.found("line " + index));
            int main = listen();
            int other = listen();
            FastPathInstaller.install(lines.components, VERTX, router, main);
            assertTrue(get(main).endsWith("line 2"));
            assertTrue(get(other).endsWith("the router"));
        }
    }

    /** Netty adapts its read buffer to the last reads. A head that comes in two reads would go to the router. */
    @Test
    void aLongHeadAfterShortOnesIsAnswered() throws Exception {
        try (ScriptedLines lines = new ScriptedLines()) {
            lines.answer(_ -> ScriptedLines.found("the fast path"));
            int port = listen();
            FastPathInstaller.install(lines.components, VERTX, router, port);
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setSoTimeout(30_000);
                BufferedReader answers =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
                for (int length = 0; length < 1_500; length += 50) {
                    for (int i = 0; i < 10; i++) {
                        assertEquals("the fast path", exchange(socket, answers, ""));
                    }
                    assertEquals("the fast path", exchange(socket, answers, "X: " + "x".repeat(length) + "\r\n"));
                }
            }
        }
    }

    private static String exchange(Socket socket, BufferedReader answers, String headers) throws IOException {
        String request = "GET /lines/3 HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        int length = 0;
        for (String line = answers.readLine(); !line.isEmpty(); line = answers.readLine()) {
            if (line.startsWith("content-length: ")) {
                length = Integer.parseInt(line.substring("content-length: ".length()));
            }
        }
        char[] body = new char[length];
        for (int i = 0; i < length; i++) {
            body[i] = (char) answers.read();
        }
        return new String(body);
    }

    /** Starts a server whose router answers every request alike, and returns its port. */
    private static int listen() throws Exception {
        return VERTX.createHttpServer()
                .requestHandler(request -> request.response().end("the router"))
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS)
                .actualPort();
    }

    private static String get(int port) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(30_000);
            String request = "GET /lines/3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }
}
