package dev.lineserver.http.connection;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.DefaultEventLoopGroup;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.local.LocalChannel;
import io.netty.handler.codec.http.HttpRequestDecoder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The states of one connection, in virtual time. */
final class HeadDeadlineTest {
    private static final long TIMEOUT_MILLIS = 10_000;
    private static final long HOUR_MILLIS = TimeUnit.HOURS.toMillis(1);

    private final AtomicInteger closed = new AtomicInteger();
    private final EmbeddedChannel channel = new EmbeddedChannel();

    HeadDeadlineTest() {
        channel.freezeTime();
        channel.pipeline()
                .addLast(new HttpRequestDecoder())
                .addFirst(new HeadDeadline(new PendingHeads.PerServer(
                        TimeUnit.MILLISECONDS.toNanos(TIMEOUT_MILLIS),
                        "408".getBytes(StandardCharsets.US_ASCII),
                        closed::incrementAndGet)));
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private void pass(long millis) {
        for (long passed = 0; passed < millis; passed += 100) {
            channel.advanceTimeBy(Math.min(100, millis - passed), TimeUnit.MILLISECONDS);
            channel.runPendingTasks();
        }
    }

    private void receive() {
        channel.writeInbound(Unpooled.wrappedBuffer(new byte[1]));
    }

    private HeadDeadline deadline() {
        return requireNonNull(HeadDeadline.of(channel));
    }

    private void exchange() {
        receive();
        deadline().requestBegan(false);
        deadline().requestEnded();
    }

    @Test
    void aByteNowAndThenDoesNotExtendTheDeadline() {
        exchange();
        pass(HOUR_MILLIS);
        receive();
        for (int i = 0; i < 89; i++) {
            pass(TIMEOUT_MILLIS / 100);
            receive();
        }
        assertTrue(channel.isOpen());
        pass(TIMEOUT_MILLIS / 10 + TIMEOUT_MILLIS / 100);
        assertFalse(channel.isOpen());
        ByteBuf answer = channel.readOutbound();
        assertEquals("408", answer.toString(StandardCharsets.US_ASCII));
        answer.release();
        assertEquals(1, closed.get());
    }

    @Test
    void aNewConnectionThatSendsNothingIsClosedWithoutAnAnswer() {
        pass(TIMEOUT_MILLIS - 100);
        assertTrue(channel.isOpen());
        pass(100);
        assertFalse(channel.isOpen());
        assertNull(channel.readOutbound());
    }

    @Test
    void anIdleConnectionIsLeftAlone() {
        exchange();
        pass(HOUR_MILLIS);
        assertTrue(channel.isOpen());
    }

    @Test
    void aConnectionWithARequestInProgressIsLeftAlone() {
        receive();
        deadline().requestBegan(false);
        deadline().requestBegan(false);
        deadline().requestEnded();
        receive();
        pass(HOUR_MILLIS);
        assertTrue(channel.isOpen());
        deadline().requestEnded();
        receive();
        pass(TIMEOUT_MILLIS);
        assertFalse(channel.isOpen());
    }

    /** Otherwise the server would close the connection of a client that reads slowly, and lose answers. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theDeadlineStartsAgainWhileTheServerDoesNotRead(boolean byAutoRead) {
        exchange();
        receive();
        pause(byAutoRead, true);
        pass(HOUR_MILLIS);
        assertTrue(channel.isOpen());
        pause(byAutoRead, false);
        pass(TIMEOUT_MILLIS);
        assertFalse(channel.isOpen());
    }

    private void pause(boolean byAutoRead, boolean paused) {
        if (byAutoRead) {
            channel.config().setAutoRead(!paused);
        } else {
            channel.unsafe().outboundBuffer().setUserDefinedWritability(1, !paused);
        }
    }

    @Test
    void framesOfHttp2AreNotTakenForHeads() {
        receive();
        deadline().requestBegan(true);
        deadline().requestEnded();
        receive();
        pass(HOUR_MILLIS);
        assertTrue(channel.isOpen());
    }

    /** The count of requests belongs to the event loop. */
    @Test
    void anAnswerThatEndsOnAnotherThreadIsCountedOnTheEventLoop() throws Exception {
        EventLoopGroup group = new DefaultEventLoopGroup(1);
        try {
            Channel served = new LocalChannel();
            group.register(served).sync();
            HeadDeadline deadline = new HeadDeadline(
                    new PendingHeads.PerServer(TimeUnit.MILLISECONDS.toNanos(HOUR_MILLIS), new byte[0], () -> {}));
            served.pipeline().addLast(deadline);
            served.eventLoop().submit(() -> deadline.requestBegan(false)).sync();
            CountDownLatch proceed = new CountDownLatch(1);
            served.eventLoop().execute(() -> {
                try {
                    assertTrue(proceed.await(30, TimeUnit.SECONDS));
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
            });
            // A byte starts the deadline if no answer is in progress.
            Future<Boolean> before = served.eventLoop().submit(() -> startsDeadline(served, deadline));
            deadline.requestEnded();
            Future<Boolean> after = served.eventLoop().submit(() -> startsDeadline(served, deadline));
            proceed.countDown();
            assertFalse(before.get(), "counted on the thread of the caller");
            assertTrue(after.get());
        } finally {
            group.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
        }
    }

    private static boolean startsDeadline(Channel served, HeadDeadline deadline) {
        served.pipeline().fireChannelRead(Unpooled.EMPTY_BUFFER);
        return deadline.listed;
    }

    @Test
    void aConnectionThatTheClientClosesIsForgotten() {
        receive();
        HeadDeadline deadline = deadline();
        assertTrue(deadline.listed);
        channel.close().syncUninterruptibly();
        channel.runPendingTasks();
        assertFalse(deadline.listed, "the list would grow with each connection");
        pass(HOUR_MILLIS);
        assertEquals(0, closed.get());
    }
}
