package dev.lineserver.store.aerospike;

import java.time.Duration;
import java.util.List;

import com.aerospike.client.Key;
import org.junit.jupiter.api.Test;

import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Leftover;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Plan;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.TextShape;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests records that no version needs: they never stand for a line, and they are deleted. */
final class ReclaimTest extends FakeNodeTest {
    private static final byte[] FIRST = Samples.random(1_000, 60, 61);
    private static final byte[] SECOND = Samples.random(700, 60, 62);
    private static final int FIRST_LINES = Samples.linesOf(FIRST).size();
    private static final int SECOND_LINES = Samples.linesOf(SECOND).size();

    private AerospikeStore store() throws Exception {
        return connect(settings().grace(Duration.ZERO));
    }

    /** Stores and drops a version whose records were written twice, so that their generation is higher. */
    private void putTwiceAndDrop(AerospikeStore store) throws Exception {
        put(store, FIRST);
        node.records.touch("_a");
        assertTrue(store.drop(NAME));
        assertEquals(0, node.records.count("_a"));
    }

    /** Stores a version in the set of the dropped one, whose records are old enough to be told from its own. */
    private Manifest putAfterTheFirst(AerospikeStore store) throws Exception {
        putTwiceAndDrop(store);
        node.records.age(Duration.ofMinutes(2));
        return put(store, SECOND);
    }

    private void assertHoldsSecond(AerospikeStore store, Manifest manifest) throws Exception {
        try (Snapshot snapshot = store.open(manifest)) {
            assertHolds(snapshot, SECOND);
        }
    }

    @Test
    void recordsThatComeBackIntoAReusedSetReplaceNoLineAndAreDeleted() throws Exception {
        AerospikeStore store = store();
        Manifest second = putAfterTheFirst(store);
        assertEquals(SECOND_LINES, node.records.count("_a"), "the set is reused");
        node.records.restart();
        assertEquals(FIRST_LINES + SECOND_LINES, node.records.count("_a"));
        assertHoldsSecond(store, second);
        assertEquals(
                List.of(new Leftover(
                        "set _a",
                        "they do not belong to version 2 of faulty; a node has brought them back, or an ingest wrote them"
                                + " after its end",
                        FIRST_LINES,
                        "records")),
                store.reclaim(true));
        store.reclaimInBackground();
        assertEquals(SECOND_LINES, node.records.count("_a"));
        assertHoldsSecond(store, second);
        assertEquals(List.of(), store.reclaim(false));
    }

    /** The younger ones were written less than the clock margin before the version. */
    @Test
    void onlyDeletedRecordsAreReportedAsReclaimed() throws Exception {
        AerospikeStore store = store();
        putAfterTheFirst(store);
        assertTrue(store.drop(NAME));
        put(store, FIRST);
        node.records.restart();
        int all = 2 * FIRST_LINES + SECOND_LINES;
        assertEquals(all, node.records.count("_a"));
        assertEquals(FIRST_LINES + SECOND_LINES, store.reclaim(true).getFirst().size());
        assertEquals(FIRST_LINES, store.reclaim(false).getFirst().size());
        assertEquals(all - FIRST_LINES, node.records.count("_a"));
        assertEquals(List.of(), store.reclaim(false));
    }

    @Test
    void recordsThatComeBackRepeatedlyAreDeletedEachTime() throws Exception {
        AerospikeStore store = store();
        Manifest second = putAfterTheFirst(store);
        for (int i = 0; i < 3; i++) {
            node.records.restart();
            assertEquals(1, store.reclaim(false).size());
            assertEquals(SECOND_LINES, node.records.count("_a"));
        }
        assertHoldsSecond(store, second);
    }

    @Test
    void recordsYoungerThanTheClockMarginStayUntilTheirSetIsFree() throws Exception {
        AerospikeStore store = store();
        putTwiceAndDrop(store);
        Manifest second = put(store, SECOND);
        node.records.restart();
        store.reclaimInBackground();
        assertEquals(FIRST_LINES + SECOND_LINES, node.records.count("_a"));
        assertHoldsSecond(store, second);
        store.drop(NAME);
        store.reclaim(false);
        assertEquals(0, node.records.count("_a"));
    }

    @Test
    void recordsThatComeBackIntoAFreeSetAreDeletedByAServer() throws Exception {
        AerospikeStore store = store();
        putTwiceAndDrop(store);
        node.records.restart();
        assertEquals(
                List.of(new Leftover(
                        "set _a",
                        "no version needs them; a node has brought them back, or an ingest wrote them after its end",
                        FIRST_LINES,
                        "records")),
                store.reclaim(true));
        assertEquals(FIRST_LINES, node.records.count("_a"), "a dry run deletes nothing");
        store.reclaimInBackground();
        assertEquals(0, node.records.count("_a"));
        assertEquals(List.of(), store.reclaim(true));
    }

