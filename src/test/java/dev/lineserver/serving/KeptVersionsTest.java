package dev.lineserver.serving;

import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.serving.ScriptedStore.ScriptedSnapshot;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.StoredVersion;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Versions that requests name by number: how they are opened, shared, kept open, reused and closed. */
final class KeptVersionsTest {
    private static final Duration LOOKUP_TIMEOUT = Duration.ofMillis(50);

    private final ScriptedStore store = new ScriptedStore();
    private final ScriptedExecutor executor = new ScriptedExecutor();
    private final AtomicLong clock = new AtomicLong(1);
    private final Datasets datasets =
            new Datasets(() -> store, ScriptedStore.NAME, Duration.ofMillis(500), clock::get, LOOKUP_TIMEOUT, executor);

    private ServedDataset dataset() {
        ServedDataset dataset = datasets.find("default");
        assertNotNull(dataset);
        return dataset;
    }

    private void publish(long current, long... kept) {
        store.publish(current, kept);
        datasets.check();
    }

    private void checkAfter(long seconds) {
        clock.addAndGet(Duration.ofSeconds(seconds).toNanos());
        datasets.check();
    }

    private CompletionStage<Void> open(long number) {
        return dataset().open(dataset().published(number).orElseThrow());
    }

    /** Opens a version as a request does, and acquires it. */
    private OpenVersion read(long number) {
        CompletableFuture<Void> opened = open(number).toCompletableFuture();
        assertTrue(opened.isDone());
        opened.join();
        OpenVersion version = dataset().acquire(number);
        assertNotNull(version);
        return version;
    }

    private void request(long number) {
        OpenVersion version = dataset().acquire(number);
        assertNotNull(version, "version " + number + " is not open");
        version.release();
    }

    private static Throwable failureOf(CompletionStage<Void> opened) {
        return StoreException.causeOf(assertThrows(
                CompletionException.class, () -> opened.toCompletableFuture().join()));
    }

    private ScriptedSnapshot snapshot(long number) {
        return store.opened.stream()
                .filter(snapshot -> snapshot.manifest().version() == number)
                .reduce((_, last) -> last)
                .orElseThrow();
    }

    private void assertReady() {
        assertEquals(Optional.empty(), datasets.unreadiness());
    }

    @Test
    void aVersionThatNoThreadCouldOpenIsOpenedLater() {
        publish(2, 1);
        executor.outOfThreads = true;
        try (LoggedErrors errors = new LoggedErrors(VersionTable.class)) {
            assertEquals(OutOfMemoryError.class, failureOf(open(1)).getClass());
            clock.addAndGet(Duration.ofMinutes(1).toNanos());
            assertEquals(OutOfMemoryError.class, failureOf(open(1)).getClass());
            assertEquals(1, errors.messages.size(), errors.messages.toString());
        }
        executor.outOfThreads = false;
        publish(1, 2);
        assertEquals(1, dataset().manifest().orElseThrow().version());
    }

    @Test
    void aKeptVersionIsOpenedOnceByConcurrentFirstRequests() {
        publish(2, 1);
        assertEquals(List.of(2L), store.openedNumbers());
        assertNull(dataset().acquire(1));
        executor.queueing = true;
        CompletionStage<Void> first = open(1);
        CompletionStage<Void> second = open(1);
        assertEquals(1, executor.queued());
        assertFalse(first.toCompletableFuture().isDone());
        assertNull(dataset().acquire(1));
        executor.runQueued();
        first.toCompletableFuture().join();
        second.toCompletableFuture().join();
        OpenVersion version = dataset().acquire(1);
        assertNotNull(version);
        assertEquals(1, version.manifest().version());
        version.release();
        assertTrue(open(1).toCompletableFuture().isDone(), "the third request waited");
        assertEquals(List.of(2L, 1L), store.openedNumbers());
        assertEquals(2, dataset().manifest().orElseThrow().version());
    }

