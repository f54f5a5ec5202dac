package dev.lineserver.ingest;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.line.Limits;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.embedded.EmbeddedStore;

import static dev.lineserver.ingest.Archives.ascii;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Several files are one text: the lines of each, in the order of the files. */
final class JoinedSourceTest {
    private static final int SEED = 20261129;
    private static final IngestOptions OPTIONS = Ingests.options(DatasetName.DEFAULT, false, false);

    private final Path directory;
    private final LineStore store;
    private final InputStream standardInput = System.in;

    JoinedSourceTest(@TempDir Path directory) throws Exception {
        this.directory = directory;
        store = EmbeddedStore.open(directory.resolve("data"), null);
    }

    @AfterEach
    void close() {
        System.setIn(standardInput);
        store.close();
    }

    private Manifest ingest(List<String> names) throws Exception {
        return new Ingest(store, Progress.SILENT).store(names, OPTIONS).manifest();
    }

    private String write(String name, byte[] bytes) throws Exception {
        return Files.write(directory.resolve(name), bytes).toString();
    }

    private static byte[] packed(Random random, byte[] text) {
        return switch (random.nextInt(8)) {
            case 0 -> Archives.gzip(text);
            case 1 -> Archives.zstd(text);
            case 2 -> Archives.xz(text);
            default -> text;
        };
    }

    /** Texts of any length with any terminators, sometimes as long as a block, so that a file begins with a block. */
    private static byte[] text(Random random) {
        int length = switch (random.nextInt(8)) {
            case 0 -> 0;
            case 1 -> 1;
            case 2 -> Limits.BLOCK_BYTES;
            case 3 -> Limits.BLOCK_BYTES - 1 + random.nextInt(3);
            default -> random.nextInt(50);
        };
        byte[] text = new byte[length];
        for (int i = 0; i < length; i++) {
            text[i] = (byte) (random.nextInt(6) == 0 ? '\n' : 'a' + random.nextInt(26));
        }
        return text;
    }

    @Test
    void theLinesOfAllFilesFollowEachOtherAndEachFileKnowsItsFirstLine() throws Exception {
        Random random = new Random(SEED);
        for (int round = 0; round < 60; round++) {
            List<String> names = new ArrayList<>();
            List<Manifest.Part> files = new ArrayList<>();
            ByteArrayOutputStream expected = new ByteArrayOutputStream();
            boolean open = false;
            long lines = 0;
            for (int i = 2 + random.nextInt(6); i > 0; i--) {
                byte[] text = text(random);
                String name = write("part-" + round + "-" + i, packed(random, text));
                names.add(name);
                files.add(new Manifest.Part(Path.of(name).toRealPath().toString(), lines + 1));
                if (text.length > 0) {
                    expected.writeBytes(ascii(open ? "\n" : ""));
                    expected.writeBytes(text);
                    open = text[text.length - 1] != '\n';
                    lines += Samples.linesOf(text).size();
                }
            }
            Manifest manifest = ingest(names);
            String message = "round " + round + " of seed " + SEED;
            assertEquals(files, manifest.files(), message);
            assertEquals(lines, manifest.lineCount(), message);
            System.setIn(new ByteArrayInputStream(expected.toByteArray()));
            assertEquals(ingest(List.of(Source.STDIN)).content(), manifest.content(), message);
        }
    }

    @Test
    void aLastLineWithoutTerminatorIsNotJoinedWithTheNextFile() throws Exception {
        Manifest manifest = ingest(List.of(
                write("a", ascii("one")),
                write("b", new byte[0]),
                write("c", ascii("two\nthree")),
                write("d", new byte[0])));
        assertEquals(
                List.of(1L, 2L, 2L, 4L),
                manifest.files().stream().map(Manifest.Part::firstLine).toList());
        assertEquals(ascii("one\ntwo\nthree").length, manifest.byteCount());
        assertFalse(manifest.content().terminated());
        assertEquals(directory.resolve("a") + " and 3 more files", manifest.sourceName());
    }

    @Test
    void aFileMayBeginWithAnyByte() throws Exception {
        for (int first : new int[] {0, 255}) {
            Manifest manifest = ingest(List.of(write("a", ascii("one")), write("b", new byte[] {(byte) first, 'x'})));
            assertEquals(6, manifest.byteCount());
            assertEquals(2, manifest.lineCount());
        }
    }

    @Test
    void theCopySurvivesTheFiles() throws Exception {
        String first = write("a", ascii("one\n"));
        String second = write("b", ascii("two\n"));
        Manifest manifest = ingest(List.of(first, second));
        try (Snapshot snapshot = store.open(manifest);
                Source same = Source.open(List.of(first, second));
                Source swapped = Source.open(List.of(second, first))) {
            LineNumbers numbers = new LineNumbers(1);
            assertEquals(Optional.empty(), Verification.firstDifference(snapshot, same, numbers, Progress.SILENT));
            assertEquals(
                    Optional.of("line 1 differs from byte 1 on"),
                    Verification.firstDifference(snapshot, swapped, numbers, Progress.SILENT));
        }
        Files.delete(Path.of(first));
        Files.delete(Path.of(second));
        try (Snapshot snapshot = store.open(manifest)) {
            assertEquals(2, snapshot.manifest().lineCount());
        }
        assertTrue(Arrays.equals(ascii("one\ntwo\n"), Files.readAllBytes(linesFile())));
    }