    @Test
    void truncationsThatNotAllNodesConfirmAreRepeated() throws Exception {
        AerospikeStore store = store();
        Manifest second = putAfterTheFirst(store);
        node.records.restart();
        node.faults.timeOutTruncations(3);
        store.reclaim(false);
        assertHoldsSecond(store, second);
        assertEquals(SECOND_LINES, node.records.count("_a"));
        node.faults.timeOutTruncations(3);
        assertTrue(store.drop(NAME));
        assertEquals(0, node.records.count("_a"));
    }

    @Test
    void aTruncationThatIsNeverConfirmedIsAnErrorAndDoneByTheNextReclaim() throws Exception {
        AerospikeStore store = store();
        put(store, FIRST);
        node.faults.timeOutTruncations(Integer.MAX_VALUE);
        StoreException failure = assertThrows(StoreUnavailableException.class, () -> store.drop(NAME));
        assertTrue(
                failure.getMessage().startsWith("truncating set _a of namespace lines failed"), failure.getMessage());
        node.faults.clear();
        store.reclaim(false);
        assertEquals(0, node.records.count("_a"));
    }

    @Test
    void setsOfOtherProgramsStay() throws Exception {
        AerospikeStore store = store();
        put(store, FIRST);
        for (String set : List.of("_b", "_zzz", "a", "others")) {
            node.records.add(set, new Key("lines", set, 1).digest);
        }
        store.drop(NAME);
        assertEquals(List.of(), store.reclaim(false));
        store.reclaimInBackground();
        Build third = begin(store);
        Build fourth = store.begin(new BuildRequest(
                new DatasetName("other"), "sample", null, false, 0, false, LinesPerRecord.ONE, false, false));
        add(fourth, SECOND);
        commit(fourth, SECOND);
        fourth.close();
        third.close();
        assertEquals(SECOND_LINES, node.records.count("_c"), "_a is used, _b belongs to another program");
        for (String set : List.of("_b", "_zzz", "a", "others")) {
            assertEquals(1, node.records.count(set), set);
        }
    }

    @Test
    void nothingIsDeletedFromALiveSetDuringMigrations() throws Exception {
        AerospikeStore store = store();
        put(store, FIRST);
        node.info.migrating = true;
        node.info.countError = 7;
        assertEquals(List.of(), store.reclaim(true));
        node.info.migrating = false;
        assertEquals(7, store.reclaim(true).getFirst().size());
        assertEquals(List.of(), store.reclaim(false), "nothing was deleted, so nothing is reported");
        assertEquals(FIRST_LINES, node.records.count("_a"));
    }

    @Test
    void anIngestAndADropEndStoppedWritesThatLeftoversCause() throws Exception {
        AerospikeStore store = store();
        for (int i = 0; i < 2; i++) {
            putTwiceAndDrop(store);
            node.records.age(Duration.ofMinutes(2));
            Manifest second = put(store, SECOND);
            node.records.restart();
            node.records.maxRecords = (long) FIRST_LINES + SECOND_LINES - 1;
            Plan plan = store.plan(new TextShape(1, 2, 1, new long[] {1, 0}, 0, false), 0, LinesPerRecord.ONE);
            if (i == 0) {
                assertTrue(store.drop(NAME));
            } else {
                assertTrue(plan.fits(), plan.obstacles().toString());
                assertTrue(plan.warnings().getFirst().contains("line-server reclaim"), plan.toString());
                assertHoldsSecond(store, second);
                assertEquals(
                        second.version() + 1, put(store, new byte[] {'x', '\n'}).version());
            }
            node.records.maxRecords = Long.MAX_VALUE;
        }
    }

    @Test
    void aFailedBuildThatFilledTheClusterIsRolledBack() throws Exception {
        AerospikeStore store = connect(settings().recordsPerBatch(100));
        node.records.maxRecords = 500;
        assertThrows(StoreFailedException.class, () -> put(store, FIRST));
        assertEquals(0, node.records.count("_a"));
        assertEquals(1, put(store, new byte[] {'x', '\n'}).version());
    }

    @Test
    void thePlanWarnsOfAClusterThatPrefersOlderRecords() throws Exception {
        AerospikeStore store = store();
        TextShape shape = new TextShape(1, 2, 1, new long[] {1, 0}, 0, false);
        assertEquals(List.of(), store.plan(shape, 0, LinesPerRecord.ONE).warnings());
        node.info.conflictResolution = "generation";
        Plan plan = store.plan(shape, 3, LinesPerRecord.ONE);
        assertTrue(plan.fits(), plan.obstacles().toString());
        assertTrue(plan.warnings().getFirst().contains("set it to last-update-time"), plan.toString());
        assertEquals(
                4,
                plan.figures().stream()
                        .filter(figure -> figure.name().equals("versions"))
                        .findFirst()
                        .orElseThrow()
                        .value());
    }
}
