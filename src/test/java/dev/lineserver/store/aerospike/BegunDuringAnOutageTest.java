package dev.lineserver.store.aerospike;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.ingest.Ingest;
import dev.lineserver.ingest.IngestOptions;
import dev.lineserver.ingest.Progress;
import dev.lineserver.ingest.PublicationChecks;
import dev.lineserver.store.Await;
import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests commands that begin when a node of three has just died: the client uses it for about five seconds more. */
final class BegunDuringAnOutageTest extends FakeClusterTest {
    private static final byte[] CONTENT = Samples.random(2_000, 60, 45);

    @TempDir
    Path directory;

    private AerospikeStore connect(Duration patience) throws Exception {
        return connect(settings(), patience);
    }

    private AerospikeStore connect(TestSettings settings, Duration patience) throws Exception {
        return connect(settings.patience(patience).grace(Duration.ZERO));
    }

    private Ingest.Outcome ingest(AerospikeStore store) throws Exception {
        Path text = Files.write(directory.resolve("text"), CONTENT);
        return new Ingest(store, Progress.SILENT)
                .store(
                        List.of(text.toString()),
                        new IngestOptions(
                                FakeNodeTest.NAME,
                                false,
                                false,
                                2,
                                true,
                                LinesPerRecord.ONE,
                                false,
                                null,
                                PublicationChecks.NONE,
                                IngestOptions.Unfinished.REFUSE));
    }

    private static void assertHolds(AerospikeStore store, Manifest manifest) throws Exception {
        try (Snapshot snapshot = store.open(manifest)) {
            ByteBuffer block = ByteBuffer.allocate(CONTENT.length);
            Await.result(snapshot.range(0, Samples.linesOf(CONTENT).size()).fill(block));
            assertArrayEquals(CONTENT, block.array());
        }
    }

    /** The plan of an ingest, for example, takes minutes, and a node may die during it. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyCommandSurvivesTheDeathOfANode(boolean connectedBefore) throws Exception {
        Duration patience = AerospikeSettings.WriteLimits.DEFAULT.deadline();
        AerospikeStore store = connect(patience);
        Manifest first = FakeNodeTest.put(store, CONTENT, LinesPerRecord.ONE);
        kill(2);
        AerospikeStore command = connectedBefore ? store : connect(patience);
        assertEquals(List.of(), command.builds());
        assertEquals(1, command.datasets().size());
        Ingest.Outcome held = ingest(command);
        assertTrue(held.verified());
        assertHolds(command, held.manifest());
        assertEquals(
                held.manifest(),
                command.publish(FakeNodeTest.NAME, held.manifest().version(), 2));
        assertEquals(first, command.publish(FakeNodeTest.NAME, first.version(), 2));
        assertTrue(command.drop(FakeNodeTest.NAME));
    }

    /** Each request is the first one after the death, and asks all nodes. */
    @ParameterizedTest
    @ValueSource(strings = {"publish", "drop", "reclaim", "begin"})
    void everyRequestToAllNodesIsRepeated(String request) throws Exception {
        AerospikeStore store = connect(AerospikeSettings.WriteLimits.DEFAULT.deadline());
        FakeNodeTest.put(store, CONTENT, LinesPerRecord.ONE);
        kill(2);
        switch (request) {
            case "publish" ->
                assertEquals(1, store.publish(FakeNodeTest.NAME, 1, 1).version());
            case "drop" -> assertTrue(store.drop(FakeNodeTest.NAME));
            case "reclaim" -> assertEquals(List.of(), store.reclaim(false));
            default ->
                assertEquals(
                        2, FakeNodeTest.put(store, CONTENT, LinesPerRecord.ONE).version());
        }
    }

    @Test
    void aStartingNodeIsWaitedFor() throws Exception {
        FakeAerospikeNode only = nodes.getFirst();
        only.info.partitionGeneration = "-1";
        CompletableFuture<AerospikeStore> connecting = connectInBackground();
        Awaitility.await().until(() -> only.info.refusedGenerations.get() > 0);
        only.info.partitionGeneration = "1";
        assertEquals(List.of(), connecting.join().datasets());
    }

    private CompletableFuture<AerospikeStore> connectInBackground() {
        return inBackground(() -> connect(AerospikeSettings.WriteLimits.DEFAULT.deadline()));
    }