    @Test
    void theCurrentVersionIsReadByItsNumberAsWell() {
        publish(2, 1);
        OpenVersion byNumber = dataset().acquire(2);
        OpenVersion current = dataset().acquire();
        assertNotNull(current);
        assertSame(current, byNumber);
        current.release();
        current.release();
        open(2).toCompletableFuture().join();
        assertEquals(List.of(2L), store.openedNumbers());
    }

    @Test
    void everyWaitingRequestGetsTheFailureAndOnlyLaterOnesTryAgain() {
        publish(2, 1);
        StoreFailedException damaged = new StoreFailedException("the index is damaged");
        store.opening = () -> {
            throw damaged;
        };
        executor.queueing = true;
        CompletionStage<Void> first = open(1);
        CompletionStage<Void> second = open(1);
        executor.runQueued();
        assertSame(damaged, failureOf(first));
        assertSame(damaged, failureOf(second));
        store.opening = () -> true;
        checkAfter(9);
        executor.runQueued();
        assertSame(damaged, failureOf(open(1)));
        assertEquals(0, executor.queued(), "opened again before the delay");
        checkAfter(1);
        executor.runQueued();
        executor.queueing = false;
        read(1).release();
        assertReady();
        assertFalse(dataset().isOutdated());
    }

    @Test
    void aVersionThatWasUnavailableIsOpenedByTheNextRequest() {
        publish(2, 1);
        store.opening = () -> {
            throw new StoreUnavailableException("the file is being moved");
        };
        assertEquals("the file is being moved", failureOf(open(1)).getMessage());
        store.opening = () -> true;
        read(1).release();
    }

    @Test
    void anErrorDuringOpenIsAFailureOfItsRequestsOnly() {
        publish(2, 1);
        store.opening = () -> {
            throw new OutOfMemoryError("Java heap space");
        };
        assertEquals("Java heap space", failureOf(open(1)).getMessage());
        assertReady();
        store.opening = () -> true;
        checkAfter(10);
        read(1).release();
    }

    @Test
    void aVersionThatCannotBeDescribedFailsWithTheReason() {
        StoreFailedException damaged = new StoreFailedException("the manifest is damaged");
        store.list(
                ScriptedStore.NAME,
                StoredVersion.unreadable(StoredVersion.State.KEPT, 1, damaged),
                StoredVersion.of(StoredVersion.State.CURRENT, ScriptedStore.manifest(ScriptedStore.NAME, 2)));
        datasets.check();
        assertSame(damaged, failureOf(open(1)));
        assertReady();
    }

    @Test
    void aVersionThatIsDroppedIsClosedAfterItsLastReader() {
        publish(2, 1);
        OpenVersion reading = read(1);
        publish(2);
        assertNull(dataset().acquire(1));
        assertEquals(Optional.empty(), dataset().published(1));
        ScriptedSnapshot dropped = snapshot(1);
        assertEquals(0, dropped.closes, "closed before its reader released it");
        assertTrue(dropped.keepAliveCalls > 0, "the store may remove lines that are being read");
        reading.release();
        assertEquals(1, dropped.closes);
        int keepAliveCalls = dropped.keepAliveCalls;
        datasets.check();
        assertEquals(keepAliveCalls, dropped.keepAliveCalls);
    }

    /** A server notices a drop up to one interval later. Until then, requests must not be told that the store failed. */
    @Test
    void aVersionThatWasDroppedAfterTheLastListingIsGoneAtOnceAndIsNoFault() {
        publish(3, 1, 2);
        store.opening = () -> {
            throw new StoreFailedException("its files are missing");
        };
        try (LoggedErrors errors = new LoggedErrors(VersionTable.class)) {
            store.publish(3, 2);
            Throwable _ = failureOf(open(1));
            assertEquals(Optional.empty(), dataset().published(1));
            assertEquals(List.of(), errors.messages);
            Throwable _ = failureOf(open(2));
            assertTrue(dataset().published(2).isPresent());
            assertEquals(1, errors.messages.size(), "a version that is stored must open");
            store.listings.clear();
            clock.addAndGet(Datasets.RETRY_DELAY.toNanos());
            Throwable _ = failureOf(open(2));
            assertEquals(Optional.empty(), dataset().published(2));
            assertEquals(1, errors.messages.size());
        }
    }

