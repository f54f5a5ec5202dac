package dev.lineserver.serving;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Opening, switching, checking and withdrawing versions, one check at a time on the test's own thread. */
final class DatasetsTest {
    private static final Duration INTERVAL = Duration.ofMillis(500);
    /** Long enough for a lookup that completes, and short enough to wait for one that never does. */
    private static final Duration LOOKUP_TIMEOUT = Duration.ofMillis(50);

    private final ScriptedStore store = new ScriptedStore();
    private final AtomicLong clock = new AtomicLong(1);
    private @Nullable StoreException connectFailure;
    private final Datasets datasets = new Datasets(
            this::connect, ScriptedStore.NAME, INTERVAL, clock::get, LOOKUP_TIMEOUT, new ScriptedExecutor());

    private ScriptedStore connect() throws StoreException {
        if (connectFailure != null) {
            throw connectFailure;
        }
        return store;
    }

    private long servedVersion() {
        OpenVersion version = dataset().acquire();
        assertNotNull(version);
        version.release();
        return version.manifest().version();
    }

    private ServedDataset dataset() {
        ServedDataset dataset = datasets.find("default");
        assertNotNull(dataset);
        return dataset;
    }

    private void assertReady() {
        assertEquals(Optional.empty(), datasets.unreadiness());
    }

    private void assertNotReadyBecause(String part) {
        String reason = datasets.unreadiness().orElse("ready");
        assertTrue(reason.contains(part), reason);
    }

    private void serve(long version) {
        store.publish(version);
        checkAfter(Duration.ofSeconds(2));
    }

    private void checkAfter(Duration pause) {
        clock.addAndGet(pause.toNanos());
        datasets.check();
    }

    @Test
    void aSupersededVersionIsClosedAfterItsLastReader() {
        serve(1);
        OpenVersion reading = dataset().acquire();
        assertNotNull(reading);
        serve(2);
        assertEquals(2, servedVersion());
        assertEquals(2, dataset().manifest().orElseThrow().version());
        assertEquals(0, store.opened.getFirst().closes, "closed before its reader released it");
        assertEquals(1, reading.manifest().version());
        reading.release();
        assertEquals(1, store.opened.getFirst().closes);
        assertFalse(reading.acquire(), "a closed version was acquired");
        datasets.close();
        assertEquals(1, store.opened.getFirst().closes, "closed twice");
        assertEquals(1, store.opened.getLast().closes);
        assertTrue(store.closed);
    }

    /** A check may be waiting for the store while the server ends. */
    @Test
    void aCheckThatEndsAfterTheServerIsNoFailure() {
        serve(1);
        datasets.close();
        datasets.check();
        // Leftovers would be reclaimed.
        checkAfter(Duration.ofMinutes(1));
    }

    @Test
    void aSupersededVersionIsKeptAliveWhileItIsRead() {
        serve(1);
        OpenVersion reading = dataset().acquire();
        assertNotNull(reading);
        datasets.check();
        assertEquals(0, store.opened.getFirst().keepAliveCalls, "the current version was kept alive");
        serve(2);
        datasets.check();
        int keepAliveCalls = store.opened.getFirst().keepAliveCalls;
        assertTrue(keepAliveCalls >= 2, "kept alive " + keepAliveCalls + " times");
        reading.release();
        datasets.check();
        assertEquals(keepAliveCalls, store.opened.getFirst().keepAliveCalls);
    }

    @Test
    void anUnreadableListingKeepsTheOpenVersionServingAndReady() {
        serve(1);
        store.listings.put(
                ScriptedStore.NAME,
                new DatasetListing.Unreadable(ScriptedStore.NAME, new StoreFailedException("the manifest is damaged")));
        datasets.check();
        assertEquals(1, servedVersion());
        assertReady();
        assertTrue(dataset().isOutdated());
        serve(2);
        assertEquals(2, servedVersion());
        assertFalse(dataset().isOutdated());
    }

