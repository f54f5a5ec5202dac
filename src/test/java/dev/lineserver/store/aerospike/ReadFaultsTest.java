package dev.lineserver.store.aerospike;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import com.aerospike.client.Key;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What becomes of lookups when the node does not do as it is told. */
final class ReadFaultsTest extends FakeNodeTest {
    private static final byte[] CONTENT = Samples.random(1_000, 60, 22);
    private static final List<byte[]> LINES = Samples.linesOf(CONTENT);

    private TestSettings settings(boolean coalesce) {
        return coalesce ? settings() : settings().withoutCoalescing();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLostRecordIsDamageAndNotTheEnd(boolean coalesce) throws Exception {
        AerospikeStore store = connect(settings(coalesce));
        try (Snapshot snapshot = store.open(put(store, CONTENT))) {
            node.records.lose(new Key("lines", "a", 17L).digest);
            Lookup.Damaged damaged = assertInstanceOf(Lookup.Damaged.class, await(snapshot, 17));
            assertTrue(damaged.what().contains("missing"), damaged.what());
            assertArrayEquals(
                    LINES.get(18),
                    assertInstanceOf(Lookup.Found.class, await(snapshot, 18)).line());
            assertInstanceOf(Lookup.PastTheEnd.class, await(snapshot, LINES.size()));
        }
    }

    @Test
    void aNodeThatRestartedEmptyIsDamage() throws Exception {
        AerospikeStore store = connect(settings());
        try (Snapshot snapshot = store.open(put(store, CONTENT))) {
            node.records.forgetAll();
            assertInstanceOf(Lookup.Damaged.class, await(snapshot, 5));
            assertThrows(dev.lineserver.store.StoreFailedException.class, snapshot::check);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void lateAnswersAreUnavailableAtTheDeadlineAndPass(boolean coalesce) throws Exception {
        AerospikeStore store = connect(settings(coalesce).readDeadline(Duration.ofMillis(300)));
        try (Snapshot snapshot = store.open(put(store, CONTENT))) {
            node.faults.answerLate(3_000, message -> !message.writes());
            long start = System.nanoTime();
            assertThrows(StoreUnavailableException.class, () -> await(snapshot, 1));
            long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            assertTrue(took < 2_500, took + " ms");
            node.faults.behave();
            assertHolds(snapshot, CONTENT);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void repliesThatBreakOffAreAskedForAgain(boolean coalesce) throws Exception {
        AerospikeStore store = connect(settings(coalesce));
        try (Snapshot snapshot = store.open(put(store, CONTENT))) {
            node.faults.dropWhileAnswering(2, message -> !message.writes());
            List<CompletableFuture<Lookup>> lookups = lookUp(snapshot, LINES.size());
            for (int i = 0; i < lookups.size(); i++) {
                Lookup found = lookups.get(i).get(20, TimeUnit.SECONDS);
                assertArrayEquals(
                        LINES.get(i),
                        assertInstanceOf(Lookup.Found.class, found).line());
            }
        }
    }

    @Test
    void lookupsBeyondTheBoundAreRefusedAtOnceAndTheOthersAreRight() throws Exception {
        AerospikeStore store = connect(settings().lookupsQueued(10));
        try (Snapshot snapshot = store.open(put(store, CONTENT))) {
            node.faults.answerLate(200, message -> !message.writes());
            List<CompletableFuture<Lookup>> lookups = lookUp(snapshot, LINES.size());
            int refused = 0;
            for (int i = 0; i < lookups.size(); i++) {
                try {
                    Lookup found = lookups.get(i).join();
                    assertArrayEquals(
                            LINES.get(i),
                            assertInstanceOf(Lookup.Found.class, found).line());
                } catch (CompletionException e) {
                    assertInstanceOf(StoreUnavailableException.class, e.getCause());
                    refused++;
                }
            }
            assertTrue(refused > LINES.size() / 2 && refused < LINES.size(), refused + " refused");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void batchesAreReadInTheWayThatComesBackSooner(boolean inlineIsSlow) throws Exception {
        AerospikeStore store = connect(settings());
        try (Snapshot snapshot = store.open(put(store, CONTENT))) {
            AtomicInteger slow = new AtomicInteger();
            AtomicInteger fast = new AtomicInteger();
            node.faults.answerLate(50, message -> {
                boolean late = message.isBatch() && !message.writes() && message.isInline() == inlineIsSlow;
                if (message.isBatch()) {
                    (late ? slow : fast).incrementAndGet();
                }
                return late;
            });
            while (fast.get() < 100) {
                assertHoldsAtOnce(snapshot);
            }
            assertTrue(
                    slow.get() > 0 && slow.get() < fast.get() / 2,
                    slow + " batches went the slow way, " + fast + " the other");
        }
    }

    private static void assertHoldsAtOnce(Snapshot snapshot) {
        List<CompletableFuture<Lookup>> lookups = lookUp(snapshot, LINES.size());
        for (int i = 0; i < lookups.size(); i++) {
            Lookup found = lookups.get(i).join();
            assertArrayEquals(
                    LINES.get(i), assertInstanceOf(Lookup.Found.class, found).line());
        }
    }

    @Test
    void aReaderThatSleptThroughItsSetBeingUsedAgainIsNotGivenAnothersLines() throws Exception {
        AerospikeStore store = connect(settings().grace(Duration.ZERO));
        Manifest first = put(store, CONTENT);
        try (Snapshot asleep = store.open(first)) {
            put(store, Samples.random(1_000, 60, 23));
            byte[] third = Samples.random(1_000, 60, 24);
            try (Snapshot newest = store.open(put(store, third))) {
                assertHolds(newest, third);
            }
            assertEquals(Samples.linesOf(third).size(), node.records.count("a"), "the first set is in use again");
            assertThrows(StoreUnavailableException.class, () -> await(asleep, 3));
        }
    }

    private static List<CompletableFuture<Lookup>> lookUp(Snapshot snapshot, int count) {
        List<CompletableFuture<Lookup>> lookups = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            lookups.add(snapshot.lookup(i).toCompletableFuture());
        }
        return lookups;
    }
}
