package dev.lineserver.http;

import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.json.JsonObject;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.http.access.ApiKey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The access log of a server without the fast path, which an access log turns off. */
final class AccessLogTest {
    private static final String TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String TRACE_PARENT = "traceparent: 00-" + TRACE_ID + "-00f067aa0ba902b7-01\r\n";
    private static final String TIME = "\\[\\d\\d/[A-Z][a-z]{2}/20\\d\\d:\\d\\d:\\d\\d:\\d\\d [+-]\\d{4}]";

    private ScriptedLines lines = new ScriptedLines();

    AccessLogTest() throws Exception {}

    @AfterEach
    void close() {
        lines.close();
    }

    /** Sends requests, and returns the lines of the log. */
    private List<String> log(String format, String... requests) throws Exception {
        lines.close();
        lines = new ScriptedLines(Duration.ofSeconds(30), Map.of("line-server.access-log", format));
        lines.answer(_ -> ScriptedLines.found("seven b"));
        try (PlainServer server = new PlainServer(lines.components, false, new HttpServerOptions())) {
            for (String request : requests) {
                byte[] _ = server.exchange(request);
            }
            Awaitility.await().until(() -> written().size() == requests.length);
        }
        return written();
    }

    private List<String> written() {
        return lines.components
                .accessLines
                .toString(StandardCharsets.UTF_8)
                .lines()
                .toList();
    }

    private static void assertMatches(String pattern, String line) {
        assertTrue(Pattern.matches(pattern, line), line);
    }

    @Test
    void theCommonFormatHasOneLineForEachAnswer() throws Exception {
        List<String> log =
                log("common", "GET /lines/5?x=1", "HEAD /lines/5", "GET /lines/5000000000000000000000", "GET /x");
        String client = "127\\.0\\.0\\.1 - - " + TIME;
        assertMatches(client + " \"GET /lines/5\\?x=1 HTTP/1\\.1\" 200 7", log.get(0));
        assertMatches(client + " \"HEAD /lines/5 HTTP/1\\.1\" 200 -", log.get(1));
        assertMatches(client + " \"GET /x HTTP/1\\.1\" 404 \\d+", log.get(3));
    }

    @Test
    void theCombinedFormatHasReferrerAgentAndTrace() throws Exception {
        List<String> log = log(
                "combined",
                "GET /lines/5\nReferer: http://a/\r\nUser-Agent: curl/8\r\n" + TRACE_PARENT,
                "GET /lines/5");
        assertMatches(".*\" 200 7 \"http://a/\" \"curl/8\" " + TRACE_ID, log.get(0));
        assertMatches(".*\" 200 7 \"-\" \"-\"", log.get(1));
    }

    @Test
    void jsonHasAllMembers() throws Exception {
        JsonObject json = new JsonObject(log("json", "GET /lines/5\nUser-Agent: a \"b\" \\\r\n" + TRACE_PARENT)
                .getFirst());
        assertTrue(Duration.between(json.getInstant("time"), Instant.now()).toSeconds() < 60, json::encode);
        assertEquals("127.0.0.1", json.getString("client"));
        assertEquals("GET", json.getString("method"));
        assertEquals("/lines/5", json.getString("target"));
        assertEquals("HTTP/1.1", json.getString("protocol"));
        assertEquals(200, json.getInteger("status"));
        assertEquals(7, json.getInteger("bytes"));
        double seconds = json.getDouble("seconds");
        assertTrue(seconds > 0 && seconds < 60, json::encode);
        assertEquals("a \"b\" \\", json.getString("userAgent"));
        assertEquals(TRACE_ID, json.getString("traceId"));
        assertNull(json.getString("referer"));
    }

    /** Returns a request with this target, which is also its referrer and user agent. */
    private static HttpServerRequest requestFor(String target) {
        HttpServerResponse response = ScriptedLines.proxy(HttpServerResponse.class, (_, _, _) -> 7L);
        return ScriptedLines.proxy(HttpServerRequest.class, (_, method, _) -> switch (method.getName()) {
            case "method" -> HttpMethod.GET;
            case "uri", "getHeader" -> target;
            case "version" -> HttpVersion.HTTP_2;
            case "response" -> response;
            default -> null;
        });
    }