    @Test
    void anUnreadableListingWithoutAnOpenVersionIsUnavailableAndNotAbsent() {
        store.listings.put(
                ScriptedStore.NAME,
                new DatasetListing.Unreadable(ScriptedStore.NAME, new StoreFailedException("the manifest is damaged")));
        datasets.check();
        assertNull(dataset().acquire());
        assertTrue(dataset().unavailability().orElseThrow().contains("the manifest is damaged"));
        assertNotReadyBecause("the manifest is damaged");
        assertFalse(dataset().isOutdated());
    }

    @Test
    void aVersionThatCannotBeOpenedLeavesTheOpenOneServingAndIsRetried() {
        serve(1);
        store.opening = () -> {
            throw new StoreFailedException("the index is damaged");
        };
        serve(2);
        assertEquals(1, servedVersion());
        assertReady();
        assertTrue(dataset().isOutdated());

        store.opening = () -> true;
        datasets.check();
        assertEquals(1, servedVersion(), "retried without a delay");
        checkAfter(Duration.ofSeconds(10));
        assertEquals(2, servedVersion());
    }

    /** Its message may differ by the number of the version only. */
    @Test
    void theFailureToOpenEachNewVersionIsLoggedOnce() {
        serve(1);
        try (LoggedErrors errors = new LoggedErrors(ServedDataset.class)) {
            for (int version = 2; version <= 3; version++) {
                String failure = "v" + version + " is damaged at byte ";
                store.opening = () -> {
                    throw new StoreFailedException(failure + clock.get());
                };
                serve(version);
                checkAfter(Duration.ofSeconds(10));
                assertEquals(version - 1, errors.messages.size(), errors.messages.toString());
                assertTrue(errors.messages.getLast().contains(failure), errors.messages.toString());
            }
        }
    }

    @Test
    void anUnavailableVersionIsRetriedAtTheNextCheck() {
        serve(1);
        store.opening = () -> {
            throw new StoreUnavailableException("being moved");
        };
        serve(2);
        store.opening = () -> true;
        datasets.check();
        assertEquals(2, servedVersion());
    }

    @Test
    void errorsDuringOpenAreSurvivedAndRetried() {
        for (Throwable thrown :
                List.of(new OutOfMemoryError("Java heap space"), new IllegalStateException("a defect"))) {
            serve(1);
            store.opening = () -> {
                throw ScriptedStore.rethrowUnchecked(thrown);
            };
            serve(2);
            assertEquals(1, servedVersion());
            assertReady();
            store.opening = () -> true;
            datasets.check();
            assertEquals(1, servedVersion(), "retried without a delay");
            clock.addAndGet(Duration.ofMinutes(1).toNanos());
            datasets.check();
            assertEquals(2, servedVersion());
        }
    }

    @Test
    void aStoreThatCannotBeListedWithdrawsNothingAndReadinessFollowsTheLookups() {
        serve(1);
        store.listFailure = new StoreUnavailableException("no node answers");
        datasets.check();
        assertEquals(1, servedVersion());
        assertEquals(Optional.of("no node answers"), datasets.unavailability());
        assertReady();
        store.lookups = () -> {
            throw new StoreUnavailableException("timed out");
        };
        datasets.check();
        assertNotReadyBecause("timed out");
        store.lookups = () -> CompletableFuture.completedFuture(new Lookup.Found(new byte[0]));
        datasets.check();
        assertReady();
    }

    @Test
    void aDroppedDatasetIsClosedAfterItsLastReader() {
        serve(1);
        ServedDataset before = dataset();
        OpenVersion reading = before.acquire();
        assertNotNull(reading);
        store.listings.clear();
        datasets.check();
        assertNull(datasets.find("default"));
        assertNull(before.acquire());
        assertEquals(Optional.empty(), datasets.unavailability());
        assertNotReadyBecause("no dataset default");
        assertEquals(0, store.opened.getFirst().closes);
        reading.release();
        assertEquals(1, store.opened.getFirst().closes);
    }

