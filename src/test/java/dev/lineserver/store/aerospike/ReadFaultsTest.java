package dev.lineserver.store.aerospike;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import com.aerospike.client.ResultCode;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import org.awaitility.Awaitility;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.Test;

import dev.lineserver.line.Limits;
import dev.lineserver.store.Await;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.StoredVersion;
import dev.lineserver.store.aerospike.registry.Registry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests lookups while the node has faults. */
class ReadFaultsTest extends FakeNodeTest {
    private static final byte[] CONTENT = Samples.random(1_000, 60, 22);
    private static final List<byte[]> LINES = Samples.linesOf(CONTENT);

    @Test
    void aLostRecordIsDamageAndNotPastTheEnd() throws Exception {
        AerospikeStore store = connect(settings());
        try (Snapshot snapshot = store.open(put(store, CONTENT))) {
            node.records.remove(firstSet(store).line(19).digest);
            Lookup.Damaged damaged = assertInstanceOf(Lookup.Damaged.class, await(snapshot, 19));
            assertTrue(damaged.detail().contains("missing"), damaged.detail());
            assertArrayEquals(
                    LINES.get(20),
                    assertInstanceOf(Lookup.Found.class, await(snapshot, 20)).line());
            assertInstanceOf(Lookup.PastTheEnd.class, await(snapshot, LINES.size()));
        }
    }

    @Test
    void aRangeEndsBeforeALostRecordAndSaysWhichLineItIs() throws Exception {
        AerospikeStore store = connect(settings());
        try (Snapshot snapshot = store.open(put(store, CONTENT))) {
            node.records.remove(firstSet(store).line(700).digest);
            ByteBuffer block = ByteBuffer.allocate(CONTENT.length);
            LineDamagedException damage = assertThrows(
                    LineDamagedException.class,
                    () -> Await.result(snapshot.range(3, 1_000).fill(block)));
            assertEquals(700, damage.lineIndex());
            ByteArrayOutputStream before = new ByteArrayOutputStream();
            for (byte[] line : LINES.subList(3, 700)) {
                before.writeBytes(line);
                before.write('\n');
            }
            assertArrayEquals(before.toByteArray(), Arrays.copyOf(block.array(), block.position()));
        }
    }

    @Test
    void recordsOfANodeThatRestartedEmptyAreDamage() throws Exception {
        AerospikeStore store = connect(settings());
        try (Snapshot snapshot = store.open(put(store, CONTENT))) {
            node.records.clear();
            assertInstanceOf(Lookup.Damaged.class, await(snapshot, 5));
            assertInstanceOf(Lookup.Damaged.class, await(snapshot, LINES.size() - 1));
        }
    }

    @Test
    void lookupsFailAtTheirDeadlineAndSucceedOnceTheNodeRecovers() throws Exception {
        AerospikeStore store = connect(settings().readDeadline(Duration.ofMillis(300)));
        try (Snapshot snapshot = store.open(put(store, CONTENT))) {
            node.faults.delayAnswers(20_000, message -> !message.isWrite());
            long start = System.nanoTime();
            assertThrows(StoreUnavailableException.class, () -> await(snapshot, 1));
            long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            assertTrue(took < 15_000, took + " ms");
            node.faults.clear();
            onceTheNodeRecovers(() -> assertHolds(snapshot, CONTENT));
        }
    }

