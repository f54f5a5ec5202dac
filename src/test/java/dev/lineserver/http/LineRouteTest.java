package dev.lineserver.http;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.LineRange;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The routes for lines over a real connection, with a scripted store. */
final class LineRouteTest {
    private static final int PART = 1 << 20;
    private static final String CLOSING_REQUEST = "GET /lines/3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    private static final Vertx VERTX = Vertx.vertx();

    private final ScriptedLines lines =
            new ScriptedLines(Duration.ofSeconds(30), Map.of("line-server.http.max-ranges", "1"));
    private final AtomicInteger connections = new AtomicInteger();
    private @Nullable HttpServer server;
    private int port;

    LineRouteTest() throws Exception {}

    @BeforeEach
    void listen() throws Exception {
        Router router = Router.router(VERTX);
        lines.components.register(router);
        server = VERTX.createHttpServer()
                .requestHandler(router)
                .connectionHandler(connection -> {
                    connections.incrementAndGet();
                    connection.closeHandler(_ -> connections.decrementAndGet());
                })
                .listen(0, "127.0.0.1")
                .toCompletionStage()
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
        port = Objects.requireNonNull(server).actualPort();
    }

    @AfterEach
    void stop() throws Exception {
        lines.close();
        Awaitility.await().untilAsserted(() -> {
            assertEquals(1, lines.closes.get(), "every request releases the version");
            assertEquals(0, lines.components.allocator.metric().usedDirectMemory(), "every block is released");
        });
        Objects.requireNonNull(server)
                .close()
                .toCompletionStage()
                .toCompletableFuture()
                .get(30, TimeUnit.SECONDS);
    }

    private String send(String request) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private String get(String path) throws IOException {
        return get(path, "");
    }

