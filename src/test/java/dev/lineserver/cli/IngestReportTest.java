package dev.lineserver.cli;

import java.time.Instant;
import java.util.List;

import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import dev.lineserver.ingest.Ingest;
import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.IngestPart;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.Retries;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

final class IngestReportTest {
    private static final double SECONDS = 2;

    private static IngestReport report(long lines, long bytes, Checkpoint resumedFrom) {
        return report(lines, bytes, resumedFrom, null);
    }

    private static IngestReport report(long lines, long bytes, Checkpoint resumedFrom, Ingest.@Nullable Share share) {
        Manifest manifest = new Manifest(
                DatasetName.DEFAULT,
                3,
                new Content(lines, bytes, new ContentDigest(1, 2), 10, true),
                "/f",
                "a layout",
                Instant.EPOCH,
                List.of());
        return new IngestReport(
                new Ingest.Outcome(manifest, true, false, false, Retries.NONE, resumedFrom, share), SECONDS);
    }

    @Test
    void theRateIsThatOfTheWholeText() {
        IngestReport report = report(4_096, 40_960, Checkpoint.START);
        assertEquals("dataset default version 3: 4,096 lines, 40.0 KiB, stored in 2.00 s (20.0 KiB/s)", report.text());
        assertEquals(20_480, new JsonObject(report.json()).getLong("bytesPerSecond"));
        assertEquals(2_048, new JsonObject(report.json()).getLong("linesPerSecond"));
    }

    /** All lines were read, and a few of them stored: the rest, or those that a node had lost. */
    @Test
    void aResumedIngestHasNoRate() {
        for (long stored : new long[] {4_095, 4_096}) {
            IngestReport report = report(4_096, 40_960, new Checkpoint(stored, stored * 10));
            assertEquals(
                    "dataset default version 3: 4,096 lines, 40.0 KiB, resumed after " + Quantities.grouped(stored)
                            + " of them, stored in 2.00 s",
                    report.text());
            JsonObject json = new JsonObject(report.json());
            assertEquals(stored, json.getLong("resumedFrom"));
            assertFalse(json.containsKey("bytesPerSecond") || json.containsKey("linesPerSecond"), json::encode);
        }
    }

    @Test
    void thePartThatResumesAnIngestHasTheRateOfItsOwnLines() {
        IngestPart part = new IngestPart(1, 2);
        IngestReport some = report(4_096, 40_960, new Checkpoint(1_024, 10_240), new Ingest.Share(part, 2_048));
        assertEquals(
                "dataset default version 3: 4,096 lines, 40.0 KiB, 2,048 of them as part 1/2, stored in 2.00 s"
                        + " (10.0 KiB/s)",
                some.text());
        assertEquals(10_240, new JsonObject(some.json()).getLong("bytesPerSecond"));
        IngestReport none = report(4_096, 40_960, new Checkpoint(4_096, 40_960), new Ingest.Share(part, 0));
        assertEquals(
                "dataset default version 3: 4,096 lines, 40.0 KiB, 0 of them as part 1/2, stored in 2.00 s",
                none.text());
        JsonObject json = new JsonObject(none.json());
        assertFalse(json.containsKey("bytesPerSecond") || json.containsKey("linesPerSecond"), json::encode);
        IngestReport slow = report(1, 1, Checkpoint.START, new Ingest.Share(part, 1));
        assertFalse(slow.text().contains("0 B/s"), slow::text);
    }

    @Test
    void anEmptyTextHasNoRate() {
        assertEquals(
                "dataset default version 3: 0 lines, 0 B, stored in 2.00 s",
                report(0, 0, Checkpoint.START).text());
    }
}