    /** Otherwise the store may remove the lines of a dropped dataset while requests read them. */
    @Test
    void theVersionsOfADroppedDatasetAreKeptAliveUntilTheirLastReaders() {
        serve(1);
        OpenVersion first = dataset().acquire();
        assertNotNull(first);
        serve(2);
        OpenVersion second = dataset().acquire();
        assertNotNull(second);
        store.listings.clear();
        datasets.check();
        assertKeptAliveByEachCheck(true, true);
        store.listFailure = new StoreUnavailableException("no node answers");
        assertKeptAliveByEachCheck(true, true);
        store.listFailure = null;
        serve(3);
        assertKeptAliveByEachCheck(true, true, false);
        second.release();
        assertKeptAliveByEachCheck(true, false, false);
        first.release();
        assertKeptAliveByEachCheck(false, false, false);
        assertEquals(
                List.of(1, 1, 0),
                store.opened.stream().map(snapshot -> snapshot.closes).toList());
    }

    /** @param expected for each version that was opened, in this order */
    private void assertKeptAliveByEachCheck(Boolean... expected) {
        List<Integer> before =
                store.opened.stream().map(snapshot -> snapshot.keepAliveCalls).toList();
        datasets.check();
        List<Boolean> keptAlive = new ArrayList<>();
        for (int i = 0; i < before.size(); i++) {
            keptAlive.add(store.opened.get(i).keepAliveCalls > before.get(i));
        }
        assertEquals(List.of(expected), keptAlive);
    }

    @Test
    void closeWaitsForTheReadersOfADroppedDataset() throws Exception {
        Datasets served = new Datasets(
                () -> store, ScriptedStore.NAME, INTERVAL, clock::get, Duration.ofSeconds(30), new ScriptedExecutor());
        store.publish(1);
        served.check();
        OpenVersion reading = Objects.requireNonNull(
                Objects.requireNonNull(served.find("default")).acquire());
        store.listings.clear();
        served.check();
        Thread closing = Thread.ofPlatform().start(served::close);
        await().until(() -> closing.getState() == Thread.State.WAITING || store.closed);
        assertFalse(store.closed, "the store was closed before its last reader");
        reading.release();
        closing.join();
        assertTrue(store.closed);
    }

    @Test
    void readinessIsDownWhileLookupsFailOrTimeOut() {
        serve(1);
        assertReady();
        store.lookups = () -> {
            throw ScriptedStore.rethrowUnchecked(new OutOfMemoryError("Java heap space"));
        };
        datasets.check();
        assertNotReadyBecause("Java heap space");

        CompletableFuture<Lookup> silent = new CompletableFuture<>();
        store.lookups = () -> CompletableFuture.completedFuture(new Lookup.Found(new byte[0]));
        datasets.check();
        assertReady();
        store.lookups = () -> silent;
        datasets.check();
        assertNotReadyBecause("not been answered");
        silent.complete(new Lookup.Found(new byte[0]));
        datasets.check();
        assertReady();
    }

    /** Each check looks up another line, and the store names it in its message. */
    @Test
    void aLastingFailureOfLookupsIsLoggedOnceWhicheverLineItNames() {
        serve(1);
        AtomicInteger lineIndex = new AtomicInteger();
        store.lookups = () -> CompletableFuture.failedFuture(
                new StoreUnavailableException("reading line index " + lineIndex.getAndIncrement() + " failed"));
        try (LoggedErrors errors = new LoggedErrors(ServedDataset.class)) {
            datasets.check();
            datasets.check();
            assertNotReadyBecause("line index 1");
            assertEquals(1, errors.messages.size(), String.valueOf(errors.messages));
            store.lookups = () -> CompletableFuture.failedFuture(new StoreUnavailableException("the disk is gone"));
            datasets.check();
            assertEquals(2, errors.messages.size(), String.valueOf(errors.messages));
        }
    }

