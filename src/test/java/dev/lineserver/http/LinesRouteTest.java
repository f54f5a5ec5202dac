package dev.lineserver.http;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import io.netty.buffer.ByteBuf;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.Route;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.line.LineNumbers;
import dev.lineserver.serving.OpenVersion;
import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.LineRange;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Answers with several lines over real connections, with scripted ranges. */
final class LinesRouteTest {
    private static final int BLOCK = PlainPieces.BLOCK_BYTES;
    private static final String REQUEST = "GET /lines HTTP/1.1\r\nHost: x\r\n\r\n";

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final AtomicInteger fills = new AtomicInteger();
    private ScriptedLines lines = start(Duration.ofSeconds(30), Map.of());
    private PlainServer server = listen();

    LinesRouteTest() throws Exception {}

    private ScriptedLines start(Duration timeout, Map<String, String> settings) throws Exception {
        lines = new ScriptedLines(timeout, settings);
        return lines;
    }

    private PlainServer listen() throws Exception {
        server = new PlainServer(lines.components, true, new HttpServerOptions());
        opened.add(server);
        return server;
    }

    private void restart(Duration timeout, Map<String, String> settings) throws Exception {
        lines.close();
        start(timeout, settings);
        listen();
    }

    /** Every test ends with this check: no block and no version is held. */
    @AfterEach
    void stop() throws Exception {
        lines.close();
        Awaitility.await().untilAsserted(() -> {
            assertEquals(1, lines.closes.get(), "every request releases the version");
            assertEquals(0, lines.components.allocator.metric().usedDirectMemory(), "every block is released");
        });
        for (AutoCloseable resource : opened.reversed()) {
            resource.close();
        }
    }

    /**
     * Answers with a range of blocks.
     *
     * @param script what happens with the block of a number from 0 on; null to fill it
     */
    private void answerBlocks(int blocks, boolean lengthKnown, IntFunction<CompletionStage<Void>> script) {
        lines.answerRanges((_, _) -> new LineRange() {
            private int made;

            @Override
            public OptionalLong byteCount() {
                return lengthKnown ? OptionalLong.of((long) blocks * BLOCK) : OptionalLong.empty();
            }

            @Override
            public CompletionStage<Void> fill(ByteBuffer block) {
                fills.incrementAndGet();
                int number = made++;
                if (number == blocks) {
                    return done();
                }
                return script.apply(number).thenRun(() -> {
                    while (block.hasRemaining()) {
                        block.put((byte) ('a' + number % 26));
                    }
                });
            }
        });
    }

