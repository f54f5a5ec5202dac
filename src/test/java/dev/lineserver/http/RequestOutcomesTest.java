package dev.lineserver.http;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.LongStream;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import dev.lineserver.store.Distribution;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.Lookup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class RequestOutcomesTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final AtomicLong clock = new AtomicLong(-5 * SECOND);
    private final RequestOutcomes outcomes = new RequestOutcomes(registry, clock::get);
    private final CapturedLog log = new CapturedLog(RequestOutcomes.class.getName());

    @AfterEach
    void stopListening() {
        log.close();
    }

    private double count(String counter) {
        return registry.get(counter).counters().stream()
                .mapToDouble(Counter::count)
                .sum();
    }

    @Test
    void everyOutcomeOfALookupIsCountedAndTimed() {
        LineParts parts = new LineParts(1, 1, _ -> {
            throw new IllegalStateException();
        });
        outcomes.recordLookup(new Lookup.Found(new byte[0]), SECOND);
        outcomes.recordLookup(new Lookup.FoundInParts(parts), SECOND);
        outcomes.recordLookup(new Lookup.PastTheEnd(1), 3 * SECOND);
        outcomes.recordLookup(new Lookup.Damaged("lost"), 4 * SECOND);
        outcomes.recordLookup(null, 5 * SECOND);
        Map.of("FOUND", 2, "PAST_THE_END", 3, "DAMAGED", 4, "UNAVAILABLE", 5).forEach((outcome, seconds) -> {
            Distribution lookups = outcomes.requests.lookups(RequestMetrics.LookupOutcome.valueOf(outcome));
            assertEquals(
                    outcome.equals("FOUND") ? 2 : 1,
                    LongStream.of(lookups.counts()).sum(),
                    outcome);
            assertEquals(seconds * SECOND, lookups.sum(), outcome);
        });
    }

    @Test
    void atMostOneFailurePerSecondIsLoggedWithTheNumberOfTheOthers() {
        for (int i = 0; i < 10; i++) {
            outcomes.recordUnexpectedFailure(new IllegalStateException("scripted"));
        }
        clock.addAndGet(SECOND - 1);
        outcomes.recordFastPathFailure(new IllegalStateException("scripted"));
        assertEquals(1, log.messages.size());
        assertTrue(log.messages.getFirst().contains("(0 more failures"), log.messages.getFirst());
        clock.addAndGet(1);
        outcomes.recordFastPathFailure(new IllegalStateException("scripted"));
        assertEquals(2, log.messages.size());
        assertTrue(log.messages.getLast().contains("(10 more failures"), log.messages.getLast());
        outcomes.recordUnexpectedFailure(null);
        clock.addAndGet(2 * SECOND);
        outcomes.recordUnexpectedFailure(null);
        assertEquals(3, log.messages.size());
        assertTrue(log.messages.getLast().contains("(1 more failures"), log.messages.getLast());
        assertEquals(12, count("line_server_request_failures"));
        assertEquals(2, count("line_server_fast_path_failures"));
    }

    @Test
    void aConnectionIsClosedIfTheAnswerCannotBeWritten() {
        AtomicInteger closed = new AtomicInteger();
        HttpConnection connection = ScriptedLines.proxy(HttpConnection.class, (_, _, _) -> {
            closed.incrementAndGet();
            return null;
        });
        HttpServerRequest request = ScriptedLines.proxy(HttpServerRequest.class, (_, method, _) -> {
            if (method.getName().equals("connection")) {
                return connection;
            }
            throw new OutOfMemoryError("scripted");
        });
        outcomes.answerUnexpectedFailure(request, Problem.unexpected(), new IllegalStateException("scripted"));
        assertEquals(1, closed.get());
        assertEquals(1, count("line_server_request_failures"));
        assertEquals(1, log.messages.size());
    }
}
