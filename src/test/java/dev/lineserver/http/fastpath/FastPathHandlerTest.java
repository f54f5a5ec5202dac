package dev.lineserver.http.fastpath;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.http.ScriptedLines;
import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.Lookup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The state machine of one connection. A fake handler takes the place of Vert.x, and flushes at the same moments. */
final class FastPathHandlerTest {
    private static final String ROUTED = "HEAD /other HTTP/1.1\r\nHost: x\r\n\r\n";

    private final ScriptedLines lines = new ScriptedLines();
    private final FakeVertx vertx = new FakeVertx();
    private final List<ByteBuf> sent = new ArrayList<>();
    private final EmbeddedChannel channel = new EmbeddedChannel(
            new FastPathHandler(
                    new FastPath(lines.components.lineRoute, lines.components.head, lines.components.outcomes)),
            new ProtocolDetector());

    FastPathHandlerTest() throws Exception {}

    /** Like that of Vert.x: adds the HTTP/1.1 codec at the first byte, unless it belongs to the preface of HTTP/2. */
    private final class ProtocolDetector extends ChannelInboundHandlerAdapter {
        private boolean http2;

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ByteBuf bytes = (ByteBuf) message;
            http2 |= bytes.getByte(bytes.readerIndex()) == 'P';
            if (!http2) {
                ctx.pipeline()
                        .addLast(new HttpRequestDecoder(), new HttpResponseEncoder(), new VertxHandlerInstaller());
                ctx.pipeline().remove(this);
            }
            ctx.fireChannelRead(message);
        }
    }

    /** Like the upgrade handler of Vert.x: adds Vert.x's own handler with the first request. */
    private final class VertxHandlerInstaller extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ctx.pipeline().addLast(vertx);
            ctx.fireChannelRead(message);
            ctx.pipeline().remove(this);
        }
    }

    /** Answers requests in order, at once or when the test says so, and flushes at the end of a read. */
    private static final class FakeVertx extends ChannelDuplexHandler {
        private final Deque<HttpRequest> requests = new ArrayDeque<>();
        private boolean answersAtOnce = true;
        private boolean reading;
        private @Nullable ChannelHandlerContext context;
        private Runnable whenRequested = () -> {};
        private int writabilityChanges;
        /** How many requests have ended. */
        private int ends;

        @Override
        public void handlerAdded(ChannelHandlerContext ctx) {
            context = ctx;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            reading = true;
            if (message instanceof HttpRequest request) {
                requests.add(request);
                whenRequested.run();
                if (answersAtOnce) {
                    answer();
                }
            }
            if (message instanceof LastHttpContent) {
                ends++;
            }
            ReferenceCountUtil.release(message);
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            reading = false;
            ctx.flush();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext ctx) {
            writabilityChanges++;
        }

        private void answer() {
            HttpRequest request = requests.remove();
            ByteBuf body = Unpooled.copiedBuffer("router: " + request.uri() + ";", StandardCharsets.ISO_8859_1);
            DefaultFullHttpResponse response =
                    new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, body);
            response.headers().set(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
            write(response);
        }

        private void write(Object message) {
            ChannelFuture _ = Objects.requireNonNull(context).write(message);
            if (!reading) {
                Objects.requireNonNull(context).flush();
            }
        }
    }

    @AfterEach
    void everyRequestReleasesTheVersionAndItsBytes() {
        channel.finishAndReleaseAll();
        channel.runPendingTasks();
        lines.close();
        assertEquals(1, lines.closes.get(), "every request releases the version");
        for (ByteBuf bytes : sent) {
            assertEquals(0, bytes.refCnt(), "bytes that nobody released");
        }
    }

    private static String plain(long number) {
        return "GET /lines/" + number + " HTTP/1.1\r\nHost: x\r\n\r\n";
    }

    private void send(String text) {
        ByteBuf bytes = Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
        sent.add(bytes);
        channel.writeInbound(bytes);
    }

    private String received() {
        channel.runPendingTasks();
        StringBuilder text = new StringBuilder();
        for (ByteBuf bytes = channel.readOutbound(); bytes != null; bytes = channel.readOutbound()) {
            text.append(bytes.toString(StandardCharsets.ISO_8859_1));
            bytes.release();
        }
        return text.toString();
    }

    private static void assertOrder(String text, String... parts) {
        int at = 0;
        for (String part : parts) {
            int found = text.indexOf(part, at);
            assertTrue(found >= at, part + " is missing or out of order in " + text);
            at = found + part.length();
        }
    }

    @Test
    void aPlainRequestIsAnsweredBeforeVertxAddsItsHandlers() {
        lines.answer(index -> ScriptedLines.found("line " + index));
        send(plain(3));
        assertEquals(
                "HTTP/1.1 200 OK\r\nx-content-type-options: nosniff\r\netag: \"" + etagPrefix()
                        + "2\"\r\ncache-control: no-cache\r\n"
                        + "vary: Accept\r\ncontent-type: text/plain; charset=UTF-8\r\ncontent-length: 6\r\n\r\nline 2",
                received());
        assertNull(channel.pipeline().get(HttpRequestDecoder.class));
        send(ROUTED);
        send(plain(4));
        assertOrder(received(), "router: /other", "line 3");
        assertNotNull(channel.pipeline().get(HttpRequestDecoder.class));
    }

    private static String etagPrefix() {
        return new ContentDigest(1, 2) + "-";
    }

    @Test
    void aLineOfANamedVersionIsAnsweredIfTheVersionIsOpenAndLeftToTheRouterOtherwise() throws Exception {
        lines.answer(index -> ScriptedLines.found("line " + index));
        String request = "GET /datasets/default/versions/5/lines/3 HTTP/1.1\r\nHost: x\r\n\r\n";
        send(request);
        assertOrder(received(), "router: /datasets/default/versions/5/lines/3;");
        lines.openKept();
        send(request);
        assertEquals(
                "HTTP/1.1 200 OK\r\nx-content-type-options: nosniff\r\netag: \"" + new ContentDigest(1, 5) + "-2\"\r\n"
                        + "cache-control: public, max-age=31536000, immutable\r\n"
                        + "vary: Accept\r\ncontent-type: text/plain; charset=UTF-8\r\ncontent-length: 6\r\n\r\nline 2",
                received());
        for (String version : List.of("4", "6", "8", "10", "x", "", "5/")) {
            send(request.replace("/5/", "/" + version + "/"));
            assertOrder(received(), "router: /datasets/default/versions/" + version + "/lines/3;");
        }
    }

    @Test
    void nothingOvertakesALookupInFlight() {
        CompletableFuture<Lookup> first = new CompletableFuture<>();
        lines.answer(index -> index == 0 ? first : ScriptedLines.found("line " + index));
        send(plain(1) + ROUTED + plain(2));
        send(plain(3));
        assertEquals("", received());
        first.complete(new Lookup.Found("first".getBytes(StandardCharsets.ISO_8859_1)));
        assertOrder(received(), "first", "router: /other", "router: /lines/2", "router: /lines/3");
    }

    @Test
    void nothingOvertakesTheRouter() {
        lines.answer(index -> ScriptedLines.found("line " + index));
        vertx.answersAtOnce = false;
        send(ROUTED + plain(1));
        send(plain(2));
        assertEquals("", received());
        vertx.answer();
        vertx.answer();
        vertx.answer();
        send(plain(7));
        assertOrder(received(), "router: /other", "router: /lines/1", "router: /lines/2", "line 6");
    }

    @Test
    void aRequestWithABodyInPiecesIsCountedOnce() {
        lines.answer(index -> ScriptedLines.found("line " + index));
        String body = "1\r\na\r\n1\r\nb\r\n0\r\n\r\n";
        send("DELETE /other HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body);
        send(plain(7));
        assertOrder(received(), "router: /other", "line 6");
    }

    /** Vert.x flushes at the end of a read. If that event came too early, the later parts would never be flushed. */
    @Test
    void aLongLineInTheFirstAnswerOfAConnectionArrivesWhole() {
        lines.answer(_ -> CompletableFuture.completedFuture(new Lookup.PastTheEnd(1)));
        vertx.answersAtOnce = false;
        vertx.whenRequested = () -> {
            HttpResponse head = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
            head.headers().set(HttpHeaderNames.CONTENT_LENGTH, 3 << 20);
            vertx.write(head);
            vertx.write(part('a'));
        };
        send(plain(1));
        assertTrue(received().endsWith("a".repeat(1 << 20)), "the first part");
        vertx.write(part('b'));
        assertEquals("b".repeat(1 << 20), received());
        vertx.write(part('c'));
        vertx.write(LastHttpContent.EMPTY_LAST_CONTENT);
        assertEquals("c".repeat(1 << 20), received());
    }

    private static DefaultHttpContent part(char content) {
        return new DefaultHttpContent(
                Unpooled.copiedBuffer(String.valueOf(content).repeat(1 << 20), StandardCharsets.ISO_8859_1));
    }

    @Test
    void theConnectionIsClosedAfterTheAnswerIfTheRequestSaysSo() {
        lines.answer(index -> ScriptedLines.found("line " + index));
        send("GET /lines/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + plain(2));
        assertTrue(received().endsWith("content-length: 6\r\nconnection: close\r\n\r\nline 0"));
        assertFalse(channel.isOpen());
    }

    /** A failure while the answer is encoded: nothing after it may be answered. */
    @Test
    void aFailureClosesTheConnectionAndIsCounted() {
        lines.answer(index -> ScriptedLines.found("line " + index));
        channel.config().setAllocator(ScriptedLines.proxy(ByteBufAllocator.class, (_, _, _) -> {
            throw new OutOfMemoryError("scripted");
        }));
        send(plain(1) + plain(2));
        assertFalse(channel.isOpen());
        assertEquals(1, lines.components.value("line_server_fast_path_failures"));
    }

    @Test
    void aFailureBeforeTheLookupReleasesTheVersion() {
        channel.pipeline().addLast(new IdleStateHandler(0, 0, 1) {
            @Override
            public void resetReadTimeout() {
                throw new IllegalStateException("scripted");
            }
        });
        send(plain(1));
        assertFalse(channel.isOpen());
        assertEquals(1, lines.components.value("line_server_fast_path_failures"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void otherOutcomesAreAnsweredByTheRouterWithoutASecondLookup(boolean failed) {
        List<Long> lookedUp = new ArrayList<>();
        lines.answer(index -> {
            lookedUp.add(index);
            return failed
                    ? CompletableFuture.failedFuture(new OutOfMemoryError("scripted"))
                    : CompletableFuture.completedFuture(new Lookup.PastTheEnd(3));
        });
        send(plain(8));
        assertOrder(received(), "router: /lines/8");
        assertEquals(List.of(7L), lookedUp);
    }

    /** Vert.x would wait for the rest of a body, if it is not the body of the request that is being answered. */
    @ParameterizedTest
    @CsvSource({"1, false, 1", "2, false, 2", "0, true, 0", "1, true, 2"})
    void aBodyThatADisconnectCutsShortIsEndedIfAnAnswerIsInProgress(int whole, boolean cut, int ends) {
        vertx.answersAtOnce = false;
        send(ROUTED.repeat(whole) + (cut ? "PUT /other HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nbody" : ""));
        ChannelFuture _ = channel.close();
        channel.runPendingTasks();
        assertEquals(ends, vertx.ends);
    }

    @Test
    void theChannelIsNotReadWhileTheClientDoesNotRead() {
        lines.answer(_ -> ScriptedLines.found("x".repeat(1_000)));
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        send(plain(1) + plain(2));
        assertEquals("", received());
        assertFalse(channel.config().isAutoRead());
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, true);
        assertEquals(2, received().split("HTTP/1.1 200", -1).length - 1);
        assertTrue(channel.config().isAutoRead());
    }

    /** Both pause reading by the same switch, and Vert.x does not pause a second time. */
    @Test
    void readingThatVertxHasPausedIsResumedByVertxAlone() {
        vertx.whenRequested = () -> channel.config().setAutoRead(false);
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        send(ROUTED);
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, true);
        assertOrder(received(), "router: /other");
        assertFalse(channel.config().isAutoRead(), "paused because of the bytes that were held");

        vertx.whenRequested = () -> {};
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        send(ROUTED);
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, true);
        assertOrder(received(), "router: /other");
        assertFalse(channel.config().isAutoRead(), "paused before bytes were held");
    }

    @Test
    void readingIsPausedAgainIfVertxResumesItWhileBytesAreHeld() {
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        send(ROUTED);
        channel.config().setAutoRead(true);
        send(ROUTED);
        assertFalse(channel.config().isAutoRead());
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, true);
        assertOrder(received(), "router: /other", "router: /other");
        assertTrue(channel.config().isAutoRead());
    }

    /** Vert.x stops and continues its own writes by this event. */
    @Test
    void vertxIsToldWhenTheChannelBecomesWritable() {
        send(ROUTED);
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, false);
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, true);
        assertOrder(received(), "router: /other");
        assertEquals(2, vertx.writabilityChanges);
    }

    /** The handler of the idle timeout does not see requests that are answered here. */
    @Test
    void answersPutTheIdleTimeoutOffNowAndThen() {
        AtomicInteger resets = addIdleTimeout(1);
        int requests = 0;
        // Requests that come more slowly than the timeout is put off are no reason to fail.
        while ((resets.get() < 2 || resets.get() == requests) && requests < 100_000) {
            send(plain(1));
            channel.releaseOutbound();
            requests++;
        }
        assertTrue(resets.get() >= 2, "only " + resets + " times at " + requests + " requests");
        assertTrue(resets.get() < requests, "at every request");
    }

    /** Each look at the handlers of a connection costs time, so a busy server must not look whenever a slow client asks. */
    @Test
    void aLongIdleTimeoutIsPutOffRarely() {
        AtomicInteger resets = addIdleTimeout(Integer.MAX_VALUE);
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < TimeUnit.MILLISECONDS.toNanos(200)) {
            send(plain(1));
            channel.releaseOutbound();
        }
        assertEquals(1, resets.get());
    }

    private AtomicInteger addIdleTimeout(int seconds) {
        AtomicInteger resets = new AtomicInteger();
        channel.pipeline().addLast(new IdleStateHandler(0, 0, seconds) {
            @Override
            public void resetReadTimeout() {
                resets.incrementAndGet();
            }
        });
        return resets;
    }

    @Test
    void pendingRequestsOfTheRouterAreBounded() {
        vertx.answersAtOnce = false;
        send(ROUTED.repeat(100));
        send(ROUTED.repeat(30));
        assertEquals(100, vertx.requests.size());
        vertx.answer();
        channel.runPendingTasks();
        assertEquals(129, vertx.requests.size());
        while (!vertx.requests.isEmpty()) {
            vertx.answer();
            channel.runPendingTasks();
        }
        assertEquals(130, received().split("router:", -1).length - 1);
    }

    @Test
    void http2IsLeftAlone() {
        String preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
        send(preface);
        StringBuilder forwarded = new StringBuilder();
        for (ByteBuf bytes = channel.readInbound(); bytes != null; bytes = channel.readInbound()) {
            forwarded.append(bytes.toString(StandardCharsets.ISO_8859_1));
            bytes.release();
        }
        assertEquals(preface, forwarded.toString());
        assertNull(channel.pipeline().get(FastPathHandler.class));
    }

    @Test
    void nothingIsAnsweredAfterAMalformedRequest() {
        lines.answer(index -> ScriptedLines.found("line " + index));
        send("GET /lines/2 HTTP/1.1\r\nno colon\r\n\r\n");
        send(plain(1));
        assertFalse(received().contains("line 0"));
    }

    @Test
    void aVersionIsReleasedIfTheConnectionClosesDuringALookup() {
        CompletableFuture<Lookup> late = new CompletableFuture<>();
        lines.answer(_ -> late);
        send(plain(1) + plain(2));
        ChannelFuture _ = channel.close();
        channel.runPendingTasks();
        late.complete(new Lookup.PastTheEnd(1));
        channel.runPendingTasks();
    }

    /** Random requests, split anywhere, while lookups and the router take any time. The message of a failure has the seed. */
    @Test
    void answersKeepTheOrderOfRequestsHoweverTheBytesAreSplit() throws Exception {
        for (int seed = 0; seed < 100; seed++) {
            FastPathHandlerTest connection = new FastPathHandlerTest();
            connection.exchangeRandomly(new Random(seed), "seed " + seed);
            connection.everyRequestReleasesTheVersionAndItsBytes();
        }
    }

    private void exchangeRandomly(Random random, String seed) {
        Deque<Runnable> lookupsInFlight = new ArrayDeque<>();
        lines.answer(index -> {
            Lookup line = new Lookup.Found(("line " + (index + 1) + ";").getBytes(StandardCharsets.ISO_8859_1));
            Lookup lookup = index % 10 == 0 ? new Lookup.PastTheEnd(5) : line;
            CompletableFuture<Lookup> answer = new CompletableFuture<>();
            lookupsInFlight.add(() -> answer.complete(lookup));
            if (random.nextBoolean()) {
                lookupsInFlight.remove().run();
            }
            return answer;
        });
        vertx.answersAtOnce = random.nextBoolean();
        List<String> expected = new ArrayList<>();
        StringBuilder requests = new StringBuilder();
        for (int i = random.nextInt(40); i >= 0; i--) {
            int number = random.nextInt(50);
            requests.append(number == 0 ? ROUTED : plain(number));
            expected.add(number == 0 ? "other" : Integer.toString(number));
        }
        StringBuilder got = new StringBuilder();
        String rest = requests.toString();
        while (!rest.isEmpty() || !lookupsInFlight.isEmpty() || !vertx.requests.isEmpty()) {
            int cut = Math.min(rest.length(), random.nextInt(200));
            if (cut > 0) {
                send(rest.substring(0, cut));
                rest = rest.substring(cut);
            }
            if (!lookupsInFlight.isEmpty()) {
                lookupsInFlight.remove().run();
            }
            if (!vertx.requests.isEmpty() && random.nextBoolean()) {
                vertx.answer();
            }
            got.append(received());
        }
        List<String> answers = Pattern.compile("(?:line |router: /lines/|router: /)(other|\\d+);")
                .matcher(got)
                .results()
                .map(answer -> answer.group(1))
                .toList();
        assertEquals(expected, answers, seed);
    }
}