    /** A file that was cut: the check of the version fails, and lookups of some lines succeed. */
    @Test
    void aLookupThatSucceedsDoesNotEndAFailureThatTheCheckHasFound() {
        serve(1);
        AtomicInteger lookups = new AtomicInteger();
        store.checking = () -> {
            throw new StoreUnavailableException("the file has 5 bytes");
        };
        store.lookups = () -> lookups.getAndIncrement() % 2 == 0
                ? CompletableFuture.failedFuture(new StoreUnavailableException("it is truncated"))
                : CompletableFuture.completedFuture(new Lookup.Found(new byte[0]));
        try (LoggedErrors errors = new LoggedErrors(ServedDataset.class)) {
            for (int i = 0; i < 6; i++) {
                datasets.check();
            }
            assertEquals(1, errors.messages.size(), String.valueOf(errors.messages));
        }
        store.checking = () -> true;
        store.lookups = () -> CompletableFuture.completedFuture(new Lookup.Found(new byte[0]));
        datasets.check();
        datasets.check();
        assertReady();
    }

    @Test
    void oneDamagedLineLeavesTheServerReadyAndManyDoNot() {
        serve(1);
        store.lookups = () -> CompletableFuture.completedFuture(new Lookup.Damaged("gone"));
        datasets.check();
        datasets.check();
        assertReady();
        datasets.check();
        assertNotReadyBecause("damaged");
        store.lookups = () -> CompletableFuture.completedFuture(new Lookup.Found(new byte[0]));
        datasets.check();
        assertReady();
        store.lookups = () -> CompletableFuture.completedFuture(new Lookup.Damaged("gone"));
        datasets.check();
        assertReady();
    }

    @Test
    void readinessIsDownUntilTheCheckOfTheOpenVersionPasses() {
        serve(1);
        store.checking = () -> {
            throw new StoreUnavailableException("the file changed");
        };
        datasets.check();
        assertNotReadyBecause("the file changed");
        datasets.check();
        assertNotReadyBecause("the file changed");
        store.checking = () -> true;
        datasets.check();
        assertReady();
    }

    @Test
    void readinessIsDownBeforeAVersionIsOpen() {
        assertNotReadyBecause("not been opened yet");
    }

    @Test
    void startThrowsPermanentFailuresAndRetriesOthers() throws Exception {
        connectFailure = new StoreFailedException("no such namespace");
        assertThrows(StoreFailedException.class, datasets::start);
        connectFailure = new StoreUnavailableException("no node is reachable");
        datasets.start();
        assertEquals(Optional.of("no node is reachable"), datasets.unavailability());
        connectFailure = null;
        serve(1);
        assertReady();
        datasets.close();
    }

    @Test
    void permanentFailuresOfTheStoreAreRetriedAfterADelay() {
        serve(1);
        store.listFailure = new StoreUnavailableException("no node answers");
        assertRetriedAfter(0, 0);
        store.listFailure = new StoreFailedException("wrong password");
        assertRetriedAfter(0, 10, 10);
        store.listFailure = null;
        assertRetriedAfter(10, 0, 0);
    }

    private void assertRetriedAfter(long... seconds) {
        for (long pause : seconds) {
            int before = store.lists;
            if (pause > 0) {
                checkAfter(Duration.ofSeconds(pause).minusNanos(1));
                assertEquals(before, store.lists, "retried before " + pause + " s");
            }
            checkAfter(Duration.ofNanos(1));
            assertEquals(before + 1, store.lists, "not retried after " + pause + " s");
        }
    }

    @Test
    void aFailureToListTheStoreIsLoggedOnceUntilItCanBeListed() {
        serve(1);
        try (LoggedErrors errors = new LoggedErrors(Datasets.class)) {
            for (int failures = 1; failures <= 2; failures++) {
                store.listFailure = new StoreUnavailableException("no node answers");
                datasets.check();
                assertEquals(failures, errors.messages.size(), errors.messages.toString());
                datasets.check();
                assertEquals(failures, errors.messages.size(), errors.messages.toString());
                store.listFailure = null;
                datasets.check();
            }
        }
    }

    @Test
    void eachCheckLooksUpAnotherLine() {
        serve(1);
        checkAfter(Duration.ofNanos(1));
        assertEquals(List.of(1L, 2L), store.lastOpened().lookedUp);
    }