    /** An overloaded server refuses thousands of requests a second, and each stack trace takes longer than all else. */
    @Test
    void aRefusedLookupHasItsReasonAndNoStackTrace() throws Exception {
        AerospikeStore store = connect(settings());
        try (Snapshot snapshot = store.open(put(store, CONTENT))) {
            node.faults.pauseBatchReads();
            // On an event loop, as those of requests; one of them is enough for its queue.
            List<Throwable> refusals = TestSettings.LOOPS
                    .next()
                    .submit(() -> {
                        List<Throwable> failures = new ArrayList<>();
                        for (int i = 0; i < 2 * CoalescingReader.MAX_QUEUED_READS; i++) {
                            snapshot.lookup(1).whenComplete((_, failure) -> {
                                if (failure != null) {
                                    failures.add(failure);
                                }
                            });
                        }
                        return List.copyOf(failures);
                    })
                    .get();
            node.faults.resumeBatchReads();
            assertTrue(refusals.size() >= CoalescingReader.MAX_QUEUED_READS / 2);
            Throwable refusal = refusals.getFirst();
            String message = String.valueOf(StoreException.causeOf(refusal).getMessage());
            assertInstanceOf(StoreUnavailableException.class, StoreException.causeOf(refusal));
            assertTrue(message.startsWith("reading line index 1 of faulty version 1 failed: "), message);
            assertTrue(message.endsWith("Aerospike result code " + ResultCode.ASYNC_QUEUE_FULL), message);
            for (Throwable each = refusal; each != null; each = each.getCause()) {
                assertEquals(0, each.getStackTrace().length, each.toString());
            }
        }
    }

