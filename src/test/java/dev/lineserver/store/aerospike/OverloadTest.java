package dev.lineserver.store.aerospike;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

import com.aerospike.client.BatchRecord;
import com.aerospike.client.BatchWrite;
import com.aerospike.client.Operation;
import com.aerospike.client.ResultCode;
import com.aerospike.client.Value;
import org.junit.jupiter.api.Test;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Retries;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.aerospike.registry.HeldBuild;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests how builds give way to the other users of a cluster, and how they count what it acknowledges. */
final class OverloadTest extends FakeNodeTest {
    private static final byte[] CONTENT = Samples.random(4_000, 60, 22);
    private static final int RECORDS_PER_BATCH = 250;

    @Test
    void anOverloadHalvesTheBatchesInFlight() throws Exception {
        AerospikeStore store = connect(settings().recordsPerBatch(RECORDS_PER_BATCH));
        // Four batches are begun within this time, also on a busy machine.
        node.faults.delayAnswers(250, WireMessage::isBatch);
        node.faults.refuseLines(1, ResultCode.DEVICE_OVERLOAD);
        Manifest manifest;
        try (Build build = begin(store)) {
            add(build, CONTENT);
            manifest = commit(build, CONTENT);
            assertEquals(new Retries(1, 1), build.retries());
        }
        List<Batches.Execution> batches = node.batches.executions();
        assertTrue(batches.size() < BatchWindow.ATTEMPTS_TO_GROW, "the bound does not grow in this test");
        assertEquals(BatchWriter.MAX_BATCHES_IN_FLIGHT, mostConcurrent(batches));
        // The refused batch is one of the first four. Each of the other three may be answered a moment earlier, and
        // another one then begins. From the refusal on, those in flight end before another one begins.
        assertTrue(mostConcurrent(batches.subList(2 * BatchWriter.MAX_BATCHES_IN_FLIGHT, batches.size())) <= 2);
        assertStored(store, manifest);
    }

    private static int mostConcurrent(List<Batches.Execution> batches) {
        return batches.stream().mapToInt(batch -> batch.concurrent).max().orElse(0);
    }

    /** The node sees less of a batch than the client, so these bounds hold on the slowest machine. */
    @Test
    void atLowPriorityAPauseAsLongAsTheBatchFollowsEachBatch() throws Exception {
        AerospikeStore store =
                connect(settings().recordsPerBatch(RECORDS_PER_BATCH).lowPriority());
        node.faults.delayAnswers(10, WireMessage::isBatch);
        Manifest manifest = put(store, CONTENT);
        List<Batches.Execution> batches = node.batches.executions();
        assertTrue(batches.size() > CONTENT.length / 60 / RECORDS_PER_BATCH);
        assertEquals(1, mostConcurrent(batches));
        for (int i = 1; i < batches.size(); i++) {
            Batches.Execution before = batches.get(i - 1);
            assertTrue(batches.get(i).begin - before.end >= before.end - before.begin, "batch " + i);
        }
        assertStored(store, manifest);
    }

    @Test
    void retriesWithoutAnOverloadAreCounted() throws Exception {
        AerospikeStore store = connect(settings().recordsPerBatch(RECORDS_PER_BATCH));
        node.faults.refuseLines(1, ResultCode.KEY_BUSY);
        try (Build build = begin(store)) {
            add(build, CONTENT);
            assertStored(store, commit(build, CONTENT));
            assertEquals(new Retries(1, 0), build.retries());
        }
    }

    @Test
    void recordsThatTheNodeAcknowledgesAndDoesNotStorePreventPublication() throws Exception {
        AerospikeStore store = connect(settings().recordsPerBatch(RECORDS_PER_BATCH));
        node.faults.swallowLines(RECORDS_PER_BATCH);
        StoreUnavailableException failure = assertThrows(StoreUnavailableException.class, () -> put(store, CONTENT));
        assertTrue(failure.getMessage().contains(" was acknowledged, but is no longer in set"), failure.getMessage());
        assertEquals(Optional.empty(), store.current(NAME));
    }

    @Test
    void aNumberOfAcknowledgedRecordsThatIsNotThatOfTheSourcePreventsPublication() throws Exception {
        AerospikeStore store = connect(settings());
        HeldBuild build = store.builds.begin(
                new BuildRequest(NAME, "sample", null, false, 0, false, LinesPerRecord.ONE, false, false));
        BatchWriter writer = new BatchWriter(store.cluster, build.lease());
        LineRecords records = firstSet(store);
        BatchRecord record = new BatchWrite(store.cluster.policies.lineWrite, records.line(0), new Operation[] {
            Operation.put(LineRecords.lineBin(Value.get(new byte[1])))
        });
        node.faults.refuseLines(1, ResultCode.DEVICE_OVERLOAD);
        writer.submit(
                new BatchWriter.BatchStart(Checkpoint.START, new ContentDigest.Prefix().digest()), List.of(record));
        StoreFailedException failure = assertThrows(StoreFailedException.class, () -> writer.awaitAcknowledgements(2));
        assertEquals(
                "the lines of the source are 2 records, but the cluster acknowledged 1: nothing was published, ingest"
                        + " again",
                failure.getMessage());
        assertTrue(writer.cancel(Duration.ofSeconds(10)));
        build.rollBack();
    }

    private static void assertStored(AerospikeStore store, Manifest manifest) throws Exception {
        try (Snapshot snapshot = store.open(manifest)) {
            assertHolds(snapshot, CONTENT);
        }
    }
}