    @Test
    void theListingOfARequestReplacesNoNewerOne() {
        publish(2, 1);
        store.opening = () -> {
            throw new StoreUnavailableException("it is gone");
        };
        store.afterVersions = () -> {
            store.opening = () -> true;
            publish(3, 2);
        };
        failureOf(open(1));
        assertEquals(3, dataset().versions().orElseThrow().lastNumber());
        assertTrue(dataset().published(3).isPresent());
    }

    @Test
    void aVersionThatIsDroppedWhileItIsOpenedIsClosed() {
        publish(2, 1);
        executor.queueing = true;
        CompletionStage<Void> opened = open(1);
        executor.queueing = false;
        publish(2);
        executor.runQueued();
        assertTrue(String.valueOf(failureOf(opened).getMessage()).contains("withdrawn"));
        assertEquals(1, snapshot(1).closes);
        assertNull(dataset().acquire(1));
    }

    @Test
    void aVersionIsClosedAfterAMinuteWithoutRequests() {
        publish(2, 1);
        read(1).release();
        for (int i = 0; i < 3; i++) {
            checkAfter(59);
            request(1);
        }
        checkAfter(0);
        checkAfter(59);
        assertEquals(0, snapshot(1).closes);
        checkAfter(1);
        assertEquals(1, snapshot(1).closes);
        assertNull(dataset().acquire(1));
        assertEquals(0, snapshot(2).closes, "the current version was closed");
        read(1).release();
        assertEquals(List.of(2L, 1L, 1L), store.openedNumbers());
    }

    @Test
    void anIdleVersionIsClosedAfterItsLastReader() {
        publish(2, 1);
        OpenVersion reading = read(1);
        datasets.check();
        checkAfter(60);
        assertNull(dataset().acquire(1));
        assertEquals(0, snapshot(1).closes);
        reading.release();
        assertEquals(1, snapshot(1).closes);
    }

    /** Opening a large index may take longer than the time after which a version is idle. */
    @Test
    void aVersionIsNotIdleBecauseItsOpeningTookLong() {
        publish(2, 1);
        executor.queueing = true;
        CompletionStage<Void> opened = open(1);
        executor.queueing = false;
        checkAfter(300);
        executor.runQueued();
        opened.toCompletableFuture().join();
        datasets.check();
        request(1);
    }

    @Test
    void aSupersededVersionStaysOpenIfRequestsNameItAndARollbackReusesIt() {
        publish(1);
        request(1);
        publish(2, 1);
        assertEquals(2, dataset().manifest().orElseThrow().version());
        request(1);
        request(2);
        publish(1, 2);
        assertEquals(1, dataset().manifest().orElseThrow().version());
        request(1);
        request(2);
        publish(2, 1);
        assertEquals(List.of(1L, 2L), store.openedNumbers());
        assertEquals(0, snapshot(1).closes + snapshot(2).closes);
        datasets.close();
        assertEquals(1, snapshot(1).closes);
        assertEquals(1, snapshot(2).closes);
    }

    @Test
    void aSupersededVersionThatNoRequestNamesIsClosed() {
        publish(1);
        OpenVersion current = dataset().acquire();
        assertNotNull(current);
        current.release();
        publish(2, 1);
        assertEquals(1, snapshot(1).closes);
        request(2);
        checkAfter(61);
        checkAfter(61);
        publish(3, 2);
        assertEquals(1, snapshot(2).closes, "the last request was minutes ago");
    }

    @Test
    void aSupersededVersionThatIsNotKeptIsClosed() {
        publish(1);
        request(1);
        publish(2);
        assertEquals(1, snapshot(1).closes);
        assertNull(dataset().acquire(1));
    }