    @Test
    void truncatedRepliesAreRetried() throws Exception {
        AerospikeStore store = connect(settings());
        try (Snapshot snapshot = store.open(put(store, CONTENT))) {
            node.faults.dropConnections(2, message -> !message.isWrite());
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
    void aRangeWhoseReplyIsTruncatedIsComplete() throws Exception {
        AerospikeStore store = connect(settings());
        try (Snapshot snapshot = store.open(put(store, CONTENT))) {
            AtomicInteger batches = new AtomicInteger();
            node.faults.dropConnections(
                    1, message -> message.isBatch() && !message.isWrite() && batches.incrementAndGet() == 1);
            assertRange(snapshot);
            assertTrue(batches.get() >= 2, batches.toString());
        }
    }

    /**
     * More ranges than batches may be in flight: each gives its place back, whether it fails or not. Those that wait fail with
     * the first ones, without commands of their own.
     */
    @Test
    void rangesFailAtTheDeadlineAndAreReadOnceTheNodeRecovers() throws Exception {
        AerospikeStore store = connect(settings().readDeadline(Duration.ofMillis(300)));
        try (Snapshot snapshot = store.open(put(store, CONTENT))) {
            AtomicInteger commands = new AtomicInteger();
            node.faults.delayAnswers(3_000, message -> !message.isWrite() && commands.incrementAndGet() > 0);
            List<CompletableFuture<Void>> reads = new ArrayList<>();
            for (int i = 0; i < 25 * BatchReader.MAX_BATCHES_IN_FLIGHT; i++) {
                reads.add(snapshot.range(0, LINES.size())
                        .fill(ByteBuffer.allocate(CONTENT.length))
                        .toCompletableFuture());
            }
            for (CompletableFuture<Void> read : reads) {
                ExecutionException failure =
                        assertThrows(ExecutionException.class, () -> read.get(60, TimeUnit.SECONDS));
                assertInstanceOf(StoreUnavailableException.class, failure.getCause());
            }
            assertTrue(commands.get() < reads.size(), commands + " commands");
            node.faults.clear();
            onceTheNodeRecovers(() -> assertRange(snapshot));
        }
    }

    /** Asserts repeatedly: on a busy machine, a lookup may take longer than a deadline that is short for the test. */
    private static void onceTheNodeRecovers(ThrowingRunnable assertion) {
        Awaitility.await().atMost(Duration.ofMinutes(1)).ignoreExceptions().untilAsserted(assertion);
    }

    /** While single reads are refused at once, each batch ends as soon as it begins. */
    @Test
    void thousandsOfBatchesThatFailAtOnceAllFail() throws Exception {
        AerospikeStore store = connect(settings().readDeadline(Duration.ofSeconds(3)));
        try (Snapshot snapshot = store.open(put(store, CONTENT))) {
            node.faults.pauseBatchReads();
            List<CompletableFuture<?>> reads = TestSettings.LOOPS
                    .next()
                    .submit(() -> {
                        for (int i = 0; i < 5_000; i++) {
                            CompletionStage<?> _ = snapshot.lookup(1);
                        }
                        List<CompletableFuture<?>> batches = new ArrayList<>();
                        for (int i = 0; i < 20_000; i++) {
                            batches.add(snapshot.lookupAll(new long[] {1, 900}).toCompletableFuture());
                        }
                        return batches;
                    })
                    .get();
            for (CompletableFuture<?> read : reads) {
                ExecutionException failure =
                        assertThrows(ExecutionException.class, () -> read.get(20, TimeUnit.SECONDS));
                assertInstanceOf(StoreUnavailableException.class, failure.getCause());
            }
            node.faults.resumeBatchReads();
            Awaitility.await()
                    .ignoreException(StoreUnavailableException.class)
                    .untilAsserted(() -> assertRange(snapshot));
        }
    }

    private static void assertRange(Snapshot snapshot) throws Exception {
        ByteBuffer block = ByteBuffer.allocate(CONTENT.length);
        Await.result(snapshot.range(0, LINES.size()).fill(block));
        assertArrayEquals(CONTENT, block.array());
    }

    @Test
    void aMissingPartIsDamage() throws Exception {
        AerospikeStore store = connect(settings());
        byte[] content = new byte[4 << 20];
        Arrays.fill(content, (byte) 'x');
        content[Limits.WHOLE_LINE_BYTES] = '\n';
        try (Snapshot snapshot = store.open(put(store, content))) {
            LineRecords records = firstSet(store);
            for (int line = 0; line < 2; line++) {
                LineParts parts = assertInstanceOf(Lookup.FoundInParts.class, await(snapshot, line))
                        .parts();
                node.records.remove(records.part(line, 1).digest);
                assertEquals('x', parts.read(0).toCompletableFuture().join()[0]);
                CompletionException failure = assertThrows(
                        CompletionException.class,
                        () -> parts.read(1).toCompletableFuture().join());
                LineDamagedException damage = assertInstanceOf(LineDamagedException.class, failure.getCause());
                assertTrue(damage.getMessage().contains("part 1 of " + parts.count()), damage.getMessage());
            }
        }
    }

    @Test
    void manyMissingRecordsShareAReadOfTheRegistry() throws Exception {
        AerospikeStore store = connect(settings());
        try (Snapshot snapshot = store.open(put(store, CONTENT))) {
            node.records.clear();
            AtomicInteger registryReads = new AtomicInteger();
            node.faults.delayAnswers(0, message -> {
                if (!message.isBatch() && message.text(WireMessage.FIELD_SET).equals("lines-m")) {
                    registryReads.incrementAndGet();
                }
                return false;
            });
            for (CompletableFuture<Lookup> lookup : lookUp(snapshot, LINES.size())) {
                assertInstanceOf(Lookup.Damaged.class, lookup.join());
            }
            assertTrue(registryReads.get() > 0 && registryReads.get() < 10, registryReads + " reads");
        }
    }

    @Test
    void aHeldVersionIsReadableBeyondTheGraceAndThenReportedAsReplaced() throws Exception {
        Duration grace = Duration.ofSeconds(3);
        AerospikeStore store = connect(settings().grace(grace));
        AerospikeStore server = connect(settings().grace(grace));
        Manifest first = put(store, CONTENT);
        try (Snapshot held = server.open(first)) {
            put(store, CONTENT);
            long replaced = System.nanoTime();
            Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> {
                held.keepAlive();
                assertInstanceOf(Lookup.Found.class, await(held, 17));
                return System.nanoTime() - replaced > grace.toNanos() * 2;
            });
            Awaitility.await().until(() -> node.records.count("_a") == 0);
            StoreUnavailableException gone = assertThrows(StoreUnavailableException.class, () -> await(held, 3));
            assertTrue(gone.getMessage().contains("version 1 of faulty was replaced"), gone.getMessage());
        }
    }

    /** By default, the client would wait for them indefinitely. */
    @Test
    void closingDoesNotWaitForLookupsInFlight() throws Exception {
        EventLoopGroup shared = new NioEventLoopGroup(2);
        AerospikeStore store = AerospikeStore.connect(settings().settings(), shared);
        try (Snapshot snapshot = store.open(put(store, CONTENT))) {
            node.faults.withholdAnswers(Integer.MAX_VALUE, message -> !message.isWrite());
            List<CompletableFuture<Lookup>> lookups = lookUp(snapshot, LINES.size());
            Thread closing = Thread.ofVirtual().start(store::close);
            assertTrue(closing.join(Duration.ofSeconds(60)), "still closing");
            for (CompletableFuture<Lookup> lookup : lookups) {
                assertInstanceOf(
                        StoreUnavailableException.class,
                        assertThrows(ExecutionException.class, () -> lookup.get(60, TimeUnit.SECONDS))
                                .getCause());
            }
        } finally {
            shared.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
        }
    }

    @Test
    void lookupsOfAClosedSnapshotFail() throws Exception {
        AerospikeStore store = connect(settings());
        Snapshot snapshot = store.open(put(store, CONTENT));
        snapshot.close();
        assertThrows(StoreUnavailableException.class, () -> await(snapshot, 3));
    }

    @Test
    void lookupsOfAClosedStoreFail() throws Exception {
        AerospikeStore store = connect(settings());
        try (Snapshot snapshot = store.open(put(store, CONTENT))) {
            store.close();
            assertThrows(StoreUnavailableException.class, () -> await(snapshot, 3));
        }
    }

    @Test
    void aVersionOfAnUnknownLayoutIsListedAsUnreadable() throws Exception {
        AerospikeStore store = connect(settings());
        put(store, CONTENT);
        try (ConnectedCluster cluster = ConnectedCluster.connect(settings().settings(), TestSettings.LOOPS)) {
            new RegistryRecord(cluster).update("writing a layout of a newer program", registry -> {
                Registry.DatasetEntry versions = registry.dataset(NAME.value());
                Registry.VersionEntry version = versions.published().getFirst();
                Manifest now = version.manifest();
                Manifest newer = new Manifest(
                        now.dataset(),
                        2,
                        now.content(),
                        now.sourceName(),
                        "aerospike-packed/7",
                        now.createdAt(),
                        List.of());
                Registry.VersionEntry changed =
                        new Registry.VersionEntry(newer, version.set(), version.records(), version.nodes());
                registry.datasets().put(NAME.value(), new Registry.DatasetEntry(List.of(changed), List.of(), 2));
            });
        }
        DatasetVersions listed = store.versions(NAME).orElseThrow();
        StoredVersion unreadable = listed.current().orElseThrow();
        assertEquals(2, unreadable.number());
        String reason = Objects.requireNonNull(unreadable.failure()).getMessage();
        assertTrue(reason.contains("aerospike-packed/7"), reason);
        assertInstanceOf(DatasetListing.Described.class, store.datasets().getFirst());
        assertThrows(StoreFailedException.class, () -> store.current(NAME));
        assertEquals(3, put(store, CONTENT).version());
    }

    @Test
    void aSuspendedReaderNeverReadsLinesOfTheNextUseOfItsSet() throws Exception {
        AerospikeStore store = connect(settings().grace(Duration.ZERO));
        Manifest first = put(store, CONTENT);
        try (Snapshot asleep = store.open(first)) {
            put(store, Samples.random(1_000, 60, 23));
            byte[] third = Samples.random(1_000, 60, 24);
            try (Snapshot newest = store.open(put(store, third))) {
                assertHolds(newest, third);
            }
            assertEquals(
                    Math.ceilDiv(Samples.linesOf(third).size(), linesPerRecord().count()),
                    node.records.count("_a"),
                    "the first set is reused");
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
