package dev.lineserver.http;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.netty.channel.DefaultEventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.DefaultEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.FastThreadLocal;
import io.netty.util.concurrent.ScheduledFuture;
import org.junit.jupiter.api.Test;

import dev.lineserver.store.Lookup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class PendingLookupsTest {
    private static final int SEED = 20261128;

    @Test
    void theTimerSurvivesARequestThatThrows() throws Exception {
        DefaultEventExecutor loop = new DefaultEventExecutor();
        try (ScriptedLines lines = new ScriptedLines(Duration.ofMillis(1))) {
            lines.answer(_ -> new CompletableFuture<>());
            LineRequest throwing = Objects.requireNonNull(lines.components.lineRoute.prepare("/lines/1"));
            LineRequest next = Objects.requireNonNull(lines.components.lineRoute.prepare("/lines/2"));
            CompletableFuture<Void> ended = new CompletableFuture<>();
            loop.execute(() -> {
                throwing.lookUp(loop, false, () -> {
                    throw new OutOfMemoryError("scripted");
                });
                next.lookUp(loop, false, () -> ended.complete(null));
            });
            ended.get(30, TimeUnit.SECONDS);
            assertEquals(1, lines.components.value("line_server_request_failures"));
        } finally {
            loop.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
        }
    }

    @Test
    void aTimerThatCannotBeStartedFailsOneRequest() throws Exception {
        int[] timers = new int[1];
        DefaultEventLoop loop = new DefaultEventLoop() {
            @Override
            public ScheduledFuture<?> scheduleAtFixedRate(Runnable task, long delay, long period, TimeUnit unit) {
                if (timers[0]++ == 0) {
                    throw new IllegalStateException("scripted");
                }
                return super.scheduleAtFixedRate(task, delay, period, unit);
            }
        };
        try (ScriptedLines lines = new ScriptedLines(Duration.ofMillis(1))) {
            lines.answer(_ -> new CompletableFuture<>());
            for (int i = 0; i < 2; i++) {
                LineRequest request = Objects.requireNonNull(lines.components.lineRoute.prepare("/lines/1"));
                CompletableFuture<Void> ended = new CompletableFuture<>();
                loop.execute(() -> request.lookUp(loop, false, () -> ended.complete(null)));
                ended.get(30, TimeUnit.SECONDS);
                assertTrue(request.outcome().failed());
            }
            assertEquals(2, timers[0]);
        } finally {
            loop.shutdownGracefully(0, 0, TimeUnit.SECONDS).sync();
        }
    }

    /** Lookups begin and are answered in any order. The timer ends the rest, oldest first, and each lookup ends once. */
    @Test
    void theTimerEndsTheLookupsThatAreStillPendingOldestFirst() throws Exception {
        Random random = new Random(SEED);
        EmbeddedChannel channel = new EmbeddedChannel();
        channel.freezeTime();
        // This thread may have lookups whose timer runs on the event loop of another test.
        FastThreadLocal.removeAll();
        assertSame(PendingLookups.of(channel.eventLoop()), PendingLookups.of(channel.eventLoop()), "one timer");
        try (ScriptedLines lines = new ScriptedLines()) {
            List<CompletableFuture<Lookup>> answers = new ArrayList<>();
            lines.answer(_ -> {
                answers.add(new CompletableFuture<>());
                return answers.getLast();
            });
            List<Integer> pending = new ArrayList<>();
            List<Integer> ended = new ArrayList<>();
            for (int step = 0; step < 2_000; step++) {
                if (random.nextInt(100) == 0) {
                    ended.clear();
                    channel.advanceTimeBy(1, TimeUnit.SECONDS);
                    channel.runScheduledPendingTasks();
                    assertEquals(pending, ended, "step " + step);
                    pending.clear();
                } else if (pending.isEmpty() || random.nextBoolean()) {
                    pending.add(answers.size());
                    LineRequest _ = begin(lines, channel.eventLoop(), Duration.ofNanos(-1), answers.size(), ended);
                } else {
                    ended.clear();
                    Integer answered = pending.remove(/* index */ random.nextInt(pending.size()));
                    answers.get(answered).complete(new Lookup.PastTheEnd(1));
                    assertEquals(List.of(answered), ended, "step " + step);
                }
            }
            ended.clear();
            answers.forEach(answer -> answer.complete(new Lookup.PastTheEnd(1)));
            assertEquals(pending, ended, "answers after the timeout are ignored");

            LineRequest _ = begin(lines, channel.eventLoop(), Duration.ofMinutes(1), answers.size(), ended);
            ended.clear();
            channel.advanceTimeBy(1, TimeUnit.SECONDS);
            channel.runScheduledPendingTasks();
            assertEquals(List.of(), ended, "a lookup that has just begun is not overdue");
            answers.getLast().complete(new Lookup.PastTheEnd(1));
            assertEquals(1, ended.size());
        } finally {
            FastThreadLocal.removeAll();
        }
    }

    /** A client that reads slowly keeps its request for minutes, and must not keep all others with their lines. */
    @Test
    void aRequestThatHasEndedReferencesNoOther() throws Exception {
        EmbeddedChannel channel = new EmbeddedChannel();
        FastThreadLocal.removeAll();
        try (ScriptedLines lines = new ScriptedLines()) {
            List<CompletableFuture<Lookup>> answers = new ArrayList<>();
            lines.answer(_ -> {
                answers.add(new CompletableFuture<>());
                return answers.getLast();
            });
            List<LineRequest> requests = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                requests.add(begin(lines, channel.eventLoop(), Duration.ofMinutes(1), i, new ArrayList<>()));
            }
            for (int i : new int[] {1, 0, 2}) {
                answers.get(i).complete(new Lookup.PastTheEnd(1));
                assertNull(requests.get(i).older);
                assertNull(requests.get(i).newer);
            }
        } finally {
            FastThreadLocal.removeAll();
        }
    }

    /** Begins a lookup, and adds its number to {@code ended} when it ends. A negative timeout has passed at once. */
    private static LineRequest begin(
            ScriptedLines lines, EventExecutor loop, Duration timeout, int number, List<Integer> ended) {
        LineRequest prepared = Objects.requireNonNull(lines.components.lineRoute.prepare("/lines/1"));
        LineRequest request =
                new LineRequest(prepared.version, new LineTarget(null, null, "1"), 0, prepared.outcomes, timeout);
        request.lookUp(loop, true, () -> {
            ended.add(number);
            request.release();
        });
        return request;
    }
}