    @Test
    void theAgeOfTheListingGrowsWhileTheStoreCannotBeListed() {
        serve(1);
        store.listFailure = new StoreUnavailableException("no node answers");
        clock.addAndGet(Duration.ofMinutes(5).toNanos());
        datasets.check();
        assertEquals(Duration.ofMinutes(5), datasets.timeSinceLastListing());
        store.listFailure = null;
        checkAfter(Duration.ofSeconds(1));
        assertEquals(Duration.ZERO, datasets.timeSinceLastListing());
    }

    @Test
    void theListenerSeesTheVersionsOpenedByStart() throws Exception {
        store.publish(1);
        List<Integer> open = new CopyOnWriteArrayList<>();
        datasets.onCheck(() -> open.add((int) datasets.all().stream()
                .filter(dataset -> dataset.manifest().isPresent())
                .count()));
        datasets.start();
        // The watch, which start has begun, adds others.
        assertEquals(List.of(0, 1), List.copyOf(open).subList(0, 2));
        datasets.close();
    }

    @Test
    void theListenerIsCalledAfterEachCheck() {
        int[] calls = new int[1];
        datasets.onCheck(() -> calls[0]++);
        datasets.check();
        store.listFailure = new StoreUnavailableException("no node answers");
        datasets.check();
        assertEquals(3, calls[0]);
    }

    /** A server that stops interrupts the threads that open versions and reclaim leftovers. */
    @Test
    void whatAStopInterruptsIsNoFailureInTheLog() {
        store.publish(2, 1);
        datasets.check();
        ServedDataset dataset = datasets.find("default");
        assertNotNull(dataset);
        try (LoggedErrors refresh = new LoggedErrors(ServedDataset.class);
                LoggedErrors kept = new LoggedErrors(VersionTable.class);
                LoggedErrors reclaim = new LoggedErrors(BackgroundTask.class);
                LoggedErrors listing = new LoggedErrors(Datasets.class)) {
            int[] interrupts = new int[1];
            store.opening = () -> {
                interrupts[0]++;
                Thread.currentThread().interrupt();
                throw new StoreUnavailableException("interrupted");
            };
            store.reclaiming = store.opening;
            CompletionStage<Void> opened = dataset.open(dataset.published(1).orElseThrow());
            assertTrue(opened.toCompletableFuture().isCompletedExceptionally());
            assertTrue(Thread.interrupted());
            store.publish(3);
            checkAfter(Duration.ofMinutes(1));
            assertTrue(Thread.interrupted());
            assertEquals(3, interrupts[0]);
            store.listFailure = new StoreUnavailableException("interrupted");
            Thread.currentThread().interrupt();
            checkAfter(Duration.ofMinutes(1));
            assertTrue(Thread.interrupted());
            assertEquals(List.of(), listing.messages);
            assertEquals(List.of(), refresh.messages);
            assertEquals(List.of(), kept.messages);
            assertEquals(List.of(), reclaim.messages);
        }
    }

    /** An interrupted thread that reads a file closes it, and the requests of the last seconds read the same one. */
    @Test
    void whatAStopInterruptsReadsNoVersion() {
        serve(1);
        ScriptedStore.ScriptedSnapshot served = store.lastOpened();
        int lookups = served.lookedUp.size();
        int checks = served.checks;
        store.opening = () -> {
            Thread.currentThread().interrupt();
            throw new StoreUnavailableException("interrupted");
        };
        serve(2);
        OpenVersion version = dataset().acquire();
        assertNotNull(version);
        version.check.start(Runnable::run);
        version.release();
        assertTrue(Thread.interrupted());
        assertEquals(lookups, served.lookedUp.size());
        assertEquals(checks, served.checks);
    }

