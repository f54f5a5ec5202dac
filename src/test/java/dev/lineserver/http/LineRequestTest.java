package dev.lineserver.http;

import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import dev.lineserver.store.Lookup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class LineRequestTest {
    private final ScriptedLines lines = new ScriptedLines();
    private final EmbeddedChannel channel = new EmbeddedChannel();

    LineRequestTest() throws Exception {}

    @AfterEach
    void close() {
        lines.close();
        assertEquals(1, lines.closes.get(), "every request releases the version");
    }

    private LineRequest prepare(long number) {
        return Objects.requireNonNull(lines.components.lineRoute.prepare("/lines/" + number));
    }

    @Test
    void aContinuationRunsInlineOnlyIfItMay() {
        for (boolean inline : new boolean[] {true, false}) {
            CompletableFuture<Void> continued = new CompletableFuture<>();
            LineRequest request = prepare(1);
            request.lookUp(channel.eventLoop(), inline, () -> continued.complete(null));
            assertEquals(inline, continued.isDone());
            channel.runPendingTasks();
            assertTrue(continued.isDone());
            request.release();
        }
    }

    /** The next request on the thread would be answered with the line of this one. */
    @Test
    void aRequestWhoseHandOverFailsIsNotLeftBehind() {
        LineRequest request = prepare(1);
        assertThrows(
                IllegalStateException.class,
                () -> request.handOver(() -> {
                    throw new IllegalStateException("scripted");
                }));
        assertNull(LineRequest.claimHandedOver());
        request.release();
    }

    @Test
    void aContinuationRunsOnTheEventLoopWhateverThreadTheStoreAnswersOn() throws Exception {
        EventExecutor loop = new DefaultEventExecutor();
        try {
            CompletableFuture<Lookup> answer = new CompletableFuture<>();
            CompletableFuture<Boolean> onLoop = new CompletableFuture<>();
            lines.answer(_ -> answer);
            LineRequest request = prepare(1);
            loop.submit(() -> request.lookUp(loop, true, () -> onLoop.complete(loop.inEventLoop())))
                    .get(30, TimeUnit.SECONDS);
            answer.complete(new Lookup.PastTheEnd(1));
            assertTrue(onLoop.get(30, TimeUnit.SECONDS));
            request.release();
        } finally {
            loop.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
        }
    }

    @Test
    void theOutcomeIsThatOfTheStore() {
        OutOfMemoryError failure = new OutOfMemoryError("scripted");
        Lookup.Found found = new Lookup.Found(new byte[] {1});
        Lookup.PastTheEnd pastTheEnd = new Lookup.PastTheEnd(9);
        lines.answer(index -> switch ((int) index) {
            case 0 -> CompletableFuture.completedFuture(found);
            case 1 -> CompletableFuture.completedFuture(pastTheEnd);
            case 2 -> CompletableFuture.failedFuture(failure);
            default -> throw failure;
        });
        LineRequest first = lookedUp(1);
        assertSame(found, first.outcome().result());
        assertSame(found.line(), first.line());
        assertTrue(first.etag().matches("\"[^\"]+-0\""), first.etag());
        LineRequest second = lookedUp(2);
        assertSame(pastTheEnd, second.outcome().result());
        assertNull(second.line());
        for (int number = 3; number <= 4; number++) {
            LineRequest failed = lookedUp(number);
            assertSame(failure, failed.outcome().cause());
            assertNull(failed.line());
        }
    }

    private LineRequest lookedUp(long number) {
        LineRequest request = prepare(number);
        request.lookUp(channel.eventLoop(), true, request::release);
        return request;
    }

    @Test
    void aRequestThatNoRouteClaimsIsNotLeftForTheNextOne() {
        LineRequest request = prepare(1);
        assertFalse(request.handOver(() -> {}));
        assertNull(LineRequest.claimHandedOver());
        AtomicReference<Object> claimed = new AtomicReference<>();
        assertTrue(request.handOver(() -> claimed.set(LineRequest.claimHandedOver())));
        assertSame(request, claimed.get());
        assertNull(LineRequest.claimHandedOver());
        request.release();
    }

    /** A second release must not release the version for another request. */
    @Test
    void aVersionIsReleasedOncePerRequest() {
        LineRequest twice = prepare(1);
        LineRequest other = prepare(2);
        twice.release();
        twice.release();
        lines.components.datasets.close();
        assertEquals(0, lines.closes.get());
        other.release();
    }
}
