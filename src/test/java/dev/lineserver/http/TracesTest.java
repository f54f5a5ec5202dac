package dev.lineserver.http;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.sun.net.httpserver.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import dev.lineserver.http.access.ApiKey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Traces as a collector receives them: the bytes of protobuf, in which texts and ids are contained as they are. */
final class TracesTest {
    private static final String TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String PARENT_ID = "00f067aa0ba902b7";
    private static final String RECORDED = "traceparent: 00-" + TRACE_ID + "-" + PARENT_ID + "-01\r\n";
    private static final String NOT_RECORDED = "traceparent: 00-" + TRACE_ID + "-" + PARENT_ID + "-00\r\n";

    private final List<String> exported = new CopyOnWriteArrayList<>();
    private final HttpServer collector;

    TracesTest() throws IOException {
        collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        collector.createContext("/v1/traces", exchange -> {
            byte[] body = exchange.getRequestBody().readAllBytes();
            if (exchange.getRequestMethod().equals("POST")
                    && "application/x-protobuf"
                            .equals(exchange.getRequestHeaders().getFirst("content-type"))) {
                exported.add(new String(body, StandardCharsets.ISO_8859_1));
            }
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        collector.start();
    }

    /** The first export loads many classes, for which a busy machine may need longer than the end of {@link Traces} waits. */
    @BeforeAll
    static void awaitAnExport() throws Exception {
        TracesTest first = new TracesTest();
        try {
            Awaitility.await()
                    .atMost(Duration.ofMinutes(3))
                    .until(() -> first.trace("1", "GET /lines/7")[0].contains("GET /lines/{n}"));
        } finally {
            first.stop();
        }
    }

    @AfterEach
    void stop() {
        collector.stop(0);
    }

    /** Sends requests one after the other, and returns all that the collector has received, and the access log. */
    private String[] trace(String ratio, String... requests) throws Exception {
        String url = "http://127.0.0.1:" + collector.getAddress().getPort() + "/v1/traces";
        return traceTo(url, ratio, requests);
    }

    private String[] traceTo(String url, String ratio, String... requests) throws Exception {
        Map<String, String> settings =
                Map.of("line-server.traces", url, "line-server.trace-ratio", ratio, "line-server.access-log", "common");
        try (ScriptedLines lines = new ScriptedLines(Duration.ofSeconds(30), settings)) {
            lines.answer(_ -> ScriptedLines.found("seven b"));
            try (PlainServer server = new PlainServer(lines.components, false, new HttpServerOptions())) {
                for (String request : requests) {
                    assertTrue(server.exchange(request).length > 0);
                }
            }
            lines.components.traces.close();
            lines.components.accessLog.close();
            return new String[] {
                String.join("", exported), lines.components.accessLines.toString(StandardCharsets.UTF_8)
            };
        }
    }

    private static String bytesOf(String hexadecimal) {
        return new String(HexFormat.of().parseHex(hexadecimal), StandardCharsets.ISO_8859_1);
    }

    private static int count(String text, String part) {
        return (int)
                Pattern.compile(Pattern.quote(part)).matcher(text).results().count();
    }

    @Test
    void aRequestContinuesTheTraceOfItsClient() throws Exception {
        String spans = trace("0", "GET /lines/7\n" + RECORDED)[0];
        for (String part : List.of(
                bytesOf(TRACE_ID),
                bytesOf(PARENT_ID),
                "GET /lines/{n}",
                "http.route",
                "/lines/7",
                "client.address",
                Traces.HEAD_WRITTEN,
                "line-server")) {
            assertTrue(spans.contains(part), part);
        }
        assertFalse(spans.contains("error.type"), spans);
        String key = ApiKey.generate().text();
        spans = trace("1", "GET /lines/" + key)[0];
        assertTrue(spans.contains("/lines/lsk_***"), spans);
        assertFalse(spans.contains(key), spans);
    }

    @Test
    void theClientDecidesWhetherItsRequestIsRecordedAndTheRatioDecidesForOthers() throws Exception {
        assertEquals("", trace("1", "GET /lines/7\n" + NOT_RECORDED)[0]);
        assertEquals("", trace("0", "GET /lines/7")[0]);
        assertEquals(1, count(trace("1", "GET /lines/7")[0], "GET /lines/{n}"));
    }

    @Test
    void theLogsNameTheTrace() throws Exception {
        String[] traced = trace("1", "GET /lines/7");
        Matcher line = Pattern.compile(" ([0-9a-f]{32})\n").matcher(traced[1]);
        assertTrue(line.find(), traced[1]);
        assertTrue(traced[0].contains(bytesOf(line.group(1))));
    }

    @Test
    void whatClientsSendIsNoNameOfASpan() throws Exception {
        String spans = trace("1", "GET /secret/77", "BREW /lines/7", "GET /lines/x")[0];
        assertEquals(0, count(spans, "GET /secret"));
        assertEquals(0, count(spans, "BREW"));
        assertEquals(1, count(spans, "/secret/77"), "the path is an attribute");
        assertEquals(1, count(spans, "GET /lines/{n}"));
    }

    @Test
    void aCollectorThatDoesNotAnswerHoldsUpNothing() throws Exception {
        collector.stop(0);
        String url = "http://127.0.0.1:" + collector.getAddress().getPort() + "/v1/traces";
        String log = traceTo(url, "1", "GET /lines/7", "GET /lines/8")[1];
        assertEquals(2, count(log, "\" 200 7 "), log);
    }
}
