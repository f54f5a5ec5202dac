package dev.lineserver.http;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import org.junit.jupiter.api.Test;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The body of an answer whose owner and pieces a test scripts; {@link LinesRouteTest} has those of the route. */
final class BodyWriterTest {
    /** No timer can be set to it: it has more nanoseconds than a {@code long} can count. */
    private static final Duration IMPOSSIBLE = Duration.ofSeconds(Long.MAX_VALUE);

    private final CompletableFuture<ByteBuf> piece = new CompletableFuture<>();
    private final AtomicInteger closes = new AtomicInteger();
    private final AtomicInteger releases = new AtomicInteger();

    private final BodyPieces pieces = new BodyPieces() {
        @Override
        public CompletionStage<ByteBuf> next() {
            return piece;
        }

        @Override
        public boolean ended() {
            return piece.isDone();
        }

        @Override
        public CompletionStage<Void> close() {
            closes.incrementAndGet();
            return CompletableFuture.completedFuture(null);
        }
    };

    private final class ScriptedOwner implements BodyWriter.Owner {
        private final HttpServerRequest request;

        ScriptedOwner(HttpServerRequest request) {
            this.request = request;
        }

        @Override
        public void setHead(boolean onePiece) {}

        @Override
        public void fail(Throwable failure, boolean headWritten) {
            request.response().setStatusCode(503).end();
        }

        @Override
        public void release() {
            releases.incrementAndGet();
        }
    }

    /** The store writes to the memory of the piece until its stage completes, whatever becomes of the answer. */
    @Test
    void aTimerThatCannotBeStartedFailsTheAnswerAndReleasesItAfterTheRead() throws Exception {
        ByteBuf block = Unpooled.buffer(1).writeByte('x');
        try (ScriptedLines lines = new ScriptedLines();
                PlainServer server = new PlainServer(
                        lines.components,
                        false,
                        new HttpServerOptions(),
                        router -> router.get("/piece")
                                .handler(routing -> new BodyWriter(
                                                routing.request(),
                                                pieces,
                                                IMPOSSIBLE,
                                                new ScriptedOwner(routing.request()))
                                        .start()))) {
            String answer = new String(server.exchange("GET /piece"), StandardCharsets.ISO_8859_1);
            assertTrue(answer.startsWith("HTTP/1.1 503 "), answer);
            assertEquals(0, closes.get());
            assertEquals(0, releases.get());
            piece.complete(block);
            await().until(() -> releases.get() > 0);
            assertEquals(1, closes.get());
            assertEquals(1, releases.get());
            assertEquals(0, block.refCnt());
        }
    }
}