    private static CompletionStage<Void> done() {
        return CompletableFuture.completedFuture(null);
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(1 << 16);
        socket.setSoTimeout(30_000);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port()));
        return socket;
    }

    private Socket sendRequest() throws IOException {
        Socket socket = connect();
        socket.getOutputStream().write(REQUEST.getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    /** Returns the whole answer of a connection that the server closes. */
    private String get(String path) throws IOException {
        return get(path, "");
    }

    private static String request(String path, String headers) {
        return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
    }

    private String get(String path, String headers) throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream()
                    .write(request(path, headers + "Connection: close\r\n").getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private static String readHead(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            assertTrue(next >= 0, head.toString());
            head.append((char) next);
        }
        return head.toString();
    }

    private static void assertProblem(String answer, int status, String type, String detail) {
        assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
        assertTrue(answer.contains("\"type\":\"/problems/" + type + "\""), answer);
        assertTrue(answer.contains(detail), answer);
        assertTrue(answer.contains("Accept-Ranges: lines"), answer);
        assertFalse(answer.contains("etag"), answer);
    }

    @ParameterizedTest
    @CsvSource({"true, true", "true, false", "false, true", "false, false"})
    void allBlocksArriveInTheirOrder(boolean lengthKnown, boolean otherThread) throws Exception {
        answerBlocks(30, lengthKnown, _ -> otherThread ? CompletableFuture.runAsync(() -> {}) : done());
        try (Socket socket = sendRequest()) {
            InputStream in = socket.getInputStream();
            String head = readHead(in);
            assertTrue(
                    head.contains(lengthKnown ? "content-length: " + 30 * BLOCK : "transfer-encoding: chunked"), head);
        }
        Buffer body = http2Body().toCompletableFuture().get(30, TimeUnit.SECONDS);
        assertEquals(30 * BLOCK, body.length());
        for (int i = 0; i < 30 * BLOCK; i += 1_000) {
            assertEquals('a' + i / BLOCK % 26, body.getByte(i));
        }
    }

    private HttpClient http2() {
        HttpClient client = PlainServer.VERTX.createHttpClient(
                new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false));
        opened.add(() -> PlainServer.await(client.close()));
        return client;
    }

    private CompletionStage<Buffer> http2Body() {
        return http2Body(http2(), "/lines");
    }

    private CompletionStage<Buffer> http2Body(HttpClient client, String path) {
        return client.request(HttpMethod.GET, server.port(), "127.0.0.1", path)
                .compose(HttpClientRequest::send)
                .compose(HttpClientResponse::body)
                .toCompletionStage();
    }

    /** The operating system buffers some megabytes for the connection; the server must not read further ahead. */
    @Test
    void aSlowReaderMakesTheStoreWait() throws Exception {
        answerBlocks(10_000, true, _ -> done());
        try (Socket socket = sendRequest()) {
            InputStream in = socket.getInputStream();
            String _ = readHead(in);
            AtomicInteger before = new AtomicInteger(-1);
            Awaitility.await()
                    .pollInterval(Duration.ofMillis(300))
                    .until(() -> before.getAndSet(fills.get()) == fills.get());
            assertTrue(fills.get() < 1_000, fills + " blocks were read");
            assertEquals(BLOCK, lines.components.allocator.metric().usedDirectMemory());
            for (int i = 0; i < 1_000; i++) {
                byte[] block = in.readNBytes(BLOCK);
                assertEquals('a' + i % 26, block[0]);
                assertEquals('a' + i % 26, block[BLOCK - 1]);
            }
            Awaitility.await().until(() -> fills.get() >= 1_000);
        }
        Awaitility.await()
                .untilAsserted(() ->
                        assertEquals(0, lines.components.allocator.metric().usedDirectMemory()));
        assertEquals(0, lines.components.value("line_server_answers_cut"));
        assertEquals(0, lines.components.value("line_server_request_failures"));
    }

    /** The store may write to the block until its stage completes. */
    @Test
    void aClientThatDisconnectsDuringAFillKeepsBlockAndVersionUntilItEnds() throws Exception {
        CompletableFuture<Void> second = new CompletableFuture<>();
        answerBlocks(3, true, number -> number == 1 ? second : done());
        try (Socket socket = sendRequest()) {
            String _ = readHead(socket.getInputStream());
            Awaitility.await().until(() -> fills.get() == 2);
            socket.setSoLinger(true, 0);
        }
        lines.close();
        Awaitility.await().during(Duration.ofMillis(200)).untilAsserted(() -> {
            assertEquals(0, lines.closes.get());
            assertEquals(BLOCK, lines.components.allocator.metric().usedDirectMemory());
        });
        second.complete(null);
    }

    @Test
    void aFillThatTakesTooLongIs503AndKeepsItsBlockUntilItEnds() throws Exception {
        restart(Duration.ofMillis(200), Map.of());
        CompletableFuture<Void> first = new CompletableFuture<>();
        answerBlocks(3, true, _ -> first);
        assertProblem(get("/lines"), 503, "unavailable", "the store has not answered within 200 ms");
        assertEquals(BLOCK, lines.components.allocator.metric().usedDirectMemory());
        lines.close();
        assertEquals(0, lines.closes.get());
        first.complete(null);
    }

    @Test
    void aFillOfALongLineThatTakesTooLongKeepsTheVersionUntilItEnds() throws Exception {
        restart(Duration.ofMillis(200), Map.of());
        CompletableFuture<Void> first = new CompletableFuture<>();
        lines.answer(_ -> CompletableFuture.completedFuture(new Lookup.FoundInParts(new LineParts(
                3 * BLOCK - 1, 1, _ -> CompletableFuture.failedFuture(new AssertionError("a part is read"))))));
        answerBlocks(3, true, _ -> first);
        assertTrue(get("/lines/1").startsWith("HTTP/1.1 503 "));
        assertEquals(
                LongLineAnswer.BLOCK_BYTES, lines.components.allocator.metric().usedDirectMemory());
        lines.close();
        assertEquals(0, lines.closes.get());
        first.complete(null);
    }

    /** Each block is filled in less than a quarter of the timeout, and all of them in more than the timeout. */
    @Test
    void theTimeoutOfAFillEndsWithIt() throws Exception {
        restart(Duration.ofSeconds(4), Map.of());
        Executor later = CompletableFuture.delayedExecutor(900, TimeUnit.MILLISECONDS);
        answerBlocks(5, true, _ -> CompletableFuture.runAsync(() -> {}, later));
        assertTrue(get("/lines").endsWith("e".repeat(BLOCK)), "not all blocks");
        assertEquals(0, lines.components.value("line_server_answers_cut"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aFailureBeforeTheHeadIsAProblem(boolean thrown) throws Exception {
        answerBlocks(3, true, _ -> CompletableFuture.failedFuture(new StoreUnavailableException("no node answers")));
        assertProblem(get("/lines"), 503, "unavailable", "no node answers");
        answerBlocks(3, true, _ -> CompletableFuture.failedFuture(new LineDamagedException(41, "its bytes are gone")));
        assertProblem(get("/lines"), 500, "line-damaged", "Line 42 of dataset default version 7: its bytes are gone");
        assertEquals(1, lines.components.value("line_server_lines_damaged"));
        answerBlocks(3, true, _ -> {
            OutOfMemoryError error = new OutOfMemoryError("scripted");
            if (thrown) {
                throw error;
            }
            return CompletableFuture.failedFuture(error);
        });
        assertProblem(get("/lines"), 500, "unexpected", "Unexpected error; see the server log.");
        lines.answerRanges((_, _) -> {
            throw new IllegalStateException("scripted");
        });
        assertProblem(get("/lines"), 500, "unexpected", "Unexpected error; see the server log.");
        assertEquals(2, lines.components.value("line_server_request_failures"));
        assertEquals(0, lines.components.value("line_server_answers_cut"));
    }

    @ParameterizedTest
    @CsvSource({"true, 1", "false, 1", "true, 20", "false, 20"})
    void aFailureAfterTheHeadCutsTheAnswerOff(boolean lengthKnown, int failing) throws Exception {
        answerBlocks(
                21,
                lengthKnown,
                number -> number < failing
                        ? done()
                        : CompletableFuture.failedFuture(new StoreFailedException("the file changed")));
        String received = "";
        try (Socket socket = sendRequest()) {
            InputStream in = socket.getInputStream();
            received = readHead(in) + new String(in.readAllBytes(), StandardCharsets.US_ASCII);
        } catch (SocketException reset) {
            assertEquals("", received);
        }
        assertTrue(received.length() < 21 * BLOCK, received.length() + " bytes");
        assertFalse(received.endsWith("\r\n0\r\n\r\n"), "a clean end");
        assertEquals(1, lines.components.value("line_server_answers_cut"));
        HttpClient client = http2();
        CompletableFuture<Buffer> body = http2Body(client, "/lines").toCompletableFuture();
        Awaitility.await().until(body::isDone);
        assertTrue(body.isCompletedExceptionally(), "HTTP/2 resets the stream");
        Buffer _ = http2Body(client, "/lines/5").toCompletableFuture().get(30, TimeUnit.SECONDS);
        assertEquals(2, server.connections.get(), "and keeps the connection");
        assertEquals(2, lines.components.value("line_server_answers_cut"));
        assertEquals(0, lines.components.value("line_server_lines_damaged"));
    }

    @Test
    void damageThatCutsAnAnswerOffIsCountedAndLoggedWithItsLine() throws Exception {
        answerBlocks(
                2,
                true,
                number -> number == 0
                        ? done()
                        : CompletableFuture.failedFuture(new LineDamagedException(41, "its bytes are gone")));
        CapturedLog log = new CapturedLog(RequestOutcomes.class.getName());
        try (log) {
            try (Socket socket = sendRequest()) {
                assertTrue(socket.getInputStream().readAllBytes().length < 2 * BLOCK);
            } catch (SocketException reset) {
                // The bytes that were sent before may be lost.
            }
            Awaitility.await().until(() -> !log.messages.isEmpty());
        }
        assertEquals(
                List.of("an answer with lines of dataset default version 7 line 42 was cut off: its bytes are gone"
                        + " (0 more failures since the last one logged)"),
                log.messages);
        assertEquals(1, lines.components.value("line_server_lines_damaged"));
        assertEquals(1, lines.components.value("line_server_answers_cut"));
    }

    @Test
    void aStoreThatEndsTooEarlyIsCutOff() throws Exception {
        lines.answerRanges((_, _) -> new LineRange() {
            @Override
            public OptionalLong byteCount() {
                return OptionalLong.of(2 * BLOCK);
            }

            @Override
            public CompletionStage<Void> fill(ByteBuffer block) {
                block.position(fills.incrementAndGet() == 1 ? BLOCK : 5);
                return done();
            }
        });
        try (Socket socket = sendRequest()) {
            InputStream in = socket.getInputStream();
            String _ = readHead(in);
            assertTrue(in.readAllBytes().length < 2 * BLOCK);
        }
        assertEquals(1, lines.components.value("line_server_answers_cut"));
        assertEquals(1, lines.components.value("line_server_request_failures"));
    }

    @ParameterizedTest
    @CsvSource({
        "GET /lines, If-None-Match: *, 304",
        "GET /lines, If-Match: \"x\", 412",
        "HEAD /lines, Accept: */*, 200",
        "GET /lines, Range: lines=1001-, 416",
        "GET /lines?start=1001, Accept: */*, 413"
    })
    void anAnswerWithoutLinesReleasesTheVersion(String request, String header, int status) throws Exception {
        String answer = answer(request + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + header + "\r\n\r\n");
        assertTrue(answer.startsWith("HTTP/1.1 " + status + " "), answer);
    }

    private String tag(String method, String headers) throws IOException {
        String answer = answer(method + " /lines HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers + "\r\n");
        Matcher tag = Pattern.compile("\r\netag: (\"[^\"]+\")\r\n").matcher(answer);
        assertTrue(tag.find(), answer);
        assertTrue(answer.contains("\r\nvary: Accept, Accept-Encoding\r\n"), answer);
        return tag.group(1);
    }

    @Test
    void conditionsCompareTheTagOfEachForm() throws Exception {
        lines.answer(_ -> ScriptedLines.found("8 bytes."));
        String gzip = "Accept-Encoding: gzip\r\n";
        String text = tag("GET", "");
        String coded = tag("GET", gzip);
        String json = tag("GET", "Accept: application/x-ndjson\r\n");
        assertEquals(3, Stream.of(text, coded, json).distinct().count());
        assertEquals(text, tag("HEAD", ""));
        assertEquals(coded, tag("GET", gzip + "If-None-Match: W/" + coded + "\r\n"));
        assertTrue(get("/lines", gzip + "If-None-Match: W/" + coded + "\r\n").startsWith("HTTP/1.1 304 "));
        assertTrue(get("/lines", "If-Match: \"x\", " + text + "\r\n").startsWith("HTTP/1.1 200 "));
        for (String sent : List.of(text, coded, "W/" + text)) {
            String status = sent.equals(text) ? "206" : "200";
            assertTrue(
                    get("/lines", "Range: lines=2-3\r\nIf-Range: " + sent + "\r\n")
                            .startsWith("HTTP/1.1 " + status),
                    sent);
        }
        assertTrue(get("/lines?n=1").contains("\r\ncache-control: no-store\r\n"));
    }

    @Test
    void aBodyThatCannotBeMadeGivesItsPlaceBack() throws Exception {
        restart(Duration.ofSeconds(30), Map.of("line-server.http.max-ranges", "1"));
        lines.answerRanges((_, _) -> new LineRange() {
            private boolean asked;

            @Override
            public OptionalLong byteCount() {
                if (asked) {
                    throw new IllegalStateException("scripted");
                }
                asked = true;
                return OptionalLong.of(BLOCK);
            }

            @Override
            public CompletionStage<Void> fill(ByteBuffer block) {
                return done();
            }
        });
        for (int i = 0; i < 2; i++) {
            assertProblem(get("/lines"), 500, "unexpected", "Unexpected error");
        }
    }

    /** The version has 1,000 lines, and the store gives five. */
    @Test
    void ndjsonOfAStoreThatEndsTooEarlyIsAProblem() throws Exception {
        lines.answerRanges((_, _) -> new LineRange() {
            @Override
            public OptionalLong byteCount() {
                return OptionalLong.empty();
            }

            @Override
            public CompletionStage<Void> fill(ByteBuffer block) {
                block.put("a\nb\nc\nd\ne\n".getBytes(StandardCharsets.US_ASCII));
                return done();
            }
        });
        assertProblem(json("/lines"), 500, "unexpected", "Unexpected error; see the server log.");
    }

    /** Otherwise an answer whose pieces are made and written at once would keep other connections waiting. */
    @Test
    void eachPieceIsMadeInATaskOfItsOwn() throws Exception {
        List<Long> depths = Collections.synchronizedList(new ArrayList<>());
        answerBlocks(100, true, _ -> {
            depths.add(StackWalker.getInstance().walk(Stream::count));
            return done();
        });
        assertEquals(
                100 * BLOCK, get("/lines").replaceFirst("(?s).*?\r\n\r\n", "").length());
        List<Long> later = depths.subList(1, 100);
        assertTrue(Collections.max(later) - Collections.min(later) < 10, () -> "depths of the stack: " + depths);
    }

    /** A stream may be reset while a part of its block waits in the queue of the connection. */
    @Test
    void aStreamThatTheClientResetsReleasesEverything() throws Exception {
        answerBlocks(10_000, true, _ -> done());
        HttpClient client = http2();
        CompletableFuture<Void> reset = new CompletableFuture<>();
        PlainServer.await(client.request(HttpMethod.GET, server.port(), "127.0.0.1", "/lines")
                .compose(request -> request.send()
                        .onSuccess(response -> response.handler(_ -> {
                            boolean _ = request.reset();
                            reset.complete(null);
                        }))));
        reset.get(30, TimeUnit.SECONDS);
        Awaitility.await()
                .untilAsserted(() ->
                        assertEquals(0, lines.components.allocator.metric().usedDirectMemory()));
        assertTrue(fills.get() < 10_000);
    }

    @Test
    void answersBeyondTheLargestNumberAre503() throws Exception {
        restart(Duration.ofSeconds(30), Map.of("line-server.http.max-ranges", "2"));
        answerBlocks(10_000, true, _ -> done());
        try (Socket first = sendRequest();
                Socket second = sendRequest()) {
            for (Socket socket : List.of(first, second)) {
                String head = readHead(socket.getInputStream());
                assertTrue(head.startsWith("HTTP/1.1 200 "), head);
            }
            String refused = get("/lines");
            assertProblem(refused, 503, "unavailable", "line-server.http.max-ranges is 2");
            assertTrue(refused.contains("Retry-After: 1"), refused);
            assertTrue(get("/lines/5").startsWith("HTTP/1.1 200 "), "single lines are not concerned");
        }
        answerBlocks(1, true, _ -> done());
        Awaitility.await().untilAsserted(() -> assertTrue(get("/lines?count=3").startsWith("HTTP/1.1 200 ")));
    }

    /** Otherwise clients that send no last byte would fill the heap. */
    @Test
    void aBodyInProgressTakesAPlaceUntilItEnds() throws Exception {
        restart(Duration.ofSeconds(30), Map.of("line-server.http.max-ranges", "2"));
        lines.answer(_ -> ScriptedLines.found("text"));
        String body = "{\"numbers\":[5]}";
        String complete = post(body.length(), body);
        try (Socket first = connect();
                Socket second = connect()) {
            for (Socket socket : List.of(first, second)) {
                socket.getOutputStream()
                        .write(post(body.length(), body.substring(1)).getBytes(StandardCharsets.US_ASCII));
            }
            Awaitility.await()
                    .untilAsserted(() ->
                            assertProblem(exchange(complete), 503, "unavailable", "line-server.http.max-ranges is 2"));
            String longest = post(NumbersBody.MAX_BYTES, " ".repeat(NumbersBody.MAX_BYTES));
            String refused = exchange(longest.replace("Connection: close\r\n", "") + complete);
            assertTrue(refused.matches("(?s)HTTP/1.1 503 .*HTTP/1.1 503 .*"), refused);
            // The rest of the first body, whose first byte is at its end: it is refused, and gives its place back.
            first.getOutputStream().write('{');
            assertTrue(readHead(first.getInputStream()).startsWith("HTTP/1.1 400 "));
        }
        // The client of the second has gone. The answer takes both places.
        Awaitility.await().untilAsserted(() -> assertTrue(exchange(complete).startsWith("HTTP/1.1 200 ")));
    }

    @Test
    void aBodyThatTakesTooLongIs400AndGivesItsPlaceBack() throws Exception {
        restart(Duration.ofMillis(300), Map.of("line-server.http.max-ranges", "2"));
        lines.answer(_ -> ScriptedLines.found("text"));
        String late = exchange(post(100, "{"));
        assertTrue(late.startsWith("HTTP/1.1 400 ") && late.contains("The body was not complete within 300 ms"), late);
        String body = "{\"numbers\":[5]}";
        assertTrue(exchange(post(body.length(), body)).startsWith("HTTP/1.1 200 "));
    }

    /** Such as an OutOfMemoryError while the numbers are collected. */
    @Test
    void anErrorOfTheReaderOfABodyIsAnswered() throws Exception {
        server = new PlainServer(lines.components, false, new HttpServerOptions(), router -> {
            Route _ = router.post("/lines")
                    .order(LineRoute.ROUTE_ORDER - 1)
                    .handler(routing -> new RequestBody(
                                    routing,
                                    NumbersBody.MAX_BYTES,
                                    Duration.ofSeconds(30),
                                    NumbersBody.tooLong(),
                                    _ -> {
                                        throw new OutOfMemoryError("scripted");
                                    },
                                    _ -> {},
                                    () -> {})
                            .read("anything"));
        });
        opened.add(server);
        String answer = exchange(post(2, "{}"));
        assertTrue(answer.startsWith("HTTP/1.1 500 ") && answer.contains("/problems/unexpected"), answer);
        assertEquals(1, lines.components.value("line_server_request_failures"));
    }

    /** A shorter one would fit in the queue of the connection, and block nothing. */
    @Test
    void theLongestBodyIsReadOrSkipped() throws Exception {
        restart(Duration.ofSeconds(30), Map.of("line-server.http.max-ranges", "1"));
        lines.answer(_ -> ScriptedLines.found("text"));
        String json = "{\"numbers\":[5]}";
        String body = json + " ".repeat(NumbersBody.MAX_BYTES - json.length());
        String last = post(body.length(), body);
        String text = last.replace("Connection: close\r\n", "").replace("application/json", "text/plain");
        String answers = exchange(text + text + last);
        assertTrue(answers.matches("(?s)HTTP/1.1 415 .*HTTP/1.1 415 .*HTTP/1.1 200 .*"), answers);
        assertTrue(exchange(post(body.length() + 1, "")).startsWith("HTTP/1.1 400 "));
    }

    private static String post(int length, String body) {
        return "POST /lines HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: "
                + length + "\r\n\r\n" + body;
    }

    private String exchange(String request) throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        }
    }

    /** Of three places an answer as JSON takes two, and one as text takes the last. */
    @ParameterizedTest
    @ValueSource(strings = {"/lines", "/lines?n=1"})
    void anAnswerAsJsonTakesMorePlaces(String path) throws Exception {
        restart(Duration.ofSeconds(30), Map.of("line-server.http.max-ranges", "3"));
        CompletableFuture<Lookup> pending = new CompletableFuture<>();
        Semaphore jsonLookups = new Semaphore(0);
        Semaphore textLookups = new Semaphore(0);
        // The range that is answered as JSON does not look that far ahead.
        lines.answer(index -> {
            (index >= 899 ? textLookups : jsonLookups).release();
            return pending;
        });
        String accept = "Accept: application/x-ndjson\r\n";
        try (Socket json = connect();
                Socket text = connect()) {
            json.getOutputStream().write(request(path, accept).getBytes(StandardCharsets.US_ASCII));
            jsonLookups.acquire();
            assertProblem(get(path, accept), 503, "unavailable", "line-server.http.max-ranges is 3");
            assertEquals(0, textLookups.availablePermits());
            text.getOutputStream().write(request("/lines?start=900", "").getBytes(StandardCharsets.US_ASCII));
            textLookups.acquire();
            assertProblem(get("/lines"), 503, "unavailable", "line-server.http.max-ranges is 3");
            pending.completeExceptionally(new StoreUnavailableException("the end of the test"));
        }
    }

    /** Of three places a compressed answer takes two. */
    @Test
    void aCompressedAnswerTakesMorePlaces() throws Exception {
        restart(Duration.ofSeconds(30), Map.of("line-server.http.max-ranges", "3"));
        CompletableFuture<Void> pending = new CompletableFuture<>();
        answerBlocks(2, true, _ -> pending);
        String gzip = "Accept-Encoding: gzip\r\n";
        try (Socket first = connect()) {
            first.getOutputStream().write(request("/lines", gzip).getBytes(StandardCharsets.US_ASCII));
            Awaitility.await().until(() -> fills.get() == 1);
            assertProblem(get("/lines", gzip), 503, "unavailable", "line-server.http.max-ranges is 3");
            pending.complete(null);
            assertTrue(readHead(first.getInputStream()).contains("content-encoding: gzip"));
        }
    }

    @Test
    void aStoreThatFailsBeforeTheFirstByteOfACompressedAnswerIsAProblem() throws Exception {
        answerBlocks(2, true, _ -> CompletableFuture.failedFuture(new StoreUnavailableException("no node answers")));
        String answer = get("/lines", "Accept-Encoding: gzip\r\n");
        assertProblem(answer, 503, "unavailable", "no node answers");
        assertFalse(answer.contains("gzip"), answer);
    }

    @Test
    void aStoreThatFailsLaterCutsACompressedAnswerOff() throws Exception {
        answerBlocks(
                200,
                true,
                number -> number < 150
                        ? done()
                        : CompletableFuture.failedFuture(new StoreUnavailableException("no node answers")));
        String answer = get("/lines", "Accept-Encoding: gzip\r\n");
        assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
        assertFalse(answer.endsWith("0\r\n\r\n"), "the end looks complete");
        assertEquals(1, lines.components.value("line_server_answers_cut"));
    }

    @Test
    void anAnswerToHttp10IsNotCompressed() throws Exception {
        answerBlocks(1, true, _ -> done());
        try (Socket socket = connect()) {
            String request = "GET /lines HTTP/1.0\r\nAccept-Encoding: gzip\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            String head = readHead(socket.getInputStream());
            assertTrue(head.contains("content-length: " + BLOCK) && !head.contains("gzip"), head);
        }
    }

    @Test
    void anAnswerAsJsonTakesPlacesForTheLongestLine() {
        int[] longest = {0, 1_000, 104_858, 1 << 20, Integer.MAX_VALUE};
        int[] places = {2, 2, 3, 12, 12};
        for (int i = 0; i < longest.length; i++) {
            assertEquals(places[i], RangeLimits.places(true, false, longest[i]));
            assertEquals(places[i] + (i < 3 ? 1 : 3), RangeLimits.places(true, true, longest[i]));
            assertEquals(1, RangeLimits.places(false, false, longest[i]));
            assertEquals(2, RangeLimits.places(false, true, longest[i]));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "max-range-lines, 10, '?count=10', 200",
        "max-range-lines, 10, '?count=11', 400",
        "max-range-lines, 10, '?start=991&count=10', 200",
        "max-range-lines, 10, '', 400",
        "max-range-lines, 999, '', 400",
        "max-range-lines, 1000, '', 200",
        "max-range-bytes, 90, '?count=10', 200",
        "max-range-bytes, 89, '?count=10', 400",
        "max-range-bytes, 8999, '', 400"
    })
    void aLongerRangeThanTheServerAllowsIsRefused(String setting, String limit, String query, int status)
            throws Exception {
        restart(Duration.ofSeconds(30), Map.of("line-server.http." + setting, limit));
        lines.answer(_ -> ScriptedLines.found("8 bytes."));
        String answer = get("/lines" + query);
        if (status == 200) {
            assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
        } else {
            assertProblem(answer, 400, "range-too-long", limit);
        }
    }

    /** The end of an answer without length would be the end of the connection, as if it had been cut off. */
    @Test
    void http10IsRefusedIfTheLengthIsNotKnown() throws Exception {
        answerBlocks(1, false, _ -> done());
        try (Socket socket = connect()) {
            socket.getOutputStream().write("GET /lines HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
            assertTrue(answer.contains(" 505 "), answer);
        }
    }

    @Test
    void linesAreNumberedFromTheConfiguredFirstOne() throws Exception {
        String tagFromOne = json("/lines?count=2").replaceFirst("(?s).*\r\netag: (\\S+).*", "$1");
        restart(Duration.ofSeconds(30), Map.of("line-server.first-line-number", "0"));
        lines.answer(index -> index < 1_000
                ? ScriptedLines.found("index " + index)
                : CompletableFuture.completedFuture(new Lookup.PastTheEnd(1_000)));
        String range = answer("GET /lines HTTP/1.1\r\nHost: x\r\nConnection: close\r\nRange: lines=0-1\r\n\r\n");
        assertTrue(range.contains("content-range: lines 0-1/1000\r\n"), range);
        assertTrue(range.contains("index 0\nindex 1\n"), range);
        String query = get("/lines?start=3&count=2");
        assertTrue(query.contains("<?start=5&count=2>; rel=\"next\""), query);
        assertTrue(query.contains("index 3\nindex 4\n"), query);
        String json = json("/lines?count=2");
        assertTrue(json.contains("{\"number\":0,\"text\":\"index 0\"}\n{\"number\":1,\"text\":\"index 1\"}\n"), json);
        assertFalse(json.contains(tagFromOne), "other numbers, so another text: " + json);
        String single = get("/lines?n=999&n=1000&n=0");
        assertTrue(single.endsWith("""
                {"number":999,"text":"index 999"}
                {"number":1000,"outcome":"past-the-end","lines":1000}
                {"number":0,"text":"index 0"}
                """), single);
    }

    private String answer(String request) throws IOException {
        try (Socket socket = connect()) {
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private String json(String path) throws IOException {
        return answer(ndjson(path));
    }

    private static String ndjson(String path) {
        return "GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept: application/x-ndjson\r\n\r\n";
    }

    /** A line of 3 MiB between two short ones, and one of exactly the longest length. */
    @Test
    void linesThatAreTooLongForJsonAreNamedAndNotHeld() throws Exception {
        int longest = NdjsonWriter.MAX_LINE_BYTES;
        byte[] text = ("a\n" + "b".repeat(3 * longest) + "\n\n" + "c".repeat(longest) + "\n" + "d".repeat(longest + 1)
                        + "\n" + "e\n".repeat(995))
                .getBytes(StandardCharsets.US_ASCII);
        lines.answerRanges((_, _) -> new LineRange() {
            private final ByteBuffer rest = ByteBuffer.wrap(text);

            @Override
            public OptionalLong byteCount() {
                return OptionalLong.of(text.length);
            }

            @Override
            public CompletionStage<Void> fill(ByteBuffer block) {
                int length = Math.min(rest.remaining(), block.remaining());
                block.put(rest.slice(rest.position(), length));
                rest.position(rest.position() + length);
                return done();
            }
        });
        try (Socket socket = connect()) {
            socket.getOutputStream().write(ndjson("/lines").getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertTrue(answer.contains("{\"number\":1,\"text\":\"a\"}\n"), "line 1");
            assertTrue(
                    answer.contains("{\"number\":2,\"outcome\":\"too-long\",\"bytes\":" + 3 * longest + "}\n"),
                    "line 2");
            assertTrue(answer.contains("{\"number\":3,\"text\":\"\"}\n"), "line 3");
            assertTrue(answer.contains("ccc\"}\n"), "line 4");
            assertTrue(
                    answer.contains("{\"number\":5,\"outcome\":\"too-long\",\"bytes\":" + (longest + 1) + "}\n"),
                    "line 5");
            assertTrue(answer.contains("{\"number\":1000,\"text\":\"e\"}\n"), "line 1000");
        }
    }

    @Test
    void aDamagedLineAmongSingleLinesIsReportedAndCounted() throws Exception {
        lines.answer(index -> switch ((int) index) {
            case 1 -> CompletableFuture.completedFuture(new Lookup.Damaged("its bytes are gone"));
            case 2 ->
                CompletableFuture.completedFuture(new Lookup.FoundInParts(new LineParts(
                        10, 2, _ -> CompletableFuture.failedFuture(new LineDamagedException(2, "a part is gone")))));
            case 4 ->
                CompletableFuture.completedFuture(new Lookup.FoundInParts(new LineParts(
                        6, 3, part -> CompletableFuture.completedFuture(new byte[] {(byte) ('a' + part), '-'}))));
            default -> ScriptedLines.found("line " + (index + 1));
        });
        String answer = get("/lines?n=1&n=2&n=3&n=4&n=5");
        assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
        assertTrue(answer.endsWith("""
                {"number":1,"text":"line 1"}
                {"number":2,"outcome":"damaged","detail":"its bytes are gone"}
                {"number":3,"outcome":"damaged","detail":"a part is gone"}
                {"number":4,"text":"line 4"}
                {"number":5,"text":"a-b-c-"}
                """), answer);
        assertEquals(2, lines.components.value("line_server_lines_damaged"));
        assertEquals(2, lines.components.value("line_server_lookups", "outcome", "damaged"));
    }

    @Test
    void aStoreThatFailsAmongSingleLinesIsAProblemOrCutsTheAnswerOff() throws Exception {
        lines.answer(index -> index < 998
                ? ScriptedLines.found("x".repeat(1_000))
                : CompletableFuture.failedFuture(new StoreUnavailableException("no node answers")));
        assertProblem(get("/lines?n=999"), 503, "unavailable", "no node answers");
        assertEquals(1, lines.components.value("line_server_lookups", "outcome", "unavailable"));
        StringBuilder many = new StringBuilder("/lines?n=1");
        many.append("&n=2".repeat(600)).append("&n=999");
        String received = "";
        try {
            received = get(many.toString());
        } catch (SocketException reset) {
            assertEquals("", received);
        }
        assertFalse(received.endsWith("\r\n0\r\n\r\n"), "a clean end");
        assertEquals(1, lines.components.value("line_server_answers_cut"));
    }

    /** Lines of 60,000 bytes, all of which the store has at once. */
    @Test
    void aSlowReaderOfSingleLinesOccupiesOnePiece() throws Exception {
        AtomicInteger lookups = new AtomicInteger();
        CompletionStage<Lookup> line = ScriptedLines.found("x".repeat(60_000));
        lines.answer(_ -> {
            lookups.incrementAndGet();
            return line;
        });
        try (Socket socket = connect()) {
            String request = "GET /lines?n=1" + "&n=2".repeat(900) + " HTTP/1.1\r\nHost: x\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            String _ = readHead(socket.getInputStream());
            AtomicInteger before = new AtomicInteger(-1);
            Awaitility.await()
                    .pollInterval(Duration.ofMillis(300))
                    .until(() -> before.getAndSet(lookups.get()) == lookups.get());
            assertTrue(lookups.get() < 900, "the client does not read");
            long held = lines.components.allocator.metric().usedDirectMemory();
            assertTrue(held < 1 << 20, held + " bytes are held");
        }
    }

    /** Each lookup may read from disk on the event loop, which other connections must not wait for. */
    @Test
    void aPieceOfSingleLinesIsBoundedInLines() throws Exception {
        HttpComponents components = lines.components;
        OpenVersion version = Objects.requireNonNull(
                Objects.requireNonNull(components.datasets.find("default")).acquire());
        LineNumbers numbers = new LineNumbers(1);
        SelectedPieces pieces = new SelectedPieces(
                version,
                Collections.nCopies(RequestedNumber.MAX_NUMBERS, new RequestedNumber(0, "1")),
                new NdjsonWriter(numbers, components.allocator),
                components.outcomes,
                new StoreFailures(components.outcomes, numbers));
        int count = 0;
        while (!pieces.ended()) {
            ByteBuf piece = pieces.next().toCompletableFuture().get(30, TimeUnit.SECONDS);
            long inPiece = piece.toString(StandardCharsets.US_ASCII).lines().count();
            boolean _ = piece.release();
            assertTrue(inPiece < 1_000, inPiece + " lines");
            count += (int) inPiece;
        }
        assertEquals(RequestedNumber.MAX_NUMBERS, count);
        pieces.close().toCompletableFuture().get(30, TimeUnit.SECONDS);
        version.release();
    }

    /** Lookups in flight use the version. */
    @Test
    void aClientThatDisconnectsDuringLookupsKeepsTheVersionUntilTheyEnd() throws Exception {
        List<CompletableFuture<Lookup>> lookups = Collections.synchronizedList(new ArrayList<>());
        lines.answer(_ -> {
            CompletableFuture<Lookup> lookup = new CompletableFuture<>();
            lookups.add(lookup);
            return lookup;
        });
        int ahead;
        try (Socket socket = connect()) {
            String request = "GET /lines?n=1" + "&n=2".repeat(700) + " HTTP/1.1\r\nHost: x\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            Awaitility.await().until(() -> lookups.size() >= 256);
            ahead = lookups.size();
            socket.setSoLinger(true, 0);
        }
        assertEquals(256, ahead, "lookups are bounded");
        lines.close();
        // More than half of these lines fill a piece, and let new lookups begin.
        byte[] line = "x".repeat(400).getBytes(StandardCharsets.US_ASCII);
        for (int i = 0; i < ahead; i++) {
            lookups.get(i).complete(new Lookup.Found(line));
        }
        Awaitility.await().until(() -> lookups.size() > ahead);
        Awaitility.await().during(Duration.ofMillis(200)).untilAsserted(() -> assertEquals(0, lines.closes.get()));
        // Each completion may begin more lookups.
        for (int i = ahead; i < lookups.size(); i++) {
            lookups.get(i).complete(new Lookup.Found(new byte[1]));
        }
    }
}
