package dev.lineserver.store.aerospike;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

import com.aerospike.client.BatchRecord;
import com.aerospike.client.BatchWrite;
import com.aerospike.client.Key;
import com.aerospike.client.Operation;
import com.aerospike.client.Value;
import com.aerospike.client.policy.BatchPolicy;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.aerospike.registry.LineSet;
import dev.lineserver.store.aerospike.registry.RegistryAccess;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Tests real nodes that restart. In Community Edition a restarted node has forgotten truncations, and brings truncated
 * records back.
 */
final class RestartedNodeTest {
    private static final int LINES = 5_000;

    private final List<AutoCloseable> open = new ArrayList<>();

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable closeable : open.reversed()) {
            closeable.close();
        }
    }

    private LocalAsdCluster cluster(int nodes) throws Exception {
        LocalAsdCluster cluster = RealAerospike.ownCluster(RestartedNodeTest.class, nodes);
        open.add(cluster::end);
        return cluster;
    }

    private AerospikeStore connect(LocalAsdCluster cluster) throws Exception {
        AerospikeStore store = AerospikeStore.connect(
                TestSettings.of(cluster.hosts()).grace(Duration.ZERO).settings(), TestSettings.LOOPS);
        open.add(store);
        return store;
    }

    private static byte[] content(String name) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < LINES; i++) {
            text.append(name).append(" line ").append(i).append('\n');
        }
        return text.toString().getBytes(StandardCharsets.US_ASCII);
    }

    private static long copies(AerospikeStore store, String set) throws Exception {
        RegistryAccess.SetCount count = store.registry.setCounts().getOrDefault(set, RegistryAccess.SetCount.NONE);
        return count.truncating() ? Long.MAX_VALUE : count.copies();
    }

    private static void awaitEmpty(AerospikeStore store) {
        await().until(() -> copies(store, "_a") == 0);
    }

    private static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofMinutes(1)).pollInterval(Duration.ofMillis(500));
    }

    @Test
    void recordsThatComeBackWithARestartedNodeAreReclaimedByAServer() throws Exception {
        LocalAsdCluster cluster = cluster(1);
        AerospikeStore store = connect(cluster);
        FakeNodeTest.put(store, content("a"), LinesPerRecord.ONE);
        assertTrue(store.drop(FakeNodeTest.NAME));
        putForeignRecord(cluster);
        awaitEmpty(store);
        cluster.stop(0);
        cluster.start(0);
        AerospikeStore server = connect(cluster);
        await().until(() -> copies(server, "_a") == LINES);
        assertEquals(
                List.of((long) LINES),
                server.reclaim(true).stream().map(leftover -> leftover.size()).toList());
        await().until(() -> {
            server.reclaimInBackground();
            return copies(server, "_a") == 0;
        });
        assertEquals(List.of(), server.reclaim(true));
        assertEquals(1, copies(server, "_foreign"), "another program's set with the same prefix");
    }

    private static void putForeignRecord(LocalAsdCluster cluster) throws Exception {
        try (ConnectedCluster other =
                ConnectedCluster.connect(TestSettings.of(cluster.hosts()).settings(), TestSettings.LOOPS)) {
            other.client.put(null, new Key("lines", "_foreign", 1), LineRecords.lineBin(Value.get("x")));
        }
    }

    /**
     * The records of the older version have a higher generation, and win over all records of the same key when the
     * nodes exchange records.
     */
    @Test
    void aPublishedVersionLosesNoLineWhenANodeBringsBackRecordsOfAnother() throws Exception {
        LocalAsdCluster cluster = cluster(3);
        AerospikeStore store = connect(cluster);
        FakeNodeTest.put(store, content("a"), LinesPerRecord.ONE);
        writeAgain(cluster, new LineRecords("lines", store.registry.read().lineSet("_a"), LineLayout.SINGLE));
        assertTrue(store.drop(FakeNodeTest.NAME));
        awaitEmpty(store);
        cluster.stop(2);
        byte[] second = content("b");
        Manifest manifest = FakeNodeTest.put(store, second, LinesPerRecord.ONE);
        assertEquals(LineSet.SetState.LIVE, store.registry.read().lineSet("_a").state(), "the set is reused");
        assertHolds(store, manifest, second);
        cluster.start(2);
        assertHolds(store, manifest, second);
        await().until(() -> copies(store, "_a") > 2 * LINES);
        // As if the build had begun two minutes later, since clocks are trusted only to a minute.
        store.registry.update("ageing", registry -> {
            LineSet set = registry.lineSet("_a");
            registry.sets()
                    .put(
                            "_a",
                            new LineSet(
                                    "_a",
                                    set.state(),
                                    set.dataset(),
                                    set.version(),
                                    set.build(),
                                    set.recordsSince() + Duration.ofSeconds(60).toMillis(),
                                    set.since(),
                                    set.heldUntil()));
        });
        await().until(() -> {
            store.reclaimInBackground();
            return copies(store, "_a") == 2 * LINES;
        });
        assertHolds(store, manifest, second);
        assertEquals(List.of(), store.reclaim(true));
    }

    private static void assertHolds(AerospikeStore store, Manifest manifest, byte[] content) throws Exception {
        try (Snapshot snapshot = store.open(manifest)) {
            FakeNodeTest.assertHolds(snapshot, content);
        }
    }

    private static void writeAgain(LocalAsdCluster cluster, LineRecords records) throws Exception {
        try (ConnectedCluster other =
                ConnectedCluster.connect(TestSettings.of(cluster.hosts()).settings(), TestSettings.LOOPS)) {
            List<BatchRecord> touches = IntStream.range(0, LINES)
                    .<BatchRecord>mapToObj(i -> new BatchWrite(records.line(i), new Operation[] {Operation.touch()}))
                    .toList();
            assertTrue(other.client.operate(new BatchPolicy(), touches));
        }
    }
}
