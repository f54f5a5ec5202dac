package dev.lineserver.store.aerospike;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

import com.aerospike.client.ResultCode;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import dev.lineserver.line.Limits;
import dev.lineserver.line.LineSplitter;
import dev.lineserver.line.Newlines;
import dev.lineserver.store.Build;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests builds while the node has faults. */
class WriteFaultsTest extends FakeNodeTest {
    private static final byte[] CONTENT = Samples.random(4_000, 60, 21);

    @Test
    void recordsRefusedForOverloadAreRetried() throws Exception {
        AerospikeStore store = connect(settings().recordsPerBatch(500));
        node.faults.refuseLines(1_234, ResultCode.DEVICE_OVERLOAD);
        assertStored(store, put(store, CONTENT));
    }

    @Test
    void batchesWithATruncatedReplyAreRetried() throws Exception {
        AerospikeStore store = connect(settings().recordsPerBatch(500));
        node.faults.dropConnections(3, WireMessage::isBatch);
        assertStored(store, put(store, CONTENT));
    }

    @Test
    void batchesInDoubtAreRetried() throws Exception {
        AerospikeStore store =
                connect(settings().recordsPerBatch(500).writes(Duration.ofMillis(500), Duration.ofSeconds(30)));
        node.faults.withholdAnswers(3, WireMessage::isBatch);
        assertStored(store, put(store, CONTENT));
        assertEquals(
                Math.ceilDiv(Samples.linesOf(CONTENT).size(), linesPerRecord().count()), node.records.count("_a"));
    }

    @Test
    void aPublicationInDoubtHappensOnce() throws Exception {
        AerospikeStore store = connect(settings());
        try (Build build = begin(store)) {
            add(build, CONTENT);
            node.faults.withholdAnswers(1, message -> !message.isBatch() && message.isWrite());
            Manifest manifest = commit(build, CONTENT);
            assertEquals(1, manifest.version());
            assertStored(store, manifest);
        }
    }

    @Test
    void outOfSpaceFailsTheBuildAndSaysWhatToDo() throws Exception {
        AerospikeStore store = connect(settings());
        Manifest before = put(store, CONTENT);
        node.faults.refuseLines(1, ResultCode.SERVER_MEM_ERROR);
        StoreFailedException failure = assertThrows(StoreFailedException.class, () -> put(store, CONTENT));
        assertTrue(failure.getMessage().contains("add memory, storage or nodes"), failure.getMessage());
        assertStored(store, before);
    }

    @Test
    void stopWritesAreReportedBeforeAnythingIsWritten() throws Exception {
        AerospikeStore store = connect(settings());
        node.faults.stopWrites = true;
        StoreFailedException failure = assertThrows(StoreFailedException.class, () -> begin(store));
        assertTrue(failure.getMessage().contains("stopped taking writes"), failure.getMessage());
    }

    @Test
    void overloadBeyondTheDeadlineFailsTheBuildAsUnavailable() throws Exception {
        AerospikeStore store = connect(settings().writes(Duration.ofMillis(500), Duration.ofMillis(500)));
        node.faults.refuseLines(Integer.MAX_VALUE, ResultCode.DEVICE_OVERLOAD);
        assertThrows(StoreUnavailableException.class, () -> put(store, CONTENT));
        node.faults.clear();
        assertEquals(Optional.empty(), store.current(NAME));
        assertEquals(0, node.records.count("_a"), "a failed build is rolled back");
    }

    @Test
    void aRecordLostBeforeTheCommitPreventsPublication() throws Exception {
        AerospikeStore store = connect(settings().recordsPerBatch(500));
        try (Build build = begin(store)) {
            add(build, CONTENT);
            Awaitility.await().until(() -> build.checkpoint().lineIndex() > 500);
            node.records.remove(firstSet(store).line(120).digest);
            StoreUnavailableException failure =
                    assertThrows(StoreUnavailableException.class, () -> commit(build, CONTENT));
            assertTrue(failure.getMessage().contains("line index 120 "), failure.getMessage());
        }
        assertEquals(Optional.empty(), store.current(NAME));
    }

    @Test
    void aWrongRecordCountIsResolvedByCheckingEachRecord() throws Exception {
        AerospikeStore store = connect(settings());
        node.info.countError = 7;
        byte[] content = Arrays.copyOf(CONTENT, CONTENT.length + (2 << 20));
        Manifest manifest = put(store, content);
        try (Snapshot snapshot = store.open(manifest)) {
            assertInstanceOf(Lookup.FoundInParts.class, await(snapshot, manifest.lineCount() - 1));
        }
    }

