package dev.lineserver.store.aerospike;

import java.util.List;

import org.junit.jupiter.api.Test;

import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Plan;
import dev.lineserver.store.TextShape;

import static org.junit.jupiter.api.Assertions.assertEquals;

final class ClusterPlanTest extends FakeNodeTest {
    private static final List<String> COMPARED = List.of("1", "16", "64", "256", "auto");

    static long figure(Plan plan, String name) {
        return plan.figures().stream()
                .filter(figure -> figure.name().equals(name))
                .findFirst()
                .orElseThrow()
                .value();
    }

    /** 10 million lines of 79 bytes and a terminator: 80 bytes with padding, and up to 66 more as a record. */
    private static TextShape shape() {
        long[] lines = new long[4096];
        lines[79 / TextShape.LENGTH_STEP] = 10_000_000;
        return new TextShape(10_000_000, 800_000_000, 79, lines, 0, true);
    }

    @Test
    void thePlanComparesTheCostOfEachNumberOfLinesPerRecord() throws Exception {
        AerospikeStore store = connect(settings());
        Plan plan = store.plan(shape(), 0, LinesPerRecord.AUTO);
        assertEquals(110, figure(plan, "network"));
        // And 512 bytes of a sector less 16, on average: a record begins at a multiple of 16 bytes.
        assertEquals(144 + 496, figure(plan, "read-1"));
        assertEquals(16 * 86 + 66 + 496, figure(plan, "read-16"));
        assertEquals(64 * 86 + 66 + 496, figure(plan, "read-64"));
        // The last record has fewer lines, so the average is less by a fraction of a byte.
        assertEquals(256 * 86 + 66 + 496 - 1, figure(plan, "read-256"));
        // 16 KiB of text.
        assertEquals(204 * 86 + 66 + 496 - 1, figure(plan, "read-auto"));
        assertEquals(figure(plan, "read-auto"), figure(plan, "read"));
        assertEquals(figure(plan, "time-auto"), figure(plan, "time"));
        // 50 s for the records, and 8 s for the bytes.
        assertEquals(50 + 8 + 1, figure(plan, "time-1"));
        assertEquals(3 + 8 + 1, figure(plan, "time-16"));
        assertEquals(8 + 1, figure(plan, "time-256"));
    }

    @Test
    void packedLinesThatAreCompressedNeedLessStorage() throws Exception {
        Plan plan = connect(settings()).plan(shape().compressed(0.25), 0, LinesPerRecord.AUTO);
        assertEquals(16 * 20 + 66 + 496, figure(plan, "read-16"));
        assertEquals(144 + 496, figure(plan, "read-1"), "single lines are not compressed");
        assertEquals(200_000_000 + Math.ceilDiv(10_000_000, 16) * 66, figure(plan, "storage-16"));
    }

    @Test
    void anEmptyTextHasAPlan() throws Exception {
        AerospikeStore store = connect(settings());
        Plan plan = store.plan(new TextShape(0, 0, 0, new long[4096], 0, true), 0, LinesPerRecord.ONE);
        for (String lines : COMPARED) {
            assertEquals(1, figure(plan, "time-" + lines));
            assertEquals(496, figure(plan, "read-" + lines));
        }
    }
}
