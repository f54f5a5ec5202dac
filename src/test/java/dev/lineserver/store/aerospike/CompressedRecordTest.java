package dev.lineserver.store.aerospike;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

import com.aerospike.client.Bin;
import com.aerospike.client.Record;
import com.aerospike.client.Value;
import org.junit.jupiter.api.Test;

import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.aerospike.LineRecords.LongLineHeader;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Records with compressed lines, and versions that consist of them. */
final class CompressedRecordTest extends FakeNodeTest {
    private static Record record(Bin[] bins) {
        Map<String, Object> values = new HashMap<>();
        for (Bin bin : bins) {
            Object value = bin.value.getObject();
            values.put(bin.name, value instanceof byte[] bytes ? bytes : toBytes(bin.value));
        }
        return new Record(values, 1, 0);
    }

    private static byte[] toBytes(Value value) {
        byte[] written = new byte[value.estimateSize()];
        value.write(written, 0);
        return written;
    }

    @Test
    void linesAndHeadersComeBackInTheirPlaces() {
        long seed = new Random().nextLong();
        for (int round = 0; round < 200; round++) {
            Random random = new Random(seed + round);
            List<Value> stored = new ArrayList<>();
            for (int i = 1 + random.nextInt(40); i > 0; i--) {
                byte[] line = new byte[random.nextInt(4) == 0 ? 0 : random.nextInt(300)];
                random.nextBytes(line);
                for (int j = 0; j < line.length; j++) {
                    line[j] = line[j] == '\n' ? 0 : line[j];
                }
                boolean isLong = random.nextInt(5) == 0;
                stored.add(
                        isLong
                                ? new LongLineHeader(1 + random.nextInt(1 << 28), 131_072).toElement()
                                : Value.get(line));
            }
            Record record = record(CompressedRecord.bins(stored));
            List<Object> all = CompressedRecord.elements(record);
            assertEquals(stored.size(), all.size());
            for (int i = 0; i < stored.size(); i++) {
                String what = "line " + i + " of seed " + (seed + round);
                for (Object found : Arrays.asList(all.get(i), CompressedRecord.element(record, i))) {
                    if (stored.get(i).getObject() instanceof byte[] line) {
                        assertArrayEquals(line, assertInstanceOf(byte[].class, found, what), what);
                    } else {
                        LongLineHeader header = LongLineHeader.fromElement(found);
                        assertEquals(header == null ? null : header.toElement(), stored.get(i), what);
                    }
                }
            }
            assertNull(CompressedRecord.element(record, stored.size()));
        }
    }

    @Test
    void aRecordTakesLessThanHalfOfItsText() {
        List<Value> lines = new ArrayList<>();
        int bytes = 0;
        for (int i = 0; i < 160; i++) {
            String text = "2026-11-29T12:00:00.%03dZ INFO request %d of user %d took %d ms"
                    .formatted(i * 7 % 1000, i * 31, i * 97 % 41, i * 13 % 600);
            byte[] line = text.getBytes(StandardCharsets.US_ASCII);
            lines.add(Value.get(line));
            bytes += line.length + 1;
        }
        byte[] frame = assertInstanceOf(
                byte[].class, record(CompressedRecord.bins(lines)).bins.get(LineRecords.LINE_BIN));
        assertTrue(frame.length < bytes / 2, frame.length + " of " + bytes);
    }

    /** A frame of other bytes must never be taken for lines. */
    @Test
    void aDamagedFrameHasNoLines() {
        byte[] content = Samples.random(200, 60, 3);
        List<Value> lines =
                Samples.linesOf(content).stream().<Value>map(Value::get).toList();
        Record good = record(CompressedRecord.bins(lines));
        byte[] frame = assertInstanceOf(byte[].class, good.bins.get(LineRecords.LINE_BIN));
        for (int at = 0; at < frame.length; at += 7) {
            byte[] bad = frame.clone();
            bad[at] ^= 0x55;
            List<Object> found = CompressedRecord.elements(new Record(Map.of(LineRecords.LINE_BIN, bad), 1, 0));
            assertTrue(found.isEmpty() || isSame(lines, found), "byte " + at);
        }
        byte[] cut = Arrays.copyOf(frame, frame.length / 2);
        assertEquals(List.of(), CompressedRecord.elements(new Record(Map.of(LineRecords.LINE_BIN, cut), 1, 0)));
        assertEquals(List.of(), CompressedRecord.elements(new Record(Map.of(LineRecords.LINE_BIN, 7L), 1, 0)));
        assertEquals(List.of(), CompressedRecord.elements(null));
    }

    private static boolean isSame(List<Value> lines, List<Object> found) {
        for (int i = 0; i < lines.size(); i++) {
            if (!Arrays.equals((byte[]) lines.get(i).getObject(), (byte[]) found.get(i))) {
                return false;
            }
        }
        return lines.size() == found.size();
    }

    @Test
    void compressedPackedAndSingleLinesAreReadableSideBySide() throws Exception {
        AerospikeStore store = connect(settings());
        byte[] content = Samples.random(500, 60, 4);
        List<LineLayout> layouts = List.of(LineLayout.SINGLE, new LineLayout(16), new LineLayout(16, true));
        List<Manifest> versions = new ArrayList<>();
        for (LineLayout layout : layouts) {
            LinesPerRecord lines = new LinesPerRecord(layout.linesPerRecord());
            try (Build build = store.begin(
                    new BuildRequest(NAME, "sample", null, false, 3, false, lines, layout.compressed(), false))) {
                add(build, content);
                versions.add(commit(build, content));
            }
        }
        assertEquals(Math.ceilDiv(500, 16), node.records.count("_c"));
        for (int i = 0; i < layouts.size(); i++) {
            assertEquals(layouts.get(i).toString(), versions.get(i).layout());
            try (Snapshot snapshot = store.open(versions.get(i))) {
                assertHolds(snapshot, content);
            }
        }
    }

    @Test
    void aRecordOfOneLineMayBeCompressed() throws Exception {
        AerospikeStore store = connect(settings());
        byte[] content = Samples.random(30, 60, 5);
        Manifest manifest = put(store, content, LinesPerRecord.ONE, true);
        assertEquals("aerospike-zstd-lines/1:1", manifest.layout());
        try (Snapshot snapshot = store.open(manifest)) {
            assertHolds(snapshot, content);
            assertInstanceOf(Lookup.PastTheEnd.class, await(snapshot, 30));
        }
    }
}