    /** The nodes count records of a truncated set until they have deleted them. */
    @Test
    void recordsThatAreBeingDeletedDoNotCount() throws Exception {
        AerospikeStore store = connect(settings().recordsPerBatch(500));
        try (Build build = begin(store)) {
            add(build, CONTENT);
            Awaitility.await().until(() -> build.checkpoint().lineIndex() > 500);
            node.info.truncating = true;
            node.records.remove(firstSet(store).line(0).digest);
            node.info.countError = 1;
            assertThrows(StoreUnavailableException.class, () -> commit(build, CONTENT));
        }
        assertEquals(Optional.empty(), store.current(NAME));
    }

    /** Aerospike answers without them by default. */
    @Test
    void recordsThatAReturnedNodeHasNotReceivedYetAreNotTakenForLost() throws Exception {
        AerospikeStore store = connect(settings());
        node.info.countError = 5;
        node.faults.stale = true;
        Manifest manifest = put(store, CONTENT);
        assertEquals(Optional.of(manifest), store.current(NAME), "the registry, too");
        node.faults.stale = false;
        assertStored(store, manifest);
    }

    @Test
    void aPartLostBeforeTheCommitPreventsPublication() throws Exception {
        AerospikeStore store = connect(settings().recordsPerBatch(1));
        byte[] content = new byte[3 << 20];
        Arrays.fill(content, (byte) 'x');
        content[content.length - 2] = '\n';
        try (Build build = begin(store)) {
            add(build, content);
            node.records.remove(firstSet(store).part(0, 2).digest);
            StoreUnavailableException failure =
                    assertThrows(StoreUnavailableException.class, () -> commit(build, content));
            assertTrue(failure.getMessage().contains("line index 0 "), failure.getMessage());
        }
    }

    /** Batches are acknowledged in any order, so the checkpoint is the first line that is not acknowledged. */
    @Test
    void everythingBeforeTheCheckpointIsStored() throws Exception {
        AerospikeStore store = connect(settings().recordsPerBatch(50));
        int[] ends = new int[CONTENT.length];
        int lines = Newlines.find(CONTENT, 0, CONTENT.length, ends);
        try (Build build = begin(store)) {
            LineSplitter<StoreException> splitter = new LineSplitter<>(Limits.LONGEST_LINE_BYTES, build::add);
            for (int line = 0; line < lines; line++) {
                int start = line == 0 ? 0 : ends[line - 1] + 1;
                byte[] one = Arrays.copyOfRange(CONTENT, start, ends[line] + 1);
                splitter.add(one, one.length, new int[] {one.length - 1}, 1);
                assertStoredBefore(build.checkpoint(), ends, firstSet(store));
            }
            Awaitility.await().until(() -> build.checkpoint().lineIndex() > lines / 2);
            assertStoredBefore(build.checkpoint(), ends, firstSet(store));
        }
    }

    private void assertStoredBefore(Checkpoint checkpoint, int[] ends, LineRecords records) {
        int line = Math.toIntExact(checkpoint.lineIndex());
        assertEquals(line == 0 ? 0 : ends[line - 1] + 1, checkpoint.byteOffset());
        for (int i = 0; i < line; i++) {
            assertTrue(node.records.contains(records.line(i).digest), "line index " + i + " of " + checkpoint);
        }
    }

    @Test
    void theCheckpointStaysBeforeABatchThatIsNotAcknowledged() throws Exception {
        AerospikeStore store =
                connect(settings().recordsPerBatch(500).writes(Duration.ofMillis(500), Duration.ofMillis(500)));
        try (Build build = begin(store)) {
            node.faults.refuseLines(Integer.MAX_VALUE, ResultCode.DEVICE_OVERLOAD);
            assertThrows(StoreUnavailableException.class, () -> {
                add(build, CONTENT);
                commit(build, CONTENT);
            });
            assertEquals(new Checkpoint(0, 0), build.checkpoint());
        }
    }

    private static void assertStored(AerospikeStore store, Manifest manifest) throws Exception {
        assertEquals(Optional.of(manifest), store.current(NAME));
        try (Snapshot snapshot = store.open(manifest)) {
            assertHolds(snapshot, CONTENT);
        }
    }
}
