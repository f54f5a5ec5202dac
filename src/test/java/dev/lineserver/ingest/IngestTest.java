package dev.lineserver.ingest;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.line.Limits;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.TextShape;
import dev.lineserver.store.embedded.EmbeddedStore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class IngestTest {
    @TempDir
    Path directory;

    private EmbeddedStore store;

    @BeforeEach
    void open() throws Exception {
        store = EmbeddedStore.open(directory.resolve("data"), null);
    }

    private Manifest ingest(Path file) throws Exception {
        try (Source source = Source.open(file.toString())) {
            return new Ingest(store, Progress.SILENT)
                    .store(source, Ingests.options(DatasetName.DEFAULT, false, false))
                    .manifest();
        }
    }

    private Optional<String> firstDifference(Manifest manifest, Path file) throws Exception {
        try (Snapshot snapshot = store.open(manifest);
                Source source = Source.open(file.toString())) {
            return Verification.firstDifference(snapshot, source, new LineNumbers(1), Progress.SILENT);
        }
    }

    @TestFactory
    List<DynamicTest> everySampleIsStoredEquallyFromEveryKindOfSource() {
        return Samples.all().entrySet().stream()
                .map(sample -> DynamicTest.dynamicTest(sample.getKey(), () -> assertStoredEqually(sample)))
                .toList();
    }

    private void assertStoredEqually(Map.Entry<String, byte[]> sample) throws Exception {
        Path plain = Files.write(directory.resolve("plain"), sample.getValue());
        Path gzip = Files.write(directory.resolve("packed.gz"), Archives.gzip(sample.getValue()));
        Path zstd = Files.write(directory.resolve("packed.ZST"), Archives.zstd(sample.getValue()));
        Manifest fromPlain = ingest(plain);
        assertEquals(Samples.linesOf(sample.getValue()).size(), fromPlain.lineCount());
        assertEquals(Optional.empty(), firstDifference(fromPlain, plain));
        for (Path file : List.of(gzip, zstd)) {
            Manifest manifest = ingest(file);
            assertEquals(fromPlain.content(), manifest.content());
            assertEquals(Optional.empty(), firstDifference(manifest, plain));
        }
    }

    @Test
    void aStreamOfShortReadsIsReadToItsEnd() throws Exception {
        byte[] content = Samples.random(9_000, 120, 8);
        Source source = new Source(Source.STDIN, Compression.NONE, new ShortReads(content), null, null);
        Manifest manifest = new Ingest(store, Progress.SILENT)
                .store(source, Ingests.options(DatasetName.DEFAULT, false, false))
                .manifest();
        assertEquals("-", manifest.sourceName());
        assertEquals(Optional.empty(), firstDifference(manifest, Files.write(directory.resolve("same"), content)));
    }

    /** Returns one to seven bytes per read. */
    private static final class ShortReads extends InputStream {
        private final ByteArrayInputStream bytes;
        private int limit;

        ShortReads(byte[] content) {
            bytes = new ByteArrayInputStream(content);
        }

        @Override
        public int read() {
            return bytes.read();
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            limit = limit % 7 + 1;
            return bytes.read(into, offset, Math.min(length, limit));
        }
    }

    @Test
    void zstdOfSeveralFramesAndOfAnyLevelIsReadToItsEnd() throws Exception {
        byte[] content = Samples.random(120_000, 200, 10);
        ByteArrayOutputStream frames = new ByteArrayOutputStream();
        frames.writeBytes(com.github.luben.zstd.Zstd.compress(Arrays.copyOf(content, 1_000_001), 19));
        frames.writeBytes(com.github.luben.zstd.Zstd.compress(new byte[0], 3));
        frames.writeBytes(
                com.github.luben.zstd.Zstd.compress(Arrays.copyOfRange(content, 1_000_001, content.length), 1));
        Manifest manifest = ingest(Files.write(directory.resolve("frames.zst"), frames.toByteArray()));
        Path plain = Files.write(directory.resolve("plain"), content);
        assertEquals(Optional.empty(), firstDifference(manifest, plain));
        byte[] cut = Arrays.copyOf(frames.toByteArray(), frames.size() / 2);
        assertRefused(
                "is truncated", Files.write(directory.resolve("cut.zst"), cut).toString());
    }

    @Test
    void theFirstDifferenceIsFoundInAnyLine() throws Exception {
        byte[] content = Samples.random(3_000, 60, 9);
        Manifest manifest = ingest(Files.write(directory.resolve("stored"), content));
        List<byte[]> lines = Samples.linesOf(content);
        int at = 0;
        for (int line = 0; line < lines.size(); line++) {
            if (line % 501 == 0 && lines.get(line).length > 0) {
                byte[] changed = content.clone();
                changed[at] = (byte) (changed[at] == 'x' ? 'y' : 'x');
                Path other = Files.write(directory.resolve("other"), changed);
                assertEquals(
                        Optional.of("line " + (line + 1) + " differs from byte 1 on"),
                        firstDifference(manifest, other));
            }
            at += lines.get(line).length + 1;
        }
        Path longer = Files.write(directory.resolve("other"), Arrays.copyOf(content, content.length + 1));
        assertTrue(firstDifference(manifest, longer).orElseThrow().contains("3,000 lines"));
        Path shorter = Files.write(directory.resolve("other"), Arrays.copyOf(content, content.length - 1));
        assertFalse(firstDifference(manifest, shorter).isEmpty());
    }

    @Test
    void anUnreadableSourceIsRefusedWithAMessage() throws Exception {
        assertRefused("is a directory", directory.toString());
        assertRefused("does not exist", directory.resolve("nothing").toString());
        byte[] packed = Archives.gzip(Samples.random(2_000, 100, 1));
        Path cut = Files.write(directory.resolve("cut.gz"), Arrays.copyOf(packed, packed.length / 2));
        assertRefused("is truncated", cut.toString());
        Path notPacked = Files.writeString(directory.resolve("text.gz"), "text\n");
        assertRefused("is not gzip-compressed, although its name says so", notPacked.toString());
        Path notZstd = Files.writeString(directory.resolve("text.zst"), "text, not zstd\n");
        assertRefused("is not zstd-compressed, although its name says so", notZstd.toString());
        for (String extension : List.of("bz2", "xz", "lz4")) {
            Path text = Files.writeString(directory.resolve("text." + extension), "text, not packed\n");
            String kind = extension.equals("bz2") ? "bzip2" : extension;
            assertRefused("is not " + kind + "-compressed, although its name says so", text.toString());
        }
        assertEquals(Optional.empty(), store.current(DatasetName.DEFAULT));
    }

    private void assertRefused(String why, String file) {
        SourceException e = assertThrows(SourceException.class, () -> ingest(Path.of(file)));
        assertTrue(e.getMessage().contains(why), e.getMessage());
        assertTrue(e.getMessage().contains(file), e.getMessage());
    }

    @Test
    void aLineBeyondTheLimitIsNamed() throws Exception {
        Path file = directory.resolve("long");
        try (OutputStream out = Files.newOutputStream(file)) {
            out.write("one\ntwo\n".getBytes(StandardCharsets.UTF_8));
            byte[] block = new byte[1 << 20];
            Arrays.fill(block, (byte) 'x');
            for (int i = 0; i < Limits.LONGEST_LINE_BYTES / block.length; i++) {
                out.write(block);
            }
            out.write('x');
        }
        SourceException e = assertThrows(SourceException.class, () -> ingest(file));
        assertTrue(e.getMessage().contains("line 3, which starts at byte 8"), e.getMessage());
        assertEquals(Optional.empty(), store.current(DatasetName.DEFAULT));
    }

    @Test
    void theShapeCountsLinesByLength() throws Exception {
        Path file = Files.writeString(
                directory.resolve("shaped"), "\n" + "a".repeat(15) + "\n" + "b".repeat(16) + "\n" + "c".repeat(70_000));
        try (Source source = Source.open(file.toString())) {
            TextShape shape = Planning.shape(source, false, false, Progress.SILENT);
            assertEquals(4, shape.lineCount());
            assertEquals(70_000, shape.longestLine());
            assertEquals(2, shape.linesByLength()[0]);
            assertEquals(1, shape.linesByLength()[1]);
            assertEquals(1, shape.linesByLength()[shape.linesByLength().length - 1]);
            assertEquals(70_000, shape.bytesInLongerLines());
        }
    }
}
