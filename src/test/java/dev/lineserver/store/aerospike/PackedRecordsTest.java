package dev.lineserver.store.aerospike;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.store.LineParts;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

/** Versions with several lines in each record. */
final class PackedRecordsTest extends FakeNodeTest {
    @ParameterizedTest
    @ValueSource(ints = {2, 7, 16, 1_000, 1_001, 4_096})
    void aVersionHasOneRecordForSoManyLines(int lines) throws Exception {
        AerospikeStore store = connect(settings());
        byte[] content = Samples.random(1_000, 60, 3);
        Manifest manifest = put(store, content, new LinesPerRecord(lines));
        assertEquals(Math.ceilDiv(1_000, lines), node.records.count("_a"));
        assertEquals(new LineLayout(lines), LineLayout.of(manifest));
        try (Snapshot snapshot = store.open(manifest)) {
            assertHolds(snapshot, content);
        }
    }

    @Test
    void autoIsChosenFromTheFirstLines() throws Exception {
        AerospikeStore store = connect(settings());
        byte[] content = ("x".repeat(99) + "\n").repeat(1_000).getBytes(StandardCharsets.US_ASCII);
        Manifest manifest = put(store, content, LinesPerRecord.AUTO);
        assertEquals(new LineLayout(163), LineLayout.of(manifest));
        assertEquals(new LineLayout(1), LineLayout.of(put(store, new byte[0], LinesPerRecord.AUTO)));
    }

    /** Each line takes the bytes of a header in its record if it does not fit it. */
    @ParameterizedTest
    @ValueSource(ints = {0, 4_096})
    void aRecordHasAtMostAsManyLinesAsFitIt(int lines) throws Exception {
        node.info.maxRecordSize = 16 << 10;
        AerospikeStore store = connect(settings());
        byte[] content = "ab\n\n".repeat(2_500).getBytes(StandardCharsets.US_ASCII);
        Manifest manifest = put(store, content, new LinesPerRecord(lines));
        try (Snapshot snapshot = store.open(manifest)) {
            ContractCommit.assertHoldsAll(snapshot, content);
        }
    }

    /** The fake node refuses records of over 128 KiB. */
    @Test
    void theLongestLinesOfARecordThatDoNotFitAreStoredInParts() throws Exception {
        AerospikeStore store = connect(settings());
        Random random = new Random(11);
        int[] lengths = {10, 37_500, 0, 62_500, 50_000, 1, 375_000, 20, 87_500, 87_500, 5};
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (int length : lengths) {
            byte[] line = new byte[length];
            for (int i = 0; i < length; i++) {
                line[i] = (byte) ('a' + random.nextInt(26));
            }
            content.writeBytes(line);
            content.write('\n');
        }
        Manifest manifest = put(store, content.toByteArray(), new LinesPerRecord(8));
        List<byte[]> lines = Samples.linesOf(content.toByteArray());
        long parts = 0;
        try (Snapshot snapshot = store.open(manifest)) {
            List<Lookup> together = snapshot.lookupAll(
                            LongStream.range(0, lengths.length).toArray())
                    .toCompletableFuture()
                    .join();
            for (int i = 0; i < lengths.length; i++) {
                Lookup single = await(snapshot, i);
                assertArrayEquals(lines.get(i), bytes(single), "line index " + i);
                assertArrayEquals(lines.get(i), bytes(together.get(i)), "line index " + i);
                parts += single instanceof Lookup.FoundInParts(LineParts found) ? found.count() : 0;
            }
            for (int small : new int[] {0, 1, 2, 4, 5, 7, 9, 10}) {
                assertInstanceOf(Lookup.Found.class, await(snapshot, small), "line index " + small);
            }
        }
        assertEquals(2 + parts, node.records.count("_a"));
    }

    private static byte[] bytes(Lookup lookup) {
        return switch (lookup) {
            case Lookup.Found(byte[] line) -> line;
            case Lookup.FoundInParts(LineParts parts) -> {
                ByteArrayOutputStream line = new ByteArrayOutputStream();
                for (int part = 0; part < parts.count(); part++) {
                    line.writeBytes(parts.read(part).toCompletableFuture().join());
                }
                yield line.toByteArray();
            }
            default -> throw new AssertionError(lookup);
        };
    }

    @Test
    void aLostRecordDamagesItsLinesOnly() throws Exception {
        AerospikeStore store = connect(settings());
        byte[] content = Samples.random(100, 60, 5);
        Manifest manifest = put(store, content, new LinesPerRecord(16));
        LineRecords records =
                new LineRecords(FakeInfo.NAMESPACE, store.registry.read().lineSet("_a"), new LineLayout(16));
        node.records.remove(records.record(2).digest);
        try (Snapshot snapshot = store.open(manifest)) {
            List<Lookup> together = snapshot.lookupAll(LongStream.range(0, 100).toArray())
                    .toCompletableFuture()
                    .join();
            for (int i = 0; i < 100; i++) {
                Class<? extends Lookup> expected = i / 16 == 2 ? Lookup.Damaged.class : Lookup.Found.class;
                assertInstanceOf(expected, await(snapshot, i), "line index " + i);
                assertInstanceOf(expected, together.get(i), "line index " + i);
            }
        }
    }
}
