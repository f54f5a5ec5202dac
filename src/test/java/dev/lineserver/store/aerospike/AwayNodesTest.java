package dev.lineserver.store.aerospike;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import com.aerospike.client.Key;
import com.aerospike.client.cluster.Node;
import com.aerospike.client.cluster.Partition;
import com.aerospike.client.cluster.Partitions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import dev.lineserver.store.Await;
import dev.lineserver.store.LinesPerRecord;
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

/**
 * Tests a cluster whose nodes with all copies of a record are away. The others report the record as missing, and accept a
 * new one, which wins when the nodes come back.
 */
final class AwayNodesTest extends FakeClusterTest {
    private static final byte[] CONTENT = Samples.random(500, 60, 43);
    private static final byte[] REGISTRY = new Key(FakeInfo.NAMESPACE, "lines-m", "registry").digest;
    private static final int LINE = 19;

    /** Why a record may exist although it is missing. */
    enum Absence {
        /** The client has not noticed it yet. */
        A_NODE_IS_DEAD,
        A_NODE_IS_SILENT,
        /** The nodes have noticed it, the client has not. */
        THE_CLUSTER_IS_SMALLER,
        NODES_EXCHANGE_RECORDS
    }

    private FakeRecords records() {
        return nodes.getFirst().records;
    }

