package dev.lineserver.store.aerospike;

import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;

import com.aerospike.client.cluster.Partition;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import dev.lineserver.store.Await;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests lookups while one or two of three nodes fail; each record has two replicas. */
final class LostNodeTest extends FakeClusterTest {
    private static final byte[] CONTENT = Samples.random(2_000, 60, 41);
    private static final List<byte[]> LINES = Samples.linesOf(CONTENT);
    private static final int LOST = 1;

    private @Nullable LineRecords records;

    private Snapshot storeAndOpen(Duration readDeadline) throws Exception {
        AerospikeStore store = connect(settings().readDeadline(readDeadline));
        Snapshot snapshot = store.open(FakeNodeTest.put(store, CONTENT, LinesPerRecord.ONE));
        records = FakeNodeTest.firstSet(store, LineLayout.SINGLE);
        open.add(snapshot);
        return snapshot;
    }

    private void silence(int nodeIndex) {
        nodes.get(nodeIndex).faults.withholdAnswers(Integer.MAX_VALUE, _ -> true);
    }

    private static List<CompletableFuture<Lookup>> lookUpAll(Snapshot snapshot) {
        List<CompletableFuture<Lookup>> lookups = new ArrayList<>();
        for (int i = 0; i < LINES.size(); i++) {
            lookups.add(snapshot.lookup(i).toCompletableFuture());
        }
        return lookups;
    }

    private boolean isOnTheLostNode(int line) {
        return Partition.getPartitionId(Objects.requireNonNull(records).line(line).digest) % NODES == LOST;
    }

    private static void assertFound(List<CompletableFuture<Lookup>> lookups, int line) {
        Lookup.Found found =
                assertInstanceOf(Lookup.Found.class, lookups.get(line).join(), "line index " + line);
        assertArrayEquals(LINES.get(line), found.line());
    }

    @Test
    void linesAreReadFromAllNodes() throws Exception {
        Snapshot snapshot = storeAndOpen(Duration.ofSeconds(15));
        List<CompletableFuture<Lookup>> lookups = lookUpAll(snapshot);
        for (int i = 0; i < LINES.size(); i++) {
            assertFound(lookups, i);
        }
    }

    /** Two adjacent nodes are silent, so both replicas of some lines are. */
    @Test
    void silentNodesDelayOnlyTheirOwnLines() throws Exception {
        Snapshot snapshot = storeAndOpen(Duration.ofSeconds(60));
        silence(LOST);
        silence(LOST + 1);
        List<CompletableFuture<Lookup>> lookups = lookUpAll(snapshot);
        for (int i = 0; i < LINES.size(); i++) {
            if (!isOnTheLostNode(i)) {
                assertFound(lookups, i);
            }
        }
        for (int i = 0; i < LINES.size(); i++) {
            assertEquals(isOnTheLostNode(i), !lookups.get(i).isDone(), "line index " + i);
        }
    }

    /** The client sends batches to a silent node until it removes the node, so a range avoids batches for a while. */
    @Test
    void aRangeIsReadFromTheOtherReplicasOfASilentNode() throws Exception {
        Snapshot snapshot = storeAndOpen(Duration.ofSeconds(3));
        AtomicInteger batches = new AtomicInteger();
        nodes.get(LOST).faults.withholdAnswers(Integer.MAX_VALUE, message -> {
            if (message.isBatch()) {
                batches.incrementAndGet();
            }
            return true;
        });
        ByteBuffer block = ByteBuffer.allocate(CONTENT.length);
        Await.result(snapshot.range(0, LINES.size()).fill(block));
        assertArrayEquals(CONTENT, block.array());
        assertTrue(batches.get() < LINES.size() / 256, batches + " batches were sent to the silent node");
    }

    @Test
    void linesOfASilentNodeAreReadFromTheOtherReplica() throws Exception {
        Snapshot snapshot = storeAndOpen(Duration.ofSeconds(15));
        silence(LOST);
        for (int round = 0; round < 3; round++) {
            List<CompletableFuture<Lookup>> lookups = lookUpAll(snapshot);
            for (int i = 0; i < LINES.size(); i++) {
                assertFound(lookups, i);
            }
        }
        nodes.get(LOST).faults.clear();
        int[] answered = new int[1];
        nodes.get(LOST).faults.delayAnswers(0, message -> {
            answered[0]++;
            return false;
        });
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> {
            lookUpAll(snapshot).forEach(CompletableFuture::join);
            return answered[0] > 5;
        });
    }

    @Test
    void linesOfADeadNodeAreReadFromTheOtherReplica() throws Exception {
        Snapshot snapshot = storeAndOpen(Duration.ofSeconds(15));
        List<CompletableFuture<Lookup>> before = lookUpAll(snapshot);
        nodes.get(LOST).close();
        for (List<CompletableFuture<Lookup>> lookups : List.of(before, lookUpAll(snapshot), lookUpAll(snapshot))) {
            for (int i = 0; i < LINES.size(); i++) {
                assertFound(lookups, i);
            }
        }
    }
}