    private String get(String path, String headers) throws IOException {
        return send("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers + "\r\n");
    }

    private static void assertProblem(String answer, int status, String type, String detail) {
        assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
        assertTrue(answer.contains("application/problem+json"), answer);
        assertTrue(answer.contains("\"type\":\"/problems/" + type + "\""), answer);
        assertTrue(answer.contains(detail), answer);
    }

    @Test
    void aDamagedLineIs500NamingItAndCounted() throws Exception {
        lines.answer(_ -> CompletableFuture.completedFuture(new Lookup.Damaged("its bytes are gone")));
        String answer = get("/lines/3");
        assertProblem(answer, 500, "line-damaged", "Line 3 of dataset default version 7: its bytes are gone");
        assertTrue(answer.contains("\"line\":3") && answer.contains("\"version\":7"), answer);
        assertEquals(1, lines.components.value("line_server_lines_damaged"));
    }

    /** Any client could fill the log otherwise. */
    @Test
    void aDamagedLineThatManyRequestsReadIsLoggedOnceASecond() throws Exception {
        lines.answer(_ -> CompletableFuture.completedFuture(new Lookup.Damaged("its bytes are gone")));
        CapturedLog log = new CapturedLog("dev.lineserver.http");
        try (log) {
            for (int i = 0; i < 100; i++) {
                String _ = get("/lines/3");
            }
        }
        int entries = log.messages.size();
        assertTrue(entries >= 1 && entries < 50, entries + " entries");
        assertEquals(100, lines.components.value("line_server_lines_damaged"));
    }

    /** A proxy may mix connections of both ways, so their answers must not differ. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theFastPathWritesTheBytesThatTheRouterWrites(boolean closing) throws Exception {
        lines.answer(_ -> ScriptedLines.found("a line of 22 bytes now"));
        String last = get("/lines/3");
        String routed = closing ? last : send("GET /lines/3 HTTP/1.1\r\nHost: x\r\n\r\n" + CLOSING_REQUEST);
        String etag = last.replaceAll("(?s).*etag: (\"[^\"]*\").*", "$1");
        ByteBuf encoded = lines.components.head.encode(
                UnpooledByteBufAllocator.DEFAULT,
                etag,
                false,
                "a line of 22 bytes now".getBytes(StandardCharsets.US_ASCII),
                closing);
        assertEquals(routed, encoded.toString(StandardCharsets.US_ASCII) + (closing ? "" : last));
        assertEquals(0, encoded.writableBytes(), "the buffer has the size of the answer");
        encoded.release();
    }

    /** A second end of an answer would throw, and cut the connection. */
    @Test
    void answersWithoutALineKeepTheConnection() throws Exception {
        lines.answer(_ -> ScriptedLines.found("x"));
        String head = "GET /lines/3 HTTP/1.1\r\nHost: x\r\n";
        String answers = send(head + "If-None-Match: *\r\n\r\n" + head + "If-Match: \"x\"\r\n\r\n"
                + head.replace("GET", "HEAD") + "\r\n" + CLOSING_REQUEST);
        assertTrue(
                answers.matches(
                        "(?s)HTTP/1.1 304 .*\r\netag: .*HTTP/1.1 412 .*HTTP/1.1 200 .*\r\n\r\nHTTP/1.1 200 .*x"),
                answers);
        assertEquals(0, lines.components.value("line_server_request_failures"));
    }

    @Test
    void aStoppingServerTurnsTheFastPathOff() throws Exception {
        lines.components.lineRoute.drain(new ShutdownDelayInitiatedEvent());
        assertNull(lines.components.lineRoute.prepare("/lines/3"));
        assertTrue(get("/lines/3").startsWith("HTTP/1.1 200 "));
    }

    @Test
    void aStoreThatIsUnavailableIs503WithRetryAfter() throws Exception {
        lines.answer(_ -> CompletableFuture.failedFuture(new StoreUnavailableException("no node answers")));
        String answer = get("/lines/3");
        assertProblem(answer, 503, "unavailable", "no node answers");
        assertTrue(answer.contains("Retry-After: 1"), answer);
        assertEquals(0, lines.components.value("line_server_request_failures"));
    }

    @Test
    void aStoreThatFailedIs500AndCounted() throws Exception {
        lines.answer(_ -> CompletableFuture.failedFuture(new StoreFailedException("the namespace is gone")));
        assertProblem(get("/lines/3"), 500, "store-failed", "the namespace is gone");
        assertEquals(1, lines.components.value("line_server_request_failures"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void everyFailureOfALookupEndsTheRequest(boolean thrown) throws Exception {
        lines.answer(_ -> {
            OutOfMemoryError error = new OutOfMemoryError("scripted");
            if (thrown) {
                throw error;
            }
            return CompletableFuture.failedFuture(error);
        });
        assertProblem(get("/lines/3"), 500, "unexpected", "Unexpected error; see the server log.");
        assertEquals(1, lines.components.value("line_server_request_failures"));
    }

    /** Vert.x begins a pipelined request inside the end of the answer before it, so recursion must not grow with them. */
    @Test
    void thousandsOfPipelinedRequestsAreAnsweredAfterASlowOne() throws Exception {
        CompletableFuture<Lookup> first = new CompletableFuture<>();
        lines.answer(index -> index == 0 ? first : ScriptedLines.found("line " + index));
        String later = "GET /lines/2 HTTP/1.1\r\nHost: x\r\n\r\n";
        String last = "GET /lines/3 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        CompletableFuture<Void> _ = CompletableFuture.runAsync(
                () -> first.complete(new Lookup.Found(new byte[0])),
                CompletableFuture.delayedExecutor(100, TimeUnit.MILLISECONDS));
        String answers = send("GET /lines/1 HTTP/1.1\r\nHost: x\r\n\r\n" + later.repeat(5_000) + last);
        assertEquals(5_002, answers.split("HTTP/1.1 200 OK", -1).length - 1);
        assertTrue(answers.endsWith("line 2"), "the last answer");
    }

    private void answerInParts(int count, IntFunction<CompletionStage<byte[]>> read) {
        lines.answer(_ -> CompletableFuture.completedFuture(
                new Lookup.FoundInParts(new LineParts((long) count * PART, count, read))));
    }

    private static CompletionStage<byte[]> part() {
        return CompletableFuture.completedFuture(new byte[PART]);
    }

    @Test
    void aLongLineArrivesWhole() throws Exception {
        answerInParts(5, _ -> CompletableFuture.supplyAsync(() -> new byte[PART]));
        String answer = get("/lines/1");
        assertEquals(5 * PART, answer.length() - answer.indexOf("\r\n\r\n") - 4);
        assertTrue(get("/lines/1", "If-None-Match: *\r\n").startsWith("HTTP/1.1 304 "));
        String head = send("HEAD /lines/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        assertTrue(head.contains("content-length: " + 5 * PART) && head.endsWith("\r\n\r\n"), head);
    }

    /** As from the embedded store, whose ranges of one line know their length, and end with the terminator. */
    @ParameterizedTest
    @ValueSource(ints = {2 * LongLineAnswer.BLOCK_BYTES, 2 * LongLineAnswer.BLOCK_BYTES + 5})
    void aLineReadInBlocksArrivesWithoutItsTerminator(int length) throws Exception {
        String line = "x".repeat(length);
        ByteBuffer text = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.US_ASCII));
        lines.answer(_ -> CompletableFuture.completedFuture(new Lookup.FoundInParts(
                new LineParts(length, 1, _ -> CompletableFuture.failedFuture(new AssertionError("a part is read"))))));
        lines.answerRanges((_, _) -> new LineRange() {
            @Override
            public OptionalLong byteCount() {
                return OptionalLong.of(length + 1);
            }

            @Override
            public CompletionStage<Void> fill(ByteBuffer block) {
                while (block.hasRemaining() && text.hasRemaining()) {
                    block.put(text.get());
                }
                return CompletableFuture.completedFuture(null);
            }
        });
        assertTrue(get("/lines/1").endsWith("content-length: " + length + "\r\nconnection: close\r\n\r\n" + line));
    }

    private static final String AS_JSON = "Accept: application/json\r\n";

    @Test
    void aLineInPartsIsSentAsJsonUpToAMebibyte() throws Exception {
        lines.answer(_ -> CompletableFuture.completedFuture(new Lookup.FoundInParts(
                new LineParts(1 << 20, 8, _ -> CompletableFuture.supplyAsync(() -> new byte[1 << 17])))));
        String zeros = "\\u0000".repeat(1 << 20);
        assertTrue(get("/lines/1", AS_JSON).endsWith("\r\n\r\n{\"number\":1,\"text\":\"" + zeros + "\"}\n"));
        lines.answer(_ -> CompletableFuture.completedFuture(new Lookup.FoundInParts(new LineParts(
                (1 << 20) + 1, 9, _ -> CompletableFuture.failedFuture(new AssertionError("a part is read"))))));
        assertProblem(get("/lines/1", AS_JSON), 406, "too-long-for-json", "Line 1 has 1048577 bytes");
    }

    @Test
    void aDamagedPartOfALineAsJsonIs500() throws Exception {
        lines.answer(_ -> CompletableFuture.completedFuture(new Lookup.FoundInParts(new LineParts(
                1 << 18,
                2,
                part -> part == 0
                        ? CompletableFuture.completedFuture(new byte[1 << 17])
                        : CompletableFuture.failedFuture(new LineDamagedException(8, "a part is missing"))))));
        assertProblem(get("/lines/9", AS_JSON), 500, "line-damaged", "a part is missing");
        assertEquals(1, lines.components.value("line_server_lines_damaged"));
    }

    /** Each may take six times the memory of its line, so there are as many as answers with several lines. */
    @Test
    void longLinesAsJsonAreLimitedInNumber() throws Exception {
        CompletableFuture<byte[]> slow = new CompletableFuture<>();
        AtomicInteger reads = new AtomicInteger();
        lines.answer(index -> index == 0
                ? CompletableFuture.completedFuture(new Lookup.FoundInParts(new LineParts(1 << 17, 1, _ -> {
                    reads.incrementAndGet();
                    return slow;
                })))
                : ScriptedLines.found("short"));
        for (int i = 0; i < 2; i++) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setSoTimeout(30_000);
                String request = "GET /lines/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + AS_JSON + "\r\n";
                socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
                if (!slow.isDone()) {
                    Awaitility.await().until(() -> reads.get() == 1);
                    assertProblem(get("/lines/1", AS_JSON), 503, "unavailable", "max-ranges is 1");
                    assertEquals(1, lines.components.value("line_server_requests_refused", "reason", "busy"));
                    assertTrue(get("/lines/2", AS_JSON).contains("short"), "a short line needs no place");
                    slow.complete(new byte[1 << 17]);
                }
                String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
            }
        }
        assertEquals(2, reads.get(), "the place was given back");
    }

