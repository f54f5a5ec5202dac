package dev.lineserver.serving;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The times at which a server reclaims leftovers, and what a failure changes. */
final class BackgroundTaskTest {
    private static final Duration LOOKUP_TIMEOUT = Duration.ofMillis(50);

    private final ScriptedStore store = new ScriptedStore();
    private final ScriptedExecutor executor = new ScriptedExecutor();
    private final AtomicLong clock = new AtomicLong(1);
    private final Datasets datasets =
            new Datasets(() -> store, ScriptedStore.NAME, Duration.ofMillis(500), clock::get, LOOKUP_TIMEOUT, executor);

    private void publish(long current) {
        store.publish(current);
        datasets.check();
    }

    private void checkAfter(long seconds) {
        clock.addAndGet(Duration.ofSeconds(seconds).toNanos());
        datasets.check();
    }

    private void assertReady() {
        assertEquals(Optional.empty(), datasets.unreadiness());
    }

    @Test
    void leftoversAreReclaimedTwiceAMinuteAndNeverTwiceAtOnce() {
        int[] calls = new int[1];
        store.reclaiming = () -> ++calls[0] > 0;
        publish(1);
        checkAfter(29);
        assertEquals(0, calls[0]);
        executor.queueing = true;
        checkAfter(1);
        checkAfter(31);
        assertEquals(0, calls[0]);
        executor.runQueued();
        assertEquals(1, calls[0], "called while the last call had not ended");
        executor.queueing = false;
        checkAfter(29);
        assertEquals(1, calls[0]);
        checkAfter(1);
        assertEquals(2, calls[0]);
    }

    @Test
    void reclaimingSurvivesEveryFailureAndDelaysNothing() {
        publish(1);
        List<Throwable> failures = new ArrayList<>(List.of(
                new StoreUnavailableException("no node answers"),
                new StoreFailedException("refused"),
                new IllegalStateException("a defect"),
                new OutOfMemoryError("Java heap space")));
        int[] calls = new int[1];
        store.reclaiming = () -> {
            calls[0]++;
            @Nullable Throwable failure = failures.isEmpty() ? null : failures.removeFirst();
            if (failure != null) {
                throw ScriptedStore.rethrowUnchecked(failure);
            }
            return true;
        };
        for (int i = 1; i <= 6; i++) {
            checkAfter(30);
            assertEquals(i, calls[0]);
            assertReady();
        }
    }

    @Test
    void aLastingFailureIsLoggedOnce() {
        publish(1);
        try (LoggedErrors errors = new LoggedErrors(BackgroundTask.class)) {
            for (String failure : List.of("refused", "refused", "no node answers")) {
                store.reclaiming = () -> {
                    throw new StoreFailedException(failure);
                };
                checkAfter(30);
            }
            assertEquals(2, errors.messages.size(), errors.messages.toString());
            assertTrue(errors.messages.getFirst().contains("refused"), errors.messages.toString());
            assertTrue(errors.messages.getLast().contains("no node answers"), errors.messages.toString());
        }
    }

    @Test
    void nothingIsReclaimedInAStoreThatIsNotOpen() {
        Datasets unopened = new Datasets(
                () -> {
                    throw new StoreUnavailableException("no node answers");
                },
                ScriptedStore.NAME,
                Duration.ofMillis(500),
                clock::get,
                LOOKUP_TIMEOUT,
                executor);
        clock.addAndGet(Duration.ofMinutes(5).toNanos());
        unopened.check();
        assertEquals(0, executor.queued());
    }
}
