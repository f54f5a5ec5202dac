package dev.lineserver.store.embedded;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;

import com.github.luben.zstd.ZstdInputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.ingest.Ingest;
import dev.lineserver.ingest.Progress;
import dev.lineserver.line.Limits;
import dev.lineserver.store.Await;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.LineRange;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.embedded.StoredFiles.Form;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The compressed copy of the lines: what it holds, what zstd finds in it, and what damage does. */
final class CompressedLinesTest {
    @TempDir
    Path directory;

    private EmbeddedStore store;
    private Path source;

    @BeforeEach
    void open() throws Exception {
        store = EmbeddedStore.open(directory.resolve("data"), null);
        source = directory.resolve("source");
    }

    private Manifest ingest(byte[] content) throws Exception {
        Files.write(source, content);
        return new Ingest(store, Progress.SILENT)
                .store(List.of(source.toString()), Form.COMPRESSED.options())
                .manifest();
    }

    private Path compressed(Manifest manifest) {
        return directory.resolve("data/default/v" + manifest.version() + "/lines.zst");
    }

    /** Lines that repeat, lines that do not compress, empty ones, and a few that are longer than several blocks. */
    private static byte[] randomContent(Random random) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        int lines = random.nextInt(400);
        for (int i = 0; i < lines; i++) {
            byte[] line = new byte[random.nextInt(40) == 0 ? random.nextInt(400_000) : random.nextInt(200)];
            if (random.nextBoolean()) {
                random.nextBytes(line);
            } else {
                Arrays.fill(line, (byte) random.nextInt(256));
            }
            for (int j = 0; j < line.length; j++) {
                line[j] = line[j] == '\n' ? 0 : line[j];
            }
            content.writeBytes(line);
            if (i < lines - 1 || random.nextBoolean()) {
                content.write('\n');
            }
        }
        return content.toByteArray();
    }

    private static byte[] line(Snapshot snapshot, long lineIndex) throws Exception {
        return switch (Await.result(snapshot.lookup(lineIndex))) {
            case Lookup.Found(byte[] line) -> line;
            case Lookup.FoundInParts(LineParts parts) -> {
                ByteArrayOutputStream line = new ByteArrayOutputStream();
                for (int part = 0; part < parts.count(); part++) {
                    line.writeBytes(Await.result(parts.read(part)));
                }
                yield line.toByteArray();
            }
            case Lookup.Damaged(String detail) -> throw new LineDamagedException(lineIndex, detail);
            case Lookup.PastTheEnd _ -> throw new AssertionError("past the end");
        };
    }

    @Test
    void everyLineAndRangeHasTheBytesOfTheSource() throws Exception {
        long seed = new Random().nextLong();
        for (int round = 0; round < 12; round++) {
            Random random = new Random(seed + round);
            byte[] content = randomContent(random);
            String what = "seed " + (seed + round);
            Manifest manifest = ingest(content);
            List<byte[]> lines = Samples.linesOf(content);
            try (Snapshot snapshot = store.open(manifest);
                    ZstdInputStream zstd =
                            new ZstdInputStream(new ByteArrayInputStream(Files.readAllBytes(compressed(manifest))))) {
                for (int i = 0; i < lines.size(); i++) {
                    assertArrayEquals(lines.get(i), line(snapshot, i), what);
                }
                int first = random.nextInt(lines.size() + 1);
                int end = first + random.nextInt(lines.size() + 1 - first);
                ByteArrayOutputStream expected = new ByteArrayOutputStream();
                lines.subList(first, end).forEach(line -> {
                    expected.writeBytes(line);
                    expected.write('\n');
                });
                byte[] range = read(snapshot.range(first, end), 1 + random.nextInt(100_000));
                boolean toEnd = end == lines.size() && !manifest.content().terminated() && end > first;
                assertArrayEquals(
                        toEnd ? Arrays.copyOf(expected.toByteArray(), expected.size() - 1) : expected.toByteArray(),
                        range,
                        what);
                assertArrayEquals(content, zstd.readAllBytes(), what);
            }
        }
    }

    private static byte[] read(LineRange range, int blockBytes) throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ByteBuffer block = ByteBuffer.allocate(blockBytes);
        do {
            Await.result(range.fill(block.clear()));
            bytes.write(block.array(), 0, block.position());
        } while (block.position() > 0);
        return bytes.toByteArray();
    }

    /** Each damaged byte is found at the latest when a line of its block is read; no line is ever wrong. */
    @Test
    void noDamagedByteLeadsToAWrongLine() throws Exception {
        byte[] content = Samples.random(1_500, 200, 4);
        List<byte[]> lines = Samples.linesOf(content);
        Manifest manifest = ingest(content);
        byte[] good = Files.readAllBytes(compressed(manifest));
        int table = Math.toIntExact(SeekTable.tableBytes(content.length));
        Random random = new Random(5);
        int harmless = 0;
        int attempts = 0;
        for (int at = 0; at < good.length; at += at < good.length - table ? 1 + random.nextInt(600) : 1) {
            byte[] bad = good.clone();
            bad[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(compressed(manifest), bad);
            attempts++;
            if (at >= good.length - table) {
                assertThrows(StoreException.class, () -> store.open(manifest).close(), "a byte of the table");
            } else if (!isDamaged(manifest, lines, "byte " + at)) {
                // Zstandard ignores a few bits, such as those that tell the size of the window.
                harmless++;
            }
        }
        assertTrue(harmless < attempts / 20, harmless + " of " + attempts);
        for (byte[] bad : List.of(
                Arrays.copyOf(good, good.length - 1), Arrays.copyOf(good, good.length + 1), new byte[0], new byte[5])) {
            Files.write(compressed(manifest), bad);
            StoreFailedException e = assertThrows(
                    StoreFailedException.class, () -> store.open(manifest).close());
            assertTrue(e.getMessage().contains("lines.zst cannot be used: "), e.getMessage());
            assertTrue(e.getMessage().contains("ingest " + source + " again"), e.getMessage());
        }
    }

    /** Returns true if the damage was found; fails if a line is wrong. */
    private boolean isDamaged(Manifest manifest, List<byte[]> lines, String what) throws Exception {
        boolean damaged = false;
        try (Snapshot snapshot = store.open(manifest)) {
            for (int i = 0; i < lines.size(); i += 100) {
                try {
                    assertArrayEquals(lines.get(i), line(snapshot, i), what);
                } catch (LineDamagedException e) {
                    damaged = true;
                }
            }
        } catch (StoreException e) {
            return true;
        }
        return damaged;
    }

    @Test
    void aDamagedBlockDamagesTheLinesInItAndNoOthers() throws Exception {
        byte[] content = Samples.random(3_000, 200, 6);
        List<byte[]> lines = Samples.linesOf(content);
        Manifest manifest = ingest(content);
        byte[] bytes = Files.readAllBytes(compressed(manifest));
        long[] starts = SeekTable.read(compressed(manifest), content.length).starts();
        bytes[Math.toIntExact(starts[2]) - 20] ^= 1;
        Files.write(compressed(manifest), bytes);
        List<Integer> expected = new ArrayList<>();
        List<Integer> found = new ArrayList<>();
        int position = 0;
        int rangeEnd = 0;
        int rangeBytes = 0;
        try (Snapshot snapshot = store.open(manifest)) {
            for (int i = 0; i < lines.size(); i++) {
                int end = position + lines.get(i).length;
                if (end > SeekTable.BLOCK_BYTES && position < 2 * SeekTable.BLOCK_BYTES && end > position) {
                    expected.add(i);
                }
                if (position <= SeekTable.BLOCK_BYTES) {
                    rangeEnd = i;
                    rangeBytes = position;
                }
                if (Await.result(snapshot.lookup(i)) instanceof Lookup.Damaged(String detail)) {
                    assertEquals("its block of compressed lines at byte " + starts[1] + " is damaged", detail);
                    found.add(i);
                }
                position = end + 1;
            }
            assertEquals(expected, found);
            // A range returns the lines that end before the block, and names the first line that is not whole.
            LineRange range = snapshot.range(0, lines.size());
            ByteBuffer block = ByteBuffer.allocate(100_000);
            LineDamagedException e = assertThrows(LineDamagedException.class, () -> Await.result(range.fill(block)));
            assertEquals(rangeEnd, e.lineIndex());
            assertArrayEquals(Arrays.copyOf(content, rangeBytes), Arrays.copyOf(block.array(), block.position()));
        }
    }

    /** Both blocks are intact, and have frames of one length. */
    @Test
    void aBlockInThePlaceOfAnotherIsDamaged() throws Exception {
        byte[] content = new byte[3 * SeekTable.BLOCK_BYTES];
        new Random(7).nextBytes(content);
        for (int i = 99; i < content.length; i += 100) {
            content[i] = '\n';
        }
        Manifest manifest = ingest(content);
        byte[] good = Files.readAllBytes(compressed(manifest));
        long[] starts = SeekTable.read(compressed(manifest), content.length).starts();
        int frame = (int) (starts[1] - starts[0]);
        assertEquals(frame, starts[2] - starts[1], "random bytes do not become smaller");
        byte[] bad = good.clone();
        System.arraycopy(good, 0, bad, frame, frame);
        System.arraycopy(good, frame, bad, 0, frame);
        Files.write(compressed(manifest), bad);
        assertTrue(isDamaged(manifest, Samples.linesOf(content), "swapped blocks"));
    }

    /** A line that needs more blocks than an event loop may unpack is read by another thread, until they are cached. */
    @Test
    void longReadsLeaveTheCallingThread() throws Exception {
        byte[] content = new byte[Limits.WHOLE_LINE_BYTES];
        Arrays.fill(content, (byte) 'x');
        content[100] = '\n';
        List<String> readers = new CopyOnWriteArrayList<>();
        LongSupplier clock = () -> {
            readers.add(Thread.currentThread().getName());
            return 0;
        };
        try (DiskReads reads = new DiskReads(clock, 10);
                EmbeddedSnapshot opened = assertInstanceOf(EmbeddedSnapshot.class, store.open(ingest(content)))) {
            Snapshot snapshot =
                    new EmbeddedSnapshot(opened.manifest(), opened.index(), opened.lines(), reads, opened.validation());
            for (int lineIndex : new int[] {0, 1, 1}) {
                if (Await.result(snapshot.lookup(lineIndex)) instanceof Lookup.FoundInParts(LineParts parts)) {
                    byte[] _ = Await.result(parts.read(0));
                }
            }
        }
        String here = Thread.currentThread().getName();
        String other = "disk-reads-0";
        // A read on another thread is timed when it joins and leaves the queue, too.
        assertEquals(List.of(here, here, here, other, other, other, here, here), readers);
    }

    @Test
    void versionsOfBothLayoutsAreReadable() throws Exception {
        byte[] old = Samples.random(50, 100, 7);
        byte[] young = Samples.random(60, 100, 8);
        Files.write(source, old);
        Manifest plain = StoredFiles.put(store, source, Form.COPY, 2, false);
        Files.write(source, young);
        Manifest zstd = StoredFiles.put(store, source, Form.COMPRESSED, 2, false);
        assertEquals("embedded-4", plain.layout());
        assertEquals("embedded-4-zstd", zstd.layout());
        assertEquals("1 KEPT, 2 CURRENT, 2 given", StoredFiles.describe(store));
        StoredFiles.assertHolds(store, plain, old, "plain");
        StoredFiles.assertHolds(store, zstd, young, "compressed");
        Manifest back = store.publish(DatasetName.DEFAULT, 1, 2);
        StoredFiles.assertHolds(store, back, old, "published again");
        assertEquals(2, store.publish(DatasetName.DEFAULT, 2, 2).version());
    }

    /** The source may be deleted, so its lines cannot have stayed in place. */
    @Test
    void compressionImpliesACopy() throws Exception {
        byte[] content = Samples.random(50, 100, 9);
        Manifest manifest = ingest(content);
        Files.delete(source);
        StoredFiles.assertHolds(store, manifest, content, "source deleted");
        assertTrue(Files.notExists(compressed(manifest).resolveSibling(DatasetDirectory.BLOCKS)));
    }

    @Test
    void aTruncatedFileIsFoundByTheCheck() throws Exception {
        Manifest manifest = ingest(Samples.random(500, 100, 10));
        try (Snapshot snapshot = store.open(manifest)) {
            snapshot.check();
            byte[] bytes = Files.readAllBytes(compressed(manifest));
            truncate(compressed(manifest), bytes.length - 1);
            assertThrows(StoreException.class, snapshot::check);
        }
    }

    private static void truncate(Path file, long size) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            FileChannel _ = channel.truncate(size);
        }
    }
}