    @Test
    void aReadOfALineAsJsonThatThrowsGivesItsPlaceBack() throws Exception {
        lines.answer(_ -> CompletableFuture.completedFuture(new Lookup.FoundInParts(new LineParts(1 << 17, 1, _ -> {
            throw new OutOfMemoryError("scripted");
        }))));
        for (int i = 0; i < 2; i++) {
            assertProblem(get("/lines/1", AS_JSON), 500, "unexpected", "Unexpected error");
        }
    }

    /** As with a store on the network: neither the lookup nor any read completes on the event loop of the request. */
    @Test
    void aLongLineReadOnOtherThreadsArrivesWhole() throws Exception {
        answerInParts(3, _ -> CompletableFuture.supplyAsync(() -> new byte[PART]));
        lines.answerOnAnotherThread();
        String answer = get("/lines/1");
        assertEquals(3 * PART, answer.length() - answer.indexOf("\r\n\r\n") - 4);
    }

    @Test
    void aLongLineWhoseFirstPartIsDamagedIs500NamingIt() throws Exception {
        answerInParts(2, _ -> CompletableFuture.failedFuture(new LineDamagedException(8, "a part is missing")));
        String answer = get("/lines/9");
        assertProblem(answer, 500, "line-damaged", "Line 9 of dataset default version 7: a part is missing");
        assertFalse(answer.contains("etag"), answer);
        assertEquals(1, lines.components.value("line_server_lines_damaged"));
    }