    /** A refresh may find the dataset closed when it has opened the version: the reason of close stays. */
    @Test
    void aRefreshThatACloseOvertakesKeepsTheReason() {
        serve(1);
        ServedDataset dataset = dataset();
        store.opening = () -> {
            // Completes when the version is open, before the refresh installs it.
            CompletionStage<?> _ =
                    dataset.open(dataset.published(2).orElseThrow()).thenApply(_ -> dataset.close());
            return true;
        };
        serve(2);
        assertNull(dataset.acquire());
        assertTrue(dataset.unavailability().orElse("readable").contains(ServedDataset.BEING_CLOSED));
        store.opened.forEach(snapshot -> assertEquals(1, snapshot.closes));
    }

    @Test
    void aSlowCheckDelaysNeitherTheWatchNorClose() throws Exception {
        CountDownLatch checking = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        store.checking = () -> {
            checking.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                interrupted.countDown();
            }
            return true;
        };
        ExecutorService threads = Executors.newCachedThreadPool();
        Datasets served =
                new Datasets(() -> store, ScriptedStore.NAME, INTERVAL, clock::get, Duration.ofMinutes(1), threads);
        store.publish(1);
        served.check();
        assertTrue(checking.await(30, TimeUnit.SECONDS));
        served.check();
        ServedDataset dataset = served.find("default");
        assertNotNull(dataset);
        OpenVersion version = dataset.acquire();
        assertNotNull(version, "no version was served during its check");
        version.release();
        served.close();
        assertTrue(interrupted.await(30, TimeUnit.SECONDS), "the check was not interrupted");
        assertEquals(1, store.opened.getFirst().closes);
    }

    @Test
    void aVersionOpenedAfterItsDatasetWasWithdrawnIsClosed() throws Exception {
        CountDownLatch opening = new CountDownLatch(1);
        CountDownLatch proceed = new CountDownLatch(1);
        store.blockOpening(opening, proceed);
        ExecutorService threads = Executors.newCachedThreadPool();
        Datasets served = new Datasets(() -> store, ScriptedStore.NAME, INTERVAL, clock::get, LOOKUP_TIMEOUT, threads);
        store.publish(1);
        served.check();
        assertTrue(opening.await(30, TimeUnit.SECONDS));
        store.listings.clear();
        served.check();
        proceed.countDown();
        threads.shutdown();
        assertTrue(threads.awaitTermination(30, TimeUnit.SECONDS));
        assertEquals(1, store.opened.getFirst().closes);
    }

    @Test
    void theWatchSurvivesEveryThrowableAndEndsWhenClosed() throws Exception {
        CountDownLatch checks = new CountDownLatch(4);
        Datasets served = new Datasets(
                () -> {
                    checks.countDown();
                    throw ScriptedStore.rethrowUnchecked(
                            checks.getCount() % 2 == 0
                                    ? new StoreUnavailableException("not yet")
                                    : new OutOfMemoryError("Java heap space"));
                },
                ScriptedStore.NAME,
                Duration.ofMillis(1));
        assertThrows(OutOfMemoryError.class, served::start);
        served.start();
        assertTrue(checks.await(30, TimeUnit.SECONDS), "the watch ended");
        served.close();
    }

    @Test
    void datasetsAreFoundByNameAndListedInOrder() {
        for (String name : List.of("zebra", "apple")) {
            DatasetName dataset = new DatasetName(name);
            Manifest manifest = ScriptedStore.manifest(dataset, 1);
            store.list(manifest);
        }
        serve(1);
        assertEquals(
                List.of("apple", "default", "zebra"),
                datasets.all().stream().map(ServedDataset::name).toList());
        assertEquals("zebra", Objects.requireNonNull(datasets.find("zebra")).name());
        assertNull(datasets.find("none"));
        assertEquals("default", datasets.defaultName());
    }

    @Test
    void anEntityTagNamesContentAndLineAndIsStrong() {
        serve(1);
        OpenVersion version = dataset().acquire();
        assertNotNull(version);
        String digest = version.manifest().content().digest().toString();
        assertEquals('"' + digest + "-41\"", version.etag(41));
        version.release();
    }

    @Test
    void startReturnsAfterItsVersionsAreOpen() throws Exception {
        CountDownLatch waiting = new CountDownLatch(1);
        ExecutorService threads = Executors.newCachedThreadPool();
        Datasets served = new Datasets(() -> store, ScriptedStore.NAME, INTERVAL, clock::get, LOOKUP_TIMEOUT, threads);
        store.opening = () -> {
            // Opens only when the test's own thread waits inside start.
            Thread starting = Objects.requireNonNull(starter);
            await().until(() -> starting.getState() == Thread.State.WAITING);
            waiting.countDown();
            return true;
        };
        starter = Thread.currentThread();
        store.publish(1);
        served.start();
        assertEquals(0, waiting.getCount(), "start did not wait");
        assertEquals(Optional.empty(), served.unreadiness());
        served.close();
    }

    private volatile @Nullable Thread starter;

    @Test
    void aVersionThatFailedIsRetriedAfterADelay() {
        int[] attempts = new int[1];
        store.opening = () -> {
            attempts[0]++;
            throw new StoreFailedException("the index is damaged");
        };
        serve(1);
        for (long pause : new long[] {10, 10}) {
            int before = attempts[0];
            clock.addAndGet(Duration.ofSeconds(pause).toNanos() - 1);
            datasets.check();
            assertEquals(before, attempts[0], "retried before " + pause + " s");
            clock.addAndGet(1);
            datasets.check();
            assertEquals(before + 1, attempts[0], "not retried after " + pause + " s");
        }
        assertTrue(dataset().unavailability().orElseThrow().contains("the index is damaged"));
        store.publish(2);
        datasets.check();
        assertEquals(4, attempts[0], "another version was not opened at once");
    }

    @Test
    void noCheckFollowsClose() throws Exception {
        CountDownLatch checked = new CountDownLatch(3);
        AtomicLong checks = new AtomicLong();
        ExecutorService threads = Executors.newCachedThreadPool();
        Datasets served = new Datasets(
                () -> store,
                ScriptedStore.NAME,
                Duration.ofMillis(1),
                System::nanoTime,
                Duration.ofMinutes(1),
                threads);
        store.publish(1);
        served.start();
        served.onCheck(() -> {
            checks.incrementAndGet();
            checked.countDown();
        });
        assertTrue(checked.await(30, TimeUnit.SECONDS));
        served.close();
        long atClose = checks.get();
        await().during(Duration.ofMillis(50)).until(() -> checks.get() == atClose);
        assertTrue(store.closed);
    }

    /** A store that is opened while the server ends is closed as well, and so is one that is opened even later. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aStoreThatIsOpenedDuringTheEndIsClosed(boolean waits) throws Exception {
        Duration waiting = waits ? Duration.ofMinutes(1) : Duration.ofMillis(10);
        CountDownLatch opening = new CountDownLatch(1);
        CountDownLatch proceed = new CountDownLatch(1);
        int[] attempts = new int[1];
        Datasets served = new Datasets(
                () -> {
                    if (attempts[0]++ == 0) {
                        throw new StoreUnavailableException("not yet");
                    }
                    opening.countDown();
                    ScriptedStore.awaitUninterruptibly(proceed);
                    return store;
                },
                ScriptedStore.NAME,
                Duration.ofMillis(1),
                System::nanoTime,
                waiting,
                Executors.newCachedThreadPool());
        store.publish(1);
        try (LoggedErrors errors = new LoggedErrors(Datasets.class)) {
            served.start();
            assertTrue(opening.await(30, TimeUnit.SECONDS));
            Thread closing = Thread.ofPlatform().start(() -> {
                // As after a signal.
                Thread.currentThread().interrupt();
                served.close();
            });
            if (waits) {
                await().until(() -> closing.getState() == Thread.State.TIMED_WAITING || !closing.isAlive());
            } else {
                closing.join();
            }
            assertEquals(waits, closing.isAlive());
            proceed.countDown();
            closing.join();
            await().until(() -> store.closed);
            assertEquals(List.of("not yet; trying again"), errors.messages);
        }
    }
}