    private Path linesFile() throws Exception {
        try (var files = Files.walk(directory.resolve("data"))) {
            return files.filter(file -> file.endsWith("lines")).findFirst().orElseThrow();
        }
    }

    @Test
    void storeIfChangedComparesContentAndFiles() throws Exception {
        String first = write("a", ascii("one\n"));
        String second = write("b", ascii("two\n"));
        String both = write("both", ascii("one\ntwo\n"));
        Ingest ingest = new Ingest(store, Progress.SILENT);
        assertTrue(ingest.storeIfChanged(List.of(first, second), OPTIONS).stored());
        assertFalse(ingest.storeIfChanged(List.of(first, second), OPTIONS).stored());
        assertTrue(ingest.storeIfChanged(List.of(both), OPTIONS).stored());
        assertTrue(ingest.storeIfChanged(List.of(first, second), OPTIONS).stored());
        Files.writeString(Path.of(second), "2\n");
        assertTrue(ingest.storeIfChanged(List.of(first, second), OPTIONS).stored());
    }

    /** One of nine blocks of the first file has been read, and the second file is not begun, when one of them changes. */
    @Test
    void aFileThatChangesIsNamedAndNothingIsPublished() throws Exception {
        for (String changing : List.of("a", "b")) {
            List<String> names =
                    List.of(write("a", ascii("one line\n".repeat(Limits.BLOCK_BYTES))), write("b", ascii("two\n")));
            try (Source source = Source.open(names)) {
                assertTrue(source.assign(new Block(Limits.BLOCK_BYTES)));
                Files.writeString(directory.resolve(changing), "another line\n");
                SourceException e = assertThrows(
                        SourceException.class, () -> new Ingest(store, Progress.SILENT).store(source, OPTIONS));
                assertEquals(
                        "cannot read " + directory.resolve(changing)
                                + ": it changed while it was read; try again when no program writes to it",
                        e.getMessage());
            }
            assertEquals(Optional.empty(), store.current(DatasetName.DEFAULT));
        }
    }

    private void assertRefused(String message, List<String> names) {
        SourceException e = assertThrows(SourceException.class, () -> ingest(names));
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    @Test
    void whatCannotBeReadIsNamed() throws Exception {
        String good = write("good", ascii("one\n"));
        byte[] archive = Archives.gzip(ascii("two\n"));
        assertRefused("cannot read " + directory.resolve("none"), List.of(good, directory + "/none"));
        assertRefused("a.gz is not gzip-compressed", List.of(good, write("a.gz", ascii("text\n"))));
        assertRefused(
                "cannot read " + directory.resolve("cut.gz") + ": it is truncated; fetch it again",
                List.of(good, write("cut.gz", Archives.cut(archive, archive.length - 1)), good));
        // This stream cannot be read: nobody should have to type a line to learn that the command is wrong.
        System.setIn(new PipedInputStream());
        assertRefused("standard input is named 2 times", List.of("-", good, "/dev/stdin"));
        assertRefused(
                "and a version keeps at most 65536", Collections.nCopies(400, write("n".repeat(200), ascii("x"))));
        assertEquals(Optional.empty(), store.current(DatasetName.DEFAULT));
    }

    @Test
    void standardInputMayBeOneOfTheFiles() throws Exception {
        System.setIn(new ByteArrayInputStream(Archives.gzip(ascii("two"))));
        Manifest manifest = ingest(List.of(write("a", ascii("one")), "-", write("c", ascii("three"))));
        assertEquals(ascii("one\ntwo\nthree").length, manifest.byteCount());
        assertEquals(new Manifest.Part("-", 2), manifest.files().get(1));
    }

    /** It can be read only once, also as one of several files. */
    @Test
    void standardInputAmongFilesIsNotComparedFirst() throws Exception {
        String first = write("a", ascii("one\n"));
        for (int i = 0; i < 2; i++) {
            System.setIn(new ByteArrayInputStream(ascii("two\n")));
            Ingest.Outcome outcome =
                    new Ingest(store, Progress.SILENT).storeIfChanged(List.of(first, Source.STDIN), OPTIONS);
            assertTrue(outcome.stored());
            assertEquals(2, outcome.manifest().lineCount());
        }
    }

    @Test
    void aPlanCountsAllFilesAndTheCopy() throws Exception {
        List<String> names = List.of(write("a", ascii("one\n")), write("b", Archives.zstd(ascii("two\nthree\n"))));
        assertTrue(new Planning(store, false, 0, LinesPerRecord.ONE, false)
                .ofWhole(names, Progress.SILENT)
                .fits());
        try (Source source = Source.open(names)) {
            assertEquals(Optional.of("1 of 2 files is compressed; unpacking it"), source.note());
            assertTrue(Planning.shape(source, false, false, Progress.SILENT).copied());
            assertEquals(source.size(), source.position());
        }
        try (Source source = Source.open(names)) {
            assertEquals(
                    3, Planning.shape(source, false, false, Progress.SILENT).lineCount());
        }
    }

    @Test
    void thePositionGrowsOverAllFiles() throws Exception {
        String name = write("a", ascii("\n".repeat(3 * Limits.BLOCK_BYTES)));
        try (Source source = Source.open(List.of(name, name))) {
            Block block = new Block(Limits.BLOCK_BYTES);
            for (long blocks = 1; source.assign(block); blocks++) {
                assertEquals(blocks * Limits.BLOCK_BYTES, source.position());
            }
            assertEquals(source.size(), source.position());
        }
    }
}