    @Test
    void anotherManifestOfTheSameNumberIsOpenedAfresh() {
        publish(2, 1);
        read(1).release();
        Manifest first = ScriptedStore.manifest(ScriptedStore.NAME, 1);
        Manifest renewed = new Manifest(
                first.dataset(), 1, first.content(), "elsewhere", first.layout(), first.createdAt(), List.of());
        store.list(
                ScriptedStore.NAME,
                StoredVersion.of(StoredVersion.State.KEPT, renewed),
                StoredVersion.of(StoredVersion.State.CURRENT, ScriptedStore.manifest(ScriptedStore.NAME, 2)));
        datasets.check();
        assertEquals(1, store.lastOpened().closes);
        OpenVersion version = read(1);
        assertEquals(renewed, version.manifest());
        version.release();

        store.list(ScriptedStore.NAME, StoredVersion.of(StoredVersion.State.CURRENT, renewed));
        datasets.check();
        assertEquals(renewed, dataset().manifest().orElseThrow());
        publish(1);
        assertEquals(first, dataset().manifest().orElseThrow());
        assertEquals(List.of(2L, 1L, 1L, 1L), store.openedNumbers());
        datasets.close();
        store.opened.forEach(snapshot -> assertEquals(1, snapshot.closes));
    }

    @Test
    void keptVersionsAreClosedIfTheHeapIsTooSmallForTheNewest() {
        for (Throwable failure : List.of(
                new OutOfMemoryError("Java heap space"),
                new StoreFailedException("too little heap", new OutOfMemoryError("64 MiB")))) {
            publish(2, 1);
            read(1).release();
            ScriptedSnapshot kept = store.lastOpened();
            store.opening = () -> {
                if (kept.closes == 0) {
                    throw ScriptedStore.rethrowUnchecked(failure);
                }
                return true;
            };
            publish(3, 1);
            assertEquals(1, kept.closes);
            assertEquals(3, dataset().manifest().orElseThrow().version());
            assertReady();
            assertFalse(dataset().isOutdated());
            store.opening = () -> true;
        }
    }

    /** Opens a kept version that only the server references. */
    private WeakReference<ScriptedSnapshot> openUnreferenced(long number) {
        read(number).release();
        return new WeakReference<>(store.opened.removeLast());
    }

    /** Makes versions need the heap that another one occupies. */
    private void requireHeapOf(WeakReference<ScriptedSnapshot> other) {
        store.opening = () -> {
            System.gc();
            if (other.get() != null) {
                throw new StoreFailedException("too little heap", new OutOfMemoryError("64 MiB"));
            }
            return true;
        };
    }

    @Test
    void theHeapOfAClosedVersionIsFreeAtOnce() {
        publish(2, 1);
        requireHeapOf(openUnreferenced(1));
        publish(3, 1);
        assertEquals(3, dataset().manifest().orElseThrow().version());
        assertFalse(dataset().isOutdated());
    }

    @Test
    void theNextCheckTriesAgainIfARequestStillReadTheVersionThatWasClosedForItsHeap() {
        publish(2, 1);
        OpenVersion read = read(1);
        store.opening = () -> {
            if (snapshot(1).closes == 0) {
                throw ScriptedStore.rethrowUnchecked(new OutOfMemoryError("Java heap space"));
            }
            return true;
        };
        publish(3, 1);
        assertTrue(dataset().isOutdated());
        read.release();
        datasets.check();
        assertEquals(3, dataset().manifest().orElseThrow().version());
        assertFalse(dataset().isOutdated());
    }

    @Test
    void keptVersionsStayOpenIfTheNewestCannotBeOpenedForAnotherReason() {
        publish(2, 1);
        read(1).release();
        int[] attempts = new int[1];
        store.opening = () -> {
            attempts[0]++;
            throw new StoreFailedException("the index is damaged");
        };
        publish(3, 2, 1);
        assertEquals(1, attempts[0]);
        request(1);
        request(2);
        assertEquals(2, dataset().manifest().orElseThrow().version());
        assertTrue(dataset().isOutdated());
    }