    private static String written(ServeConfig.AccessLogFormat format, String target) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        AccessLog log = new AccessLog(format, new SimpleMeterRegistry(), out);
        log.log(requestFor(target), 200, 1);
        log.close();
        return out.toString(StandardCharsets.UTF_8);
    }

    /** The text that Netty makes of these bytes: each is one character. */
    private static String characters(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static String characters(String utf8) {
        return characters(utf8.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void jsonShowsUtf8AsTextAndEscapesOtherBytes() throws Exception {
        String name = "/lines/5?q=é€\uD83D\uDE00";
        JsonObject json = new JsonObject(log(
                        "json",
                        "GET " + characters(name) + "\nReferer: \u00e9t\u00e9\r\nUser-Agent: " + characters("naïve")
                                + "\r\n")
                .getFirst());
        assertEquals(name, json.getString("target"));
        assertEquals("\\xe9t\\xe9", json.getString("referer"));
        assertEquals("naïve", json.getString("userAgent"));
        // The escape sequence of a terminal, and a character that reverses the direction of the text.
        json = new JsonObject(written(ServeConfig.AccessLogFormat.JSON, characters("\u009b31m\u202e")));
        assertEquals("\\u009b31m\\u202e", json.getString("target"));
    }

    /** The log has each byte of a request: undoing the escapes gives them back. */
    @Test
    void jsonLosesNoByte() {
        Pattern escape = Pattern.compile("\\\\x([0-9a-f]{2})|\\\\u([0-9a-f]{4,6})");
        Random random = new Random(21);
        for (int i = 0; i < 500; i++) {
            ByteArrayOutputStream sent = new ByteArrayOutputStream();
            for (int piece = random.nextInt(6); piece >= 0; piece--) {
                sent.writeBytes(
                        "/é€\uD83D\uDE00\u0085".substring(random.nextInt(3)).getBytes(StandardCharsets.UTF_8));
                sent.write(0x80 + random.nextInt(0x80));
            }
            String target = new JsonObject(written(ServeConfig.AccessLogFormat.JSON, characters(sent.toByteArray())))
                    .getString("target");
            String logged = escape.matcher(characters(target))
                    .replaceAll(found -> found.group(1) == null
                            ? characters(Character.toString(Integer.parseInt(found.group(2), 16)))
                            : Character.toString(Integer.parseInt(found.group(1), 16)));
            assertEquals(characters(sent.toByteArray()), logged, target);
        }
    }

    /**
     * Neither a field nor a line can be forged: not by quotes, and not by the escape sequences of a terminal. The decoder
     * refuses most of these characters; the log does not rely on it.
     */
    @ParameterizedTest
    @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void textOfClientsIsEscaped(ServeConfig.AccessLogFormat format) {
        String written = written(format, "x\" 200 1 \"\\ \t\r\n \u001b \u007f \u009b31m \u2028");
        assertTrue(written.endsWith("\n"), written);
        String line = written.substring(0, written.length() - 1);
        assertTrue(line.chars().allMatch(c -> c >= ' ' && c <= '~'), line);
        if (format == ServeConfig.AccessLogFormat.JSON) {
            JsonObject json = new JsonObject(line);
            assertTrue(json.getString("target").startsWith("x\" 200 1 \"\\ "), line);
            assertEquals(json.getString("target"), json.getString("userAgent"));
        } else {
            String withoutEscapes = line.replace("\\\\", "").replace("\\\"", "");
            assertEquals(
                    format == ServeConfig.AccessLogFormat.COMMON ? 2 : 6,
                    withoutEscapes.chars().filter(c -> c == '"').count(),
                    line);
        }
    }

    /** A key belongs into a header, but some clients put it elsewhere. */
    @ParameterizedTest
    @EnumSource(names = "NONE", mode = EnumSource.Mode.EXCLUDE)
    void aKeyInTheWrongPlaceIsHidden(ServeConfig.AccessLogFormat format) throws Exception {
        String key = ApiKey.generate().text();
        String line = log(
                        format.name().toLowerCase(Locale.ROOT),
                        "GET /lines/5?access_token=" + key + "&x=1\nReferer: http://a/?key=" + key + "\r\nUser-Agent: "
                                + key + "\r\n")
                .getFirst();
        assertFalse(line.contains(key.substring(4, 20)), line);
        assertTrue(
                line.contains("GET /lines/5?access_token=lsk_***&x=1")
                        || line.contains("\"/lines/5?access_token=lsk_***&x=1\""),
                line);
        for (String changed : List.of(
                key.substring(0, 30),
                key + "xyz",
                key.replace("lsk_", "lsk%5F"),
                key.substring(0, 9) + "%41" + key.substring(10))) {
            assertEquals("a=lsk_***&b", ApiKey.mask("a=" + changed + "&b"));
        }
        assertEquals("/lines/5?masks=lsk", ApiKey.mask("/lines/5?masks=lsk"));
        Problem problem = Problem.notAVersionNumber(key);
        assertFalse(problem.detail().contains(key.substring(4, 20)), problem.detail());
    }

    @ParameterizedTest
    @CsvSource({
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01, true",
        "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what-the-future-brings, true",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01, false",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01, false",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01, false",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01, false",
        "00-4bf92f35-00f067aa0ba902b7-01, false",
        "x, false"
    })
    void onlyAValidTraceIdIsLogged(String header, boolean valid) throws Exception {
        String line =
                log("common", "GET /lines/5\ntraceparent: " + header + "\r\n").getFirst();
        assertEquals(valid, line.endsWith(" 200 7 " + TRACE_ID), line);
        assertEquals(!valid, line.endsWith(" 200 7"), line);
    }

    @Test
    void withoutTheSettingThereIsNoLog() throws Exception {
        assertEquals(List.of(), log("none"));
        // The thread of a test before may still be ending.
        Awaitility.await()
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().equals("access-log")));
    }

    @Test
    void aReaderThatIsTooSlowLosesLinesAndDelaysNobody() {
        CountDownLatch reading = new CountDownLatch(1);
        AccessLogWriter writer = new AccessLogWriter(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                try {
                    reading.await();
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        });
        String line = "x".repeat(1 << 20);
        for (int i = 0; i < AccessLogWriter.MAX_QUEUED_CHARS >> 20; i++) {
            assertTrue(writer.write(line));
        }
        String longest = "x".repeat(AccessLogWriter.MAX_QUEUED_CHARS);
        assertFalse(writer.write(longest));
        reading.countDown();
        Awaitility.await().until(() -> writer.write(longest));
        writer.close();
    }

    @Test
    void eachLineIsFlushed() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        AccessLogWriter writer = new AccessLogWriter(new BufferedOutputStream(out));
        assertTrue(writer.write("a"));
        Awaitility.await().until(() -> out.size() == 2);
        writer.close();
    }

    /** Nothing empties the queue of a log that cannot be written, which has room for three of these lines. */
    @Test
    void lostLinesAreCounted() throws Exception {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        OutputStream closed = OutputStream.nullOutputStream();
        closed.close();
        AccessLog log = new AccessLog(ServeConfig.AccessLogFormat.COMMON, registry, closed);
        for (int i = 0; i < 5; i++) {
            log.log(requestFor("x".repeat(1 << 20)), 200, 1);
        }
        log.close();
        assertEquals(2, registry.get("line_server_access_log_dropped").counter().count());
    }

    @Test
    void aFullStandardOutputEndsTheLogWithOneLine() {
        try (CapturedLog log = new CapturedLog("dev.lineserver.http")) {
            AccessLogWriter writer = new AccessLogWriter(new OutputStream() {
                @Override
                public void write(int b) throws IOException {
                    throw new IOException("No space left on device");
                }
            });
            assertTrue(writer.write("line"));
            Awaitility.await().until(() -> !log.messages.isEmpty());
            writer.close();
            assertEquals(1, log.messages.size());
            assertTrue(
                    log.messages.getFirst().startsWith("the access log ends: cannot write standard output: "),
                    log.messages.getFirst());
        }
    }
}
