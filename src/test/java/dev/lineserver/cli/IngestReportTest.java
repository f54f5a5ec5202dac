package dev.lineserver.cli;

import java.time.Instant;

import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;

import dev.lineserver.ingest.Ingest;
import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.Retries;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

final class IngestReportTest {
    private static final double SECONDS = 2;

    private static IngestReport report(long lines, long bytes, Checkpoint resumedFrom) {
        Manifest manifest = new Manifest(
                DatasetName.DEFAULT,
                3,
                new Content(lines, bytes, new ContentDigest(1, 2), 10, true),
                "/f",
                "a layout",
                Instant.EPOCH);
        return new IngestReport(
                new Ingest.Outcome(manifest, true, false, false, Retries.NONE, resumedFrom, null), SECONDS);
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
    void anEmptyTextHasNoRate() {
        assertEquals(
                "dataset default version 3: 0 lines, 0 B, stored in 2.00 s",
                report(0, 0, Checkpoint.START).text());
    }
}