    @Test
    void faultsOfAKeptVersionNeverAffectReadiness() {
        publish(2, 1);
        OpenVersion kept = read(1);
        ScriptedSnapshot snapshot = snapshot(1);
        snapshot.ownChecking = () -> {
            throw new StoreUnavailableException("the file changed");
        };
        snapshot.ownLookups = () -> {
            throw new StoreUnavailableException("the file changed");
        };
        for (int i = 0; i < 5; i++) {
            datasets.check();
            assertReady();
        }
        assertEquals(5, snapshot.checks);
        assertTrue(kept.lookup(0).toCompletableFuture().isCompletedExceptionally());
        snapshot.ownChecking = () -> {
            throw ScriptedStore.rethrowUnchecked(new OutOfMemoryError("Java heap space"));
        };
        datasets.check();
        datasets.check();
        assertEquals(7, snapshot.checks, "an Error ended the checks");
        assertReady();
        kept.release();
        assertEquals(0, snapshot.closes);
        publish(2);
        assertEquals(1, snapshot.closes);
    }

    /** A check may read the whole content of a version. */
    @Test
    void aCheckOfAKeptVersionRunsApartFromTheRefreshAndKeepsTheVersionOpen() {
        publish(2, 1);
        read(1).release();
        ScriptedSnapshot kept = snapshot(1);
        List<Long> seen = new ArrayList<>();
        kept.ownChecking = () -> {
            publish(3);
            seen.add(dataset().manifest().orElseThrow().version());
            seen.add((long) kept.closes);
            return true;
        };
        executor.queueing = true;
        datasets.check();
        executor.runNext();
        assertEquals(2, executor.queued(), "the refresh has not started a check of each version");
        executor.queueing = false;
        executor.runNext();
        executor.runNext();
        assertEquals(
                List.of(3L, 0L), seen, "the current version, and whether the kept one was closed during its check");
        assertEquals(1, kept.closes);
    }

    @Test
    void aCheckThatComesTooLateIsLeftOut() {
        publish(2, 1);
        read(1).release();
        executor.queueing = true;
        datasets.check();
        executor.runNext();
        executor.queueing = false;
        publish(2);
        executor.runQueued();
        assertEquals(0, snapshot(1).checks);
        assertEquals(1, snapshot(1).closes);
    }

    @Test
    void anUnreadableListingClosesNothing() {
        publish(2, 1);
        read(1).release();
        store.listings.put(
                ScriptedStore.NAME,
                new DatasetListing.Unreadable(ScriptedStore.NAME, new StoreFailedException("the list is damaged")));
        datasets.check();
        request(1);
        request(2);
        assertTrue(dataset().listingFailure().orElseThrow().contains("the list is damaged"));
        publish(2, 1);
        assertEquals(Optional.empty(), dataset().listingFailure());
        store.list(
                ScriptedStore.NAME,
                StoredVersion.unreadable(StoredVersion.State.KEPT, 1, new StoreUnavailableException("for a moment")),
                StoredVersion.of(StoredVersion.State.CURRENT, ScriptedStore.manifest(ScriptedStore.NAME, 2)));
        datasets.check();
        request(1);
        assertEquals(List.of(2L, 1L), store.openedNumbers());
    }

    /** As long as the newest version cannot be opened, the store must not remove the lines of the one that is served. */
    @Test
    void aCurrentVersionThatIsNotListedAnyMoreIsKeptAlive() {
        publish(1);
        datasets.check();
        assertEquals(0, snapshot(1).keepAliveCalls);
        store.opening = () -> {
            throw new StoreFailedException("the index is damaged");
        };
        publish(2);
        datasets.check();
        assertEquals(2, snapshot(1).keepAliveCalls);
    }

    @Test
    void heldVersionsAreNotServed() {
        Manifest held = ScriptedStore.manifest(ScriptedStore.NAME, 1);
        store.list(ScriptedStore.NAME, StoredVersion.of(StoredVersion.State.HELD, held));
        datasets.check();
        assertNull(datasets.find("default"));
        assertTrue(datasets.unreadiness().orElse("").contains("published"));
        assertEquals(List.of(), store.opened);
        publish(1);
        assertEquals(1, dataset().manifest().orElseThrow().version());
        store.list(
                ScriptedStore.NAME,
                StoredVersion.of(StoredVersion.State.CURRENT, held),
                StoredVersion.of(StoredVersion.State.HELD, ScriptedStore.manifest(ScriptedStore.NAME, 2)));
        datasets.check();
        assertEquals(Optional.empty(), dataset().published(2));
        assertEquals(1, dataset().published(1).orElseThrow().number());
        assertEquals(2, dataset().versions().orElseThrow().lastNumber());
        assertReady();
    }