    private void cause(Absence absence) throws IOException {
        switch (absence) {
            case A_NODE_IS_DEAD -> nodes.get(2).close();
            case A_NODE_IS_SILENT -> nodes.get(2).info.silent = true;
            case THE_CLUSTER_IS_SMALLER -> nodes.forEach(node -> node.info.clusterSize = NODES - 1);
            case NODES_EXCHANGE_RECORDS -> nodes.get(1).info.migrating = true;
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLineThatMayBeOnANodeThatIsAwayIsUnavailableAndNotDamaged(Absence absence) throws Exception {
        AerospikeStore store = connect(settings().readDeadline(Duration.ofSeconds(2)));
        try (Snapshot snapshot = store.open(FakeNodeTest.put(store, CONTENT, LinesPerRecord.ONE))) {
            records().remove(FakeNodeTest.firstSet(store, LineLayout.SINGLE).line(LINE).digest);
            cause(absence);
            StoreUnavailableException failure =
                    assertThrows(StoreUnavailableException.class, () -> FakeNodeTest.await(snapshot, LINE));
            assertTrue(failure.getMessage().contains("nobody knows yet whether it is lost"), failure.getMessage());
            assertInstanceOf(
                    Lookup.PastTheEnd.class,
                    FakeNodeTest.await(snapshot, Samples.linesOf(CONTENT).size()));
        }
    }

    /** The server has never seen the node that is away. */
    @Test
    void aServerThatStartsWhileANodeIsAwayKnowsIt() throws Exception {
        AerospikeStore store = connect(settings());
        Manifest manifest = FakeNodeTest.put(store, CONTENT, LinesPerRecord.ONE);
        LineRecords lines = FakeNodeTest.firstSet(store, LineLayout.SINGLE);
        kill(2);
        AerospikeStore server = connect(settings());
        records().remove(lines.line(LINE).digest);
        try (Snapshot snapshot = server.open(manifest)) {
            StoreUnavailableException failure =
                    assertThrows(StoreUnavailableException.class, () -> FakeNodeTest.await(snapshot, LINE));
            assertTrue(failure.getMessage().contains("1 of 3 nodes"), failure.getMessage());
        }
    }

    /**
     * One real node of three, with two copies: a third of the lines have none. The node that stays has the registry, because
     * nothing can be opened without it.
     */
    @Test
    void aServerThatStartsBesideOneRealNodeReportsNoDamage() throws Exception {
        LocalAsdCluster cluster = RealAerospike.ownCluster(AwayNodesTest.class, NODES);
        open.add(cluster::end);
        AerospikeStore store = connect(TestSettings.of(cluster.hosts()));
        Manifest manifest = FakeNodeTest.put(store, CONTENT, LinesPerRecord.ONE);
        AerospikeSettings.SeedNode kept = nodeOfTheRegistry(store, cluster);
        store.close();
        for (int i = 0; i < NODES; i++) {
            if (!cluster.hosts().get(i).equals(kept)) {
                cluster.kill(i);
            }
        }
        AerospikeStore server =
                connect(TestSettings.of(List.of(kept)).patience(AerospikeSettings.WriteLimits.DEFAULT.deadline()));
        int unavailable = 0;
        try (Snapshot snapshot = server.open(manifest)) {
            for (int i = 0; i < manifest.lineCount(); i++) {
                try {
                    assertInstanceOf(Lookup.Found.class, FakeNodeTest.await(snapshot, i));
                } catch (StoreUnavailableException e) {
                    assertTrue(e.getMessage().contains("2 of 3 nodes"), e.getMessage());
                    unavailable++;
                }
            }
        }
        assertTrue(0 < unavailable && unavailable < manifest.lineCount(), unavailable + " lines were unavailable");
    }

    private static AerospikeSettings.SeedNode nodeOfTheRegistry(AerospikeStore store, LocalAsdCluster cluster) {
        Map<String, Partitions> partitions = store.cluster.client.getCluster().partitionMap;
        Node node = Objects.requireNonNull(partitions.get(FakeInfo.NAMESPACE))
                .replicas[0]
                .get(Partition.getPartitionId(REGISTRY));
        return cluster.hosts().stream()
                .filter(host -> host.port() == node.getHost().port)
                .findFirst()
                .orElseThrow();
    }

    /** Otherwise a lost line would be 503 for as long as the cluster is smaller than it once was. */
    @Test
    void anIngestAfterANodeWasRemovedForGoodForgetsIt() throws Exception {
        FakeNodeTest.put(connect(settings()), CONTENT, LinesPerRecord.ONE);
        kill(2);
        AerospikeStore server = connect(settings());
        Manifest second = FakeNodeTest.put(server, CONTENT, LinesPerRecord.ONE);
        String set = server.registry
                .read()
                .dataset(FakeNodeTest.NAME.value())
                .find(2)
                .orElseThrow()
                .set();
        LineRecords lines =
                new LineRecords(FakeInfo.NAMESPACE, server.registry.read().lineSet(set), LineLayout.SINGLE);
        records().remove(lines.line(LINE).digest);
        try (Snapshot snapshot = server.open(second)) {
            assertInstanceOf(Lookup.Damaged.class, FakeNodeTest.await(snapshot, LINE));
        }
    }

    @Test
    void aMissingLineIsDamagedOnceAllNodesAreBack() throws Exception {
        AerospikeStore store = connect(settings());
        try (Snapshot snapshot = store.open(FakeNodeTest.put(store, CONTENT, LinesPerRecord.ONE))) {
            records().remove(FakeNodeTest.firstSet(store, LineLayout.SINGLE).line(LINE).digest);
            cause(Absence.THE_CLUSTER_IS_SMALLER);
            assertThrows(StoreUnavailableException.class, () -> FakeNodeTest.await(snapshot, LINE));
            nodes.forEach(node -> node.info.clusterSize = NODES);
            Awaitility.await()
                    .ignoreExceptions()
                    .until(() -> FakeNodeTest.await(snapshot, LINE) instanceof Lookup.Damaged);
        }
    }

    /** Otherwise the dataset would be 404, and an ingest would replace the registry, and with it all versions. */
    @Test
    void aRegistryWhoseNodesAreAwayIsNeitherEmptyNorReplaced() throws Exception {
        AerospikeStore store = connect(settings());
        Manifest manifest = FakeNodeTest.put(store, CONTENT, LinesPerRecord.ONE);
        FakeRecords.StoredRecord registry = Objects.requireNonNull(records().get(ByteBuffer.wrap(REGISTRY)));
        records().remove(REGISTRY);
        AerospikeStore later = connect(settings());
        for (AerospikeStore each : List.of(store, later)) {
            StoreUnavailableException failure =
                    assertThrows(StoreUnavailableException.class, () -> each.current(FakeNodeTest.NAME));
            assertTrue(failure.getMessage().contains("its sets [_a] have records"), failure.getMessage());
            assertThrows(StoreUnavailableException.class, each::datasets);
            assertThrows(StoreUnavailableException.class, () -> FakeNodeTest.put(each, CONTENT, LinesPerRecord.ONE));
            assertTrue(!records().contains(REGISTRY), "a new registry was written");
        }
        records().put(REGISTRY, registry);
        assertEquals(manifest, later.current(FakeNodeTest.NAME).orElseThrow());
        try (Snapshot snapshot = later.open(manifest)) {
            ByteBuffer block = ByteBuffer.allocate(CONTENT.length);
            Await.result(snapshot.range(0, Samples.linesOf(CONTENT).size()).fill(block));
            assertArrayEquals(CONTENT, block.array());
        }
    }
}
