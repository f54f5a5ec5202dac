package dev.lineserver.store.aerospike;

import java.time.Instant;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreFailedException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class LineLayoutTest {
    private static Manifest manifest(String layout) {
        Content content = new Content(1, 2, ContentDigest.parse("0".repeat(32)), 1, true);
        return new Manifest(new DatasetName("d"), 3, content, "/f", layout, Instant.EPOCH, List.of());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 16, 999, 4096})
    void theManifestNamesTheNumberOfLines(int lines) throws Exception {
        LineLayout layout = new LineLayout(lines);
        assertEquals(layout, LineLayout.of(manifest(layout.toString())));
        LineLayout compressed = new LineLayout(lines, true);
        assertEquals(compressed, LineLayout.of(manifest(compressed.toString())));
    }

    /** Released programs have stored versions under these names. */
    @Test
    void theNamesAreStable() {
        assertEquals("aerospike-record-per-line/2", LineLayout.SINGLE.toString());
        assertEquals("aerospike-packed-lines/1:64", new LineLayout(64).toString());
        assertEquals("aerospike-zstd-lines/1:64", new LineLayout(64, true).toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "aerospike-record-per-line/1",
                "aerospike-record-per-line/3",
                "aerospike-packed-lines/2:64",
                "aerospike-packed-lines/1",
                "aerospike-packed-lines/1:1",
                "aerospike-packed-lines/1:4097",
                "aerospike-packed-lines/1:064",
                "aerospike-zstd-lines/1:0",
                "aerospike-zstd-lines/1:4097",
                "aerospike-zstd-lines/2:64",
                "embedded-4",
                ""
            })
    void otherLayoutsAreRefusedWithWhatToDo(String layout) {
        StoreFailedException refusal = assertThrows(StoreFailedException.class, () -> LineLayout.of(manifest(layout)));
        assertTrue(
                refusal.getMessage()
                        .startsWith("version 3 of d has the layout " + layout + ", and this program reads "),
                refusal.getMessage());
        assertTrue(refusal.getMessage()
                .endsWith("use the program that stored it, or a newer one, or ingest the file" + " again"));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 4097})
    void aRecordHasFromOneLineToTheMaximum(int lines) {
        assertThrows(IllegalArgumentException.class, () -> new LineLayout(lines));
    }
}