    @Test
    void aLongLineWithADamagedPartIsCutOffAndCounted() throws Exception {
        answerInParts(
                3,
                part -> part < 2
                        ? part()
                        : CompletableFuture.failedFuture(new LineDamagedException(2, "a part is missing")));
        assertCutOff();
        assertEquals(1, lines.components.value("line_server_lines_damaged"));
    }

    @ParameterizedTest
    @CsvSource({"0, true", "0, false", "1, true", "1, false"})
    void everyFailureToReadAPartEndsTheRequest(int failing, boolean thrown) throws Exception {
        answerInParts(3, part -> {
            OutOfMemoryError error = new OutOfMemoryError("scripted");
            if (part == failing && thrown) {
                throw error;
            }
            return part == failing ? CompletableFuture.failedFuture(error) : part();
        });
        if (failing == 0) {
            assertProblem(get("/lines/1"), 500, "unexpected", "Unexpected error; see the server log.");
        } else {
            assertCutOff();
        }
        assertEquals(1, lines.components.value("line_server_request_failures"));
    }

    private void assertCutOff() {
        int received;
        try {
            received = get("/lines/1").length();
        } catch (IOException reset) {
            received = 0;
        }
        assertTrue(received < 3 * PART, received + " bytes");
    }

    /** The version must stay open during the read of a part, even if the client has disconnected. */
    @Test
    void aDisconnectDoesNotCloseTheVersionDuringARead() throws Exception {
        CompletableFuture<byte[]> second = new CompletableFuture<>();
        CompletableFuture<Void> reading = new CompletableFuture<>();
        answerInParts(3, part -> {
            if (part == 1) {
                reading.complete(null);
                return second;
            }
            return part();
        });
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream()
                    .write("GET /lines/1 HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            socket.getInputStream().readNBytes(PART);
            reading.get(30, TimeUnit.SECONDS);
        }
        Awaitility.await()
                .untilAsserted(() -> assertEquals(0, connections.get(), "the server has not noticed the disconnect"));
        lines.close();
        assertEquals(0, lines.closes.get());
        second.complete(new byte[PART]);
        Awaitility.await().untilAsserted(() -> assertEquals(1, lines.closes.get()));
    }