    private static <T> CompletableFuture<T> inBackground(Callable<T> task) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return task.call();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** The client refuses to connect as long as all others are dead, and the node has not noticed it. */
    @Test
    void theLastNodeIsWaitedForUntilItKnowsThatItIsTheLast() throws Exception {
        nodes.get(1).close();
        nodes.getFirst().info.leave(2);
        CompletableFuture<AerospikeStore> connecting = connectInBackground();
        Awaitility.await().until(() -> nodes.getFirst().info.peersNamed.get() > 0);
        nodes.getFirst().info.join(List.of());
        assertEquals(List.of(), connecting.join().datasets());
    }

    @Test
    void aClusterThatStaysAwayIsAFailureAfterThePatience() throws Exception {
        AerospikeStore store = connect(Duration.ofMillis(300));
        FakeNodeTest.put(store, CONTENT, LinesPerRecord.ONE);
        nodes.get(2).info.silent = true;
        StoreUnavailableException failure =
                assertThrows(StoreUnavailableException.class, () -> store.drop(FakeNodeTest.NAME));
        assertTrue(failure.getMessage().contains("asking node"), failure.getMessage());
    }

    @Test
    void aClusterThatGoesAwayAsAWholeIsWaitedFor() throws Exception {
        AerospikeStore store = connect(AerospikeSettings.WriteLimits.DEFAULT.deadline());
        AerospikeStore impatient = connect(Duration.ZERO);
        FakeNodeTest.put(store, CONTENT, LinesPerRecord.ONE);
        for (FakeAerospikeNode node : nodes) {
            node.goDown();
        }
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> store.cluster.client.getNodes().length == 0);
        CompletableFuture<Boolean> dropping = inBackground(() -> store.drop(FakeNodeTest.NAME));
        assertThrows(StoreUnavailableException.class, impatient::datasets);
        nodes.forEach(FakeAerospikeNode::comeBack);
        assertTrue(dropping.join());
    }

    /** A user who interrupts an ingest while the cluster is away does not wait for the cluster. */
    @Test
    @Timeout(60)
    void theEndOfABuildDoesNotWaitForTheCluster() throws Exception {
        AerospikeStore store = connect(Duration.ofHours(1));
        for (boolean suspended : new boolean[] {true, false}) {
            try (Build build = begin(store, suspended ? "suspended" : "closed")) {
                FakeNodeTest.add(build, CONTENT);
                for (FakeAerospikeNode node : nodes) {
                    node.goDown();
                }
                if (suspended) {
                    build.suspend();
                }
            }
            nodes.forEach(FakeAerospikeNode::comeBack);
        }
    }

    /** Each attempt takes seconds, unlike that at a node that refuses connections. */
    @Test
    void theEndOfABuildWaitsForOneAttemptIfTheClusterIsSilent() throws Exception {
        AerospikeStore store = connect(settings().recordsPerBatch(100).lease(Duration.ofHours(1)), Duration.ofHours(1));
        try (Build build = begin(store, "suspended")) {
            FakeNodeTest.add(build, CONTENT);
            Awaitility.await().until(() -> build.checkpoint().lineIndex() >= 1_900);
            AtomicInteger unanswered = new AtomicInteger();
            for (FakeAerospikeNode node : nodes) {
                node.faults.withholdAnswers(Integer.MAX_VALUE, _ -> unanswered.incrementAndGet() > 0);
            }
            assertTimeout(Duration.ofMinutes(1), build::suspend);
            // An attempt asks two nodes, each for 2 s.
            assertTrue(unanswered.get() <= 3, unanswered + " requests");
        }
    }

    private static Build begin(AerospikeStore store, String dataset) throws Exception {
        return store.begin(new BuildRequest(
                new DatasetName(dataset), "sample", null, false, 0, false, LinesPerRecord.ONE, false, false));
    }

    @Test
    void aRealNodeDiesBeforeTheIngest() throws Exception {
        LocalAsdCluster cluster = RealAerospike.ownCluster(BegunDuringAnOutageTest.class, NODES);
        open.add(cluster::end);
        Duration patience = AerospikeSettings.WriteLimits.DEFAULT.deadline();
        AerospikeStore before = connect(TestSettings.of(cluster.hosts()), patience);
        Manifest first = FakeNodeTest.put(before, CONTENT, LinesPerRecord.ONE);
        cluster.kill(2);
        AerospikeStore after = connect(TestSettings.of(cluster.hosts()), patience);
        assertHolds(after, first);
        assertHolds(after, ingest(after).manifest());
        cluster.start(2);
        cluster.kill(1);
        assertHolds(before, ingest(before).manifest());
        assertTrue(before.drop(FakeNodeTest.NAME));
    }
}
