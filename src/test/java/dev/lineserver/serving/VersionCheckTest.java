package dev.lineserver.serving;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreUnavailableException;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Checks of the current version that may read its whole content: what goes on meanwhile, and what follows from them. */
final class VersionCheckTest {
    private static final Duration INTERVAL = Duration.ofMillis(500);

    private final ScriptedStore store = new ScriptedStore();
    private final ScriptedExecutor executor = new ScriptedExecutor();
    private final AtomicLong clock = new AtomicLong(1);
    private final Datasets datasets =
            new Datasets(() -> store, ScriptedStore.NAME, INTERVAL, clock::get, Duration.ofMillis(50), executor);

    private static long current(Datasets served) {
        ServedDataset dataset = served.find("default");
        return dataset == null ? 0 : dataset.manifest().map(Manifest::version).orElse(0L);
    }

    private String unreadiness() {
        return datasets.unreadiness().orElse("ready");
    }

    /** Publishes a version, and runs an action while the version is checked for the second time. */
    private void duringTheCheckOf(long version, Runnable action) {
        store.publish(version);
        datasets.check();
        executor.queueing = true;
        datasets.check();
        executor.runNext();
        assertEquals(1, executor.queued(), "the refresh has not started a check of its own");
        executor.queueing = false;
        List<Error> failures = new ArrayList<>();
        int[] calls = new int[1];
        store.opened.getFirst().ownChecking = () -> {
            try {
                if (calls[0]++ == 0) {
                    action.run();
                }
            } catch (AssertionError e) {
                // Thrown here, it would be a failure of the version.
                failures.add(e);
            }
            return true;
        };
        executor.runNext();
        store.opened.getFirst().ownChecking = null;
        for (Error failure : failures) {
            throw failure;
        }
        assertTrue(calls[0] > 0, "the version was not checked");
    }

    @Test
    void publicationsRollbacksAndDropsAreFollowedDuringACheck() {
        List<Long> seen = new ArrayList<>();
        duringTheCheckOf(1, () -> {
            for (long next : new long[] {2, 1, 3}) {
                store.publish(next);
                datasets.check();
                seen.add(current(datasets));
            }
            store.listings.clear();
            datasets.check();
            seen.add(current(datasets));
            assertEquals(0, store.opened.getFirst().closes, "closed during its check");
        });
        assertEquals(List.of(2L, 1L, 3L, 0L), seen);
        store.opened.forEach(snapshot -> assertEquals(1, snapshot.closes));
    }

    @Test
    void readinessFollowsTheLookupsDuringACheck() {
        duringTheCheckOf(1, () -> {
            assertEquals("ready", unreadiness());
            store.lookups = () -> {
                throw new StoreUnavailableException("timed out");
            };
            datasets.check();
            assertTrue(unreadiness().contains("timed out"), unreadiness());
            // The lines that the check has not yet reached may be the ones that cannot be read.
            store.lookups = () -> CompletableFuture.completedFuture(new Lookup.Found(new byte[0]));
            datasets.check();
            assertTrue(unreadiness().contains("timed out"), unreadiness());
        });
        datasets.check();
        assertEquals("ready", unreadiness());
    }

    @Test
    void aVersionIsNotCheckedTwiceAtOnce() {
        duringTheCheckOf(1, () -> {
            datasets.check();
            datasets.check();
        });
        assertEquals(2, store.opened.getFirst().checks);
        datasets.check();
        assertEquals(3, store.opened.getFirst().checks);
    }

    @Test
    void aLastingFailureIsLoggedOnceAndMakesTheServerUnready() {
        store.publish(1);
        datasets.check();
        store.checking = () -> {
            throw new StoreUnavailableException("the file changed");
        };
        try (LoggedErrors errors = new LoggedErrors(VersionCheck.class)) {
            datasets.check();
            datasets.check();
            assertEquals(List.of("dataset default version 1: the file changed"), errors.messages);
        }
        assertTrue(unreadiness().contains("the file changed"), unreadiness());
        store.checking = () -> {
            throw ScriptedStore.rethrowUnchecked(new OutOfMemoryError("Java heap space"));
        };
        datasets.check();
        assertTrue(unreadiness().contains("Java heap space"), unreadiness());
        store.checking = () -> true;
        store.publish(2);
        datasets.check();
        assertEquals("ready", unreadiness());
    }

    /** A source may have been changed while no server ran. */
    @Test
    void startReturnsAfterTheFirstCheck() throws Exception {
        Thread starter = Thread.currentThread();
        store.checking = () -> {
            // Ends only when the test's own thread waits inside start.
            await().until(() -> starter.getState() == Thread.State.WAITING);
            throw new StoreUnavailableException("the file changed");
        };
        store.publish(1);
        try (Datasets served = new Datasets(() -> store, ScriptedStore.NAME, Duration.ofHours(1))) {
            served.start();
            String reason = served.unreadiness().orElse("ready");
            assertTrue(reason.contains("the file changed"), reason);
        }
    }

    @Test
    void aRefreshThatRunsAfterItsDatasetWasDroppedOpensNothing() {
        store.publish(1);
        datasets.check();
        executor.queueing = true;
        datasets.check();
        store.listings.clear();
        datasets.check();
        try (LoggedErrors errors = new LoggedErrors(ServedDataset.class)) {
            executor.runQueued();
            assertEquals(List.of(), errors.messages);
        }
        assertEquals(List.of(1L), store.openedNumbers());
        assertEquals(1, store.lastOpened().closes);
    }

    @Test
    void closeInterruptsAllChecksAndTheirFailuresAreNotLogged() throws Exception {
        CountDownLatch checking = new CountDownLatch(2);
        CountDownLatch interrupted = new CountDownLatch(2);
        store.checking = () -> {
            checking.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                interrupted.countDown();
            }
            throw new StoreUnavailableException("interrupted");
        };
        ExecutorService threads = Executors.newCachedThreadPool();
        Datasets served =
                new Datasets(() -> store, ScriptedStore.NAME, INTERVAL, clock::get, Duration.ofSeconds(30), threads);
        store.publish(1);
        served.check();
        await().until(() -> current(served) == 1 && checking.getCount() == 1);
        store.publish(2);
        await().until(() -> {
            served.check();
            return checking.getCount() == 0;
        });
        @Nullable ServedDataset dataset = served.find("default");
        assertEquals(Optional.empty(), Objects.requireNonNull(dataset).unavailability());
        try (LoggedErrors errors = new LoggedErrors(VersionCheck.class)) {
            served.close();
            assertEquals(List.of(), errors.messages);
        }
        assertTrue(interrupted.await(30, TimeUnit.SECONDS), "a check was not interrupted");
        assertEquals(2, store.opened.size());
        store.opened.forEach(snapshot -> assertEquals(1, snapshot.closes));
    }
}