    @Test
    void aDisconnectDuringAWriteIsNotAFailure() throws Exception {
        AtomicInteger read = new AtomicInteger();
        answerInParts(200, _ -> {
            read.incrementAndGet();
            return part();
        });
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream()
                    .write("GET /lines/1 HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            Awaitility.await().until(() -> read.get() > 1);
        }
        Awaitility.await()
                .untilAsserted(() -> assertEquals(0, connections.get(), "the server has not noticed the disconnect"));
        lines.close();
        Awaitility.await().untilAsserted(() -> assertEquals(1, lines.closes.get()));
        assertTrue(read.get() < 200, "the line was read to its end");
        assertEquals(0, lines.components.value("line_server_request_failures"));
    }

    /** Parts so small that each is read and written at once: recursion must not grow with their number. */
    @Test
    void manySmallPartsArriveWhole() throws Exception {
        lines.answer(_ -> CompletableFuture.completedFuture(new Lookup.FoundInParts(
                new LineParts(512, 512, part -> CompletableFuture.completedFuture(new byte[] {(byte) part})))));
        String answer = get("/lines/1");
        assertEquals(512, answer.length() - answer.indexOf("\r\n\r\n") - 4);
        assertEquals((byte) 511, (byte) answer.charAt(answer.length() - 1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/lines/5",
                "/lines/5/",
                "/x/../lines/5",
                "//lines/5",
                "/./lines/5",
                "/%6Cines/5",
                "/lines/%35",
                "/lines/./5",
                "/lines//5",
                "/line_server/lines/5",
                "/datasets/default/lines/5",
                "/datasets/none/../default/lines/5",
                "/lines/5?x=/8",
                "/lines/0005"
            })
    void pathsAreNormalised(String path) throws Exception {
        lines.answer(index -> ScriptedLines.found("line " + (index + 1)));
        assertTrue(get(path).endsWith("\r\n\r\nline 5"), path);
    }

    @ParameterizedTest
    @CsvSource({
        "/lines/%zz, 400, bad-request",
        "/lines/%2B5, 400, not-a-line-number",
        "/lines/%35%20, 400, not-a-line-number",
        "/linesx, 404, not-found",
        "/nowhere, 404, not-found",
        "/datasets/none/lines/5, 404, no-such-dataset",
        "/datasets//lines/5, 404, not-found",
        "/datasets/a/b/lines/5, 404, not-found"
    })
    void otherPathsAreProblems(String path, int status, String type) throws Exception {
        assertProblem(get(path), status, type, "detail");
    }

    /** Also bytes without escapes, as curl sends them. */
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '^',
            value = {
                "/Z\u00c3\u00bcrich, 404, nothing at /Z\u00fcrich;",
                "/Z%C3%bcrich%2f%0A, 404, nothing at /Z\u00fcrich%2f%0A;",
                "/%c3\u00bcrich, 404, nothing at /\u00fcrich;",
                "/%E2%82%AC%C2%85, 404, nothing at /\u20ac\\\\u0085;",
                "/lines/%C3%BC, 400, '\u00fc' is not a line number",
                "/datasets/%C3%BC/lines/5, 404, no dataset \u00fc;",
                "/datasets/default/versions/%C3%BC/lines/5, 400, '\u00fc' is not a version number"
            })
    void aPathIsShownAsTextIfItIsUtf8(String path, int status, String detail) throws Exception {
        String answer = new String(get(path).getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
        assertTrue(answer.contains(detail), answer);
    }

    /** Bytes of Latin-1, a surrogate, a character that is cut off, and one that is longer than it must be. */
    @ParameterizedTest
    @CsvSource({
        "/Z\u00fcrich, %FC",
        "/%fc\u00e2%82%AC, %fc%E2%82%AC",
        "/datasets/%ED%A0%80, %ED%A0%80",
        "/datasets/%ED%A0%80/versions, %ED%A0%80",
        "/datasets/default/versions/%FF, %FF",
        "/datasets/%E2%82/lines/5, %E2%82",
        "/datasets/default/versions/1/lines/%c0%af, %c0%af",
        "/lines/%35%80, %80",
        "/page/%FF, %FF",
        "/q/%FF, %FF"
    })
    void aPathThatIsNotUtf8IsMalformed(String path, String bytes) throws Exception {
        assertProblem(
                get(path), 400, "bad-request", "\"detail\":\"The path is malformed: " + bytes + " is not UTF-8.\"");
    }

    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '^',
            value = {
                "start=\u00c3\u00bc, '\u00fc' is not a line number",
                "start=%C3%BC, '\u00fc' is not a line number",
                "n=5&n=\u00e2\u0082\u00ac%2b, '\u20ac+' is not a line number",
                "count=\u00c3\u00bc, count is '\u00fc'"
            })
    void aQueryIsShownAsTextIfItIsUtf8(String query, String detail) throws Exception {
        String answer = get("/lines?" + query);
        String text = new String(answer.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
        assertTrue(text.startsWith("HTTP/1.1 400 ") && text.contains(detail), text);
    }

    @Test
    void severalIfNoneMatchHeadersAreOneList() throws Exception {
        lines.answer(_ -> ScriptedLines.found("x"));
        String etag = get("/lines/5").replaceAll("(?s).*etag: (\"[^\"]*\").*", "$1");
        String headers = "If-None-Match: \"a\"\r\nIf-None-Match: \"b\", " + etag + "\r\n";
        assertTrue(get("/lines/5", headers).startsWith("HTTP/1.1 304 "));
        assertTrue(get("/lines/6", headers).startsWith("HTTP/1.1 200 "));
    }

    /** Refused with a problem, or by Vert.x without a body. The connection is closed, and no failure is counted or logged. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET /lines/2 HTTP/1.1\\n\\n | 400 | application/problem+json",
                "GET /lines/2 HTTP/1.1\\nHost: a b\\n\\n | 400 | application/problem+json",
                "GET /lines/2 HTTP/1.1\\nHost: x\\nHost: x\\n\\n | 400 | application/problem+json",
                "GET /lines/2 HTTP/1.1\\nHost: x\\nTransfer-Encoding: gzip\\n\\n | 501 | application/problem+json",
                "GET /lines/2 HTTP/1.1\\nHost: x\\nContent-Length: 65537\\n\\n | 400 | application/problem+json",
                "POST /lines/2 HTTP/1.1\\nHost: x\\nContent-Length: 65537\\n\\n | 400 | application/problem+json",
                "GET /lines/2 HTTP/1.1 x\\nHost: x\\n\\n | 400 | content-length: 0",
                "GET /lines/2 HTTP/1.1\\nno colon\\n\\n | 400 | content-length: 0",
                "nonsense\\n\\n | 400 | content-length: 0",
                "GET /lines/2 HTTP/1.1\\nHost: x\\nContent-Length: x\\n\\n | 400 | content-length: 0"
            })
    void aForbiddenRequestIsRefusedAndNotCountedAsAFailure(String request, int status, String body) throws Exception {
        String answer = send(request.replace("\\n", "\r\n"));
        assertTrue(answer.matches("(?s)HTTP/\\d\\.\\d " + status + " .*"), answer);
        assertTrue(answer.contains(body), answer);
        assertEquals(0, lines.components.value("line_server_request_failures"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"})
    void otherMethodsAre405WithAllow(String method) throws Exception {
        String body = "Content-Length: 5\r\n\r\nhello";
        String answer = send(method + " /lines/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + body);
        assertProblem(answer, 405, "method-not-allowed", "Use GET or HEAD");
        assertTrue(answer.contains("Allow: GET, HEAD"), answer);
    }
}