    @Test
    void closeClosesKeptVersionsAndThoseBeingOpened() {
        publish(3, 2, 1);
        OpenVersion reading = read(1);
        ServedDataset closing = dataset();
        executor.queueing = true;
        CompletionStage<Void> opened = open(2);
        executor.queueing = false;
        datasets.close();
        assertEquals(0, snapshot(1).closes);
        reading.release();
        assertEquals(1, snapshot(1).closes);
        assertEquals(1, snapshot(3).closes);
        assertNull(closing.acquire(1));
        executor.runQueued();
        assertTrue(opened.toCompletableFuture().isCompletedExceptionally());
        store.opened.forEach(snapshot -> assertEquals(1, snapshot.closes));
        StoredVersion second = closing.published(2).orElseThrow();
        assertTrue(closing.open(second).toCompletableFuture().isCompletedExceptionally());
    }

    /** A rollback may meet a version that a request has just begun to open. */
    @Test
    void aRollbackWaitsForAVersionThatIsBeingOpenedAndOpensItNoSecondTime() throws Exception {
        CountDownLatch opening = new CountDownLatch(1);
        CountDownLatch proceed = new CountDownLatch(1);
        ExecutorService threads = Executors.newCachedThreadPool();
        Datasets served = new Datasets(
                () -> store, ScriptedStore.NAME, Duration.ofMillis(500), clock::get, Duration.ofSeconds(3), threads);
        store.publish(2, 1);
        served.check();
        await().until(() -> current(served) == 2);
        store.blockOpening(opening, proceed);
        ServedDataset dataset = served.find("default");
        assertNotNull(dataset);
        CompletionStage<Void> opened = dataset.open(dataset.published(1).orElseThrow());
        assertTrue(opening.await(30, TimeUnit.SECONDS));
        store.publish(1, 2);
        served.check();
        proceed.countDown();
        opened.toCompletableFuture().get(30, TimeUnit.SECONDS);
        await().until(() -> {
            served.check();
            return current(served) == 1;
        });
        assertEquals(
                1, store.openedNumbers().stream().filter(number -> number == 1).count());
        served.close();
        store.opened.forEach(snapshot -> assertEquals(1, snapshot.closes));
    }

    /** The store must not be closed under a version that it is opening, for a request or of a dropped dataset. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void closeWaitsForAVersionThatIsBeingOpened(boolean kept) throws Exception {
        ExecutorService threads = Executors.newCachedThreadPool();
        Datasets served = new Datasets(
                () -> store, ScriptedStore.NAME, Duration.ofMillis(500), clock::get, Duration.ofMinutes(1), threads);
        store.publish(2, 1);
        served.check();
        await().until(() -> current(served) == 2);
        CountDownLatch opening = new CountDownLatch(1);
        CountDownLatch proceed = new CountDownLatch(1);
        store.opening = () -> {
            opening.countDown();
            return ScriptedStore.awaitUninterruptibly(proceed);
        };
        ServedDataset dataset = served.find("default");
        assertNotNull(dataset);
        if (kept) {
            CompletionStage<Void> _ = dataset.open(dataset.published(1).orElseThrow());
        } else {
            store.publish(3);
            served.check();
        }
        assertTrue(opening.await(30, TimeUnit.SECONDS));
        if (!kept) {
            store.listings.clear();
            served.check();
            served.check();
        }
        Thread closing = Thread.ofPlatform().start(served::close);
        await().until(() -> closing.getState() == Thread.State.WAITING || !closing.isAlive());
        assertFalse(store.closed);
        proceed.countDown();
        closing.join();
        assertTrue(store.closed);
        store.opened.forEach(snapshot -> assertEquals(1, snapshot.closes));
    }

    private static long current(Datasets served) {
        ServedDataset dataset = served.find("default");
        return dataset == null ? 0 : dataset.manifest().map(Manifest::version).orElse(0L);
    }
}
