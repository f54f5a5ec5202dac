package dev.lineserver.store.embedded;

import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import java.util.zip.GZIPOutputStream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.lineserver.ingest.Ingest;
import dev.lineserver.ingest.Ingests;
import dev.lineserver.ingest.Planning;
import dev.lineserver.ingest.Progress;
import dev.lineserver.ingest.Source;
import dev.lineserver.store.Await;
import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.FileStamp;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Plan;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoredVersion;
import dev.lineserver.store.TextShape;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class EmbeddedStoreTest {
    private static final String TEXT = "one\ntwo\nthree\n";

    @TempDir
    Path directory;

    private EmbeddedStore store;
    private Path source;

    @BeforeEach
    void open() throws Exception {
        store = EmbeddedStore.open(directory.resolve("data"), null);
        source = Files.writeString(directory.resolve("source.txt"), TEXT);
        Files.setLastModifiedTime(source, FileTime.from(Instant.parse("2020-01-01T00:00:00Z")));
    }

    private Ingest.Outcome ingestIfChanged(boolean copy) throws Exception {
        return Ingests.storeIfChanged(store, source, DatasetName.DEFAULT, copy);
    }

    private static String text(Snapshot snapshot, long lineIndex) throws Exception {
        Lookup.Found found = assertInstanceOf(Lookup.Found.class, Await.result(snapshot.lookup(lineIndex)));
        return new String(found.line(), StandardCharsets.UTF_8);
    }

    /** The lock file stays, because another process may have opened it. */
    @Test
    void aFailedFirstIngestLeavesOnlyTheLockFile() throws Exception {
        BuildRequest request =
                new BuildRequest(DatasetName.DEFAULT, "source", null, true, 0, false, LinesPerRecord.ONE, false, false);
        store.begin(request).close();
        assertEquals(List.of("default.lock"), dataFiles());
        // With a version, and when the version was dropped: its number must not be given again.
        assertEquals(1, ingestIfChanged(false).manifest().version());
        store.begin(request).close();
        assertTrue(store.drop(DatasetName.DEFAULT));
        store.begin(request).close();
        assertEquals(List.of("default", "default.lock"), dataFiles());
        assertEquals(2, ingestIfChanged(false).manifest().version());
    }

    @Test
    void aFirstIngestThatCannotBeginLeavesOnlyTheLockFile() throws Exception {
        EmbeddedStore full = new EmbeddedStore(directory.resolve("data"), null, new Disk() {
            @Override
            FileChannel create(Path file) throws IOException {
                if (file.endsWith(DatasetDirectory.INDEX)) {
                    throw new IOException("No space left on device");
                }
                return super.create(file);
            }
        });
        assertThrows(
                StoreFailedException.class,
                () -> full.begin(new BuildRequest(
                        DatasetName.DEFAULT, "source", null, true, 0, false, LinesPerRecord.ONE, false, false)));
        assertEquals(List.of("default.lock"), dataFiles());
    }

    /** A killed process cannot remove anything. */
    @Test
    void reclaimRemovesTheDirectoryOfAKilledFirstIngest() throws Exception {
        try (Build _ = store.begin(new BuildRequest(
                DatasetName.DEFAULT, "source", null, true, 0, false, LinesPerRecord.ONE, false, false))) {
            Path copy = directory.resolve("other/default");
            Files.createDirectories(copy.resolve("building-1"));
            for (String name : List.of("versions", "versions.copy", "building-1/index")) {
                Files.copy(directory.resolve("data/default").resolve(name), copy.resolve(name));
            }
        }
        EmbeddedStore other = EmbeddedStore.open(directory.resolve("other"), null);
        assertEquals(1, other.reclaim(false).size());
        assertEquals(List.of(), other.datasets());
        assertFalse(Files.exists(directory.resolve("other/default")));
    }

    private List<String> dataFiles() throws Exception {
        try (Stream<Path> files = Files.list(directory.resolve("data"))) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aVersionOfAnotherLayoutIsRefusedAndReplacedByTheNextIngest() throws Exception {
        for (String layout : List.of("embedded-3", "embedded-9")) {
            Manifest before = ingestIfChanged(false).manifest();
            rewriteManifest(
                    directory.resolve("data/default/v" + before.version()),
                    text -> text.replace(ManifestFile.LAYOUT, layout));
            StoreFailedException e = assertThrows(StoreFailedException.class, () -> store.current(DatasetName.DEFAULT));
            assertTrue(
                    e.getMessage()
                            .endsWith("/manifest cannot be used: it has layout '" + layout
                                    + "', and this line-server reads 'embedded-4' and 'embedded-4-zstd'; use the"
                                    + " program that wrote it, or ingest the file again to replace it"),
                    e.getMessage());
            Ingest.Outcome replaced = ingestIfChanged(false);
            assertTrue(replaced.stored());
            assertEquals(before.version() + 1, replaced.manifest().version());
            try (Snapshot snapshot = store.open(replaced.manifest())) {
                assertEquals("one", text(snapshot, 0));
            }
        }
    }

    @Test
    void aVersionWithAPropertiesManifestIsRefusedAndReplacedByTheNextIngest() throws Exception {
        ingestIfChanged(false);
        Path manifest = directory.resolve("data/default/v1/manifest");
        Files.move(manifest, manifest.resolveSibling("manifest.properties"));
        StoreFailedException e = assertThrows(StoreFailedException.class, () -> store.current(DatasetName.DEFAULT));
        assertTrue(e.getMessage().contains("its layout is older than 'embedded-4'"), e.getMessage());
        assertTrue(e.getMessage().endsWith("ingest the file again to replace it"), e.getMessage());
        assertEquals(2, ingestIfChanged(false).manifest().version());
    }

    /** HTTP responses have the same names. A change of a name requires another {@link ManifestFile#LAYOUT}. */
    @Test
    void aManifestIsOneLineOfJsonAndOneWithItsChecksum() throws Exception {
        Manifest manifest = ingestIfChanged(false).manifest();
        FileStamp stamp = FileStamp.of(source);
        List<String> lines = Files.readAllLines(directory.resolve("data/default/v1/manifest"));
        assertEquals(2, lines.size());
        assertEquals(
                ("{'manifest':{'dataset':'default','version':1,'lines':3,'bytes':" + manifest.byteCount()
                                + ",'longestLine':" + manifest.content().longestLine() + ",'terminated':true,'digest':'"
                                + manifest.content().digest() + "','source':'" + source + "','layout':'embedded-4',"
                                + "'createdAt':'" + manifest.createdAt() + "'},'source':{'path':'" + source.toUri()
                                + "','stamp':{'size':" + stamp.size() + ",'modifiedAt':'" + stamp.modifiedAt()
                                + "','changedAt':'" + stamp.changedAt() + "','inode':" + stamp.inode()
                                + "}},'inPlace':true}")
                        .replace('\'', '"'),
                lines.getFirst());
        assertTrue(lines.getLast().matches("# crc32c [0-9a-f]{1,8}"), lines.getLast());
    }

    @Test
    void aManifestWithAValueMissingOrOfAnotherTypeIsRefused() throws Exception {
        for (String[] edit : new String[][] {
            {"\"lines\":3,", ""},
            {"\"lines\":3", "\"lines\":null"},
            {"\"lines\":3", "\"lines\":\"3\""},
            {"\"lines\":3", "\"lines\":3.5"},
            {"\"terminated\":true", "\"terminated\":1"},
            {"\"dataset\":\"default\"", "\"dataset\":1"},
            {"\"dataset\":\"default\"", "\"dataset\":null"},
            {"\"dataset\":\"default\"", "\"dataset\":\"A B\""},
            {"\"digest\":\"", "\"digest\":\"x"},
            {"\"createdAt\":\"", "\"createdAt\":\"x"},
            {",\"inPlace\":true", ""},
            {"\"stamp\":{", "\"stamp\":null,\"was\":{"},
            {"\"inode\":", "\"node\":"},
            {"{", ""}
        }) {
            long version = ingestIfChanged(false).manifest().version();
            rewriteManifest(directory.resolve("data/default/v" + version), text -> text.replace(edit[0], edit[1]));
            StoreFailedException e = assertThrows(
                    StoreFailedException.class, () -> store.current(DatasetName.DEFAULT), String.join(" to ", edit));
            assertFalse(e.getMessage().contains("\n"), e.getMessage());
        }
    }

    /** Changes a manifest, and corrects its checksum. */
    private static void rewriteManifest(Path version, UnaryOperator<String> change) throws Exception {
        Path file = version.resolve(ManifestFile.NAME);
        String text = Files.readString(file);
        String body = change.apply(text.substring(0, text.lastIndexOf("# crc32c ")));
        CRC32C checksum = new CRC32C();
        checksum.update(body.getBytes(StandardCharsets.UTF_8));
        Files.writeString(file, body + "# crc32c " + Long.toHexString(checksum.getValue()) + "\n");
    }

    @Test
    void aVersionOfANewerLayoutIsListedWithItsFailureBesideTheOtherDatasets() throws Exception {
        ingestIfChanged(false);
        DatasetName other = new DatasetName("other");
        Ingests.store(store, source, other, false);
        rewriteManifest(directory.resolve("data/default/v1"), text -> text.replace(ManifestFile.LAYOUT, "embedded-9"));
        List<DatasetListing> listed = store.datasets();
        assertEquals(
                List.of(DatasetName.DEFAULT, other),
                listed.stream().map(DatasetListing::name).toList());
        StoredVersion version = assertInstanceOf(DatasetListing.Described.class, listed.getFirst())
                .versions()
                .current()
                .orElseThrow();
        assertEquals(1, version.number());
        StoreException failure = assertInstanceOf(StoreFailedException.class, version.failure());
        assertTrue(failure.getMessage().contains("layout 'embedded-9'"), failure.getMessage());
        assertThrows(StoreFailedException.class, () -> store.current(DatasetName.DEFAULT));
        assertInstanceOf(DatasetListing.Described.class, listed.getLast());
    }

    @Test
    void aVersionCopiedFromAnotherDatasetIsUnreadable() throws Exception {
        ingestIfChanged(true);
        Files.createDirectories(directory.resolve("data/other/v1"));
        for (String file : List.of(ManifestFile.NAME, "index", "lines")) {
            Files.copy(directory.resolve("data/default/v1/" + file), directory.resolve("data/other/v1/" + file));
        }
        StoreFailedException e =
                assertThrows(StoreFailedException.class, () -> store.current(new DatasetName("other")));
        assertTrue(e.getMessage().contains("belongs to another version"), e.getMessage());
    }

    @Test
    void aCopyDoesNotNeedItsSource() throws Exception {
        try (Snapshot snapshot = store.open(ingestIfChanged(true).manifest())) {
            Files.delete(source);
            assertEquals("three", text(snapshot, 2));
            snapshot.check();
        }
    }

    @Test
    void aDataDirectoryWithACopyCanBeMoved() throws Exception {
        Manifest manifest = ingestIfChanged(true).manifest();
        Files.move(directory.resolve("data"), directory.resolve("moved"));
        try (Snapshot snapshot =
                EmbeddedStore.open(directory.resolve("moved"), null).open(manifest)) {
            assertEquals("one", text(snapshot, 0));
        }
    }

    /** Returns the newest version if the store recognises the source without reading it. */
    private Optional<Manifest> findUnchanged(boolean copy) throws Exception {
        try (Source opened = Source.open(source.toString())) {
            return store.findUnchanged(new BuildRequest(
                    DatasetName.DEFAULT,
                    opened.name(),
                    opened.file(),
                    copy,
                    0,
                    false,
                    LinesPerRecord.ONE,
                    false,
                    false));
        }
    }

    @Test
    void anUnpackedOrCopiedSourceIsRecognisedWithoutReadingItUntilItIsTouched() throws Exception {
        for (String name : List.of("packed.gz", "plain.txt")) {
            source = directory.resolve(name);
            if (name.endsWith(".gz")) {
                try (OutputStream packed = new GZIPOutputStream(Files.newOutputStream(source))) {
                    packed.write(TEXT.getBytes(StandardCharsets.UTF_8));
                }
            } else {
                Files.writeString(source, TEXT);
            }
            FileTime time = Files.getLastModifiedTime(source);
            Manifest manifest = ingestIfChanged(true).manifest();
            assertEquals(1, manifest.version());
            assertEquals(Optional.of(manifest), findUnchanged(true));
            Files.write(source, Files.readAllBytes(source));
            Files.setLastModifiedTime(source, time);
            assertEquals(Optional.empty(), findUnchanged(true), "overwritten with the same size and time");
            assertFalse(ingestIfChanged(true).stored(), name);
            assertEquals(Optional.of(manifest), findUnchanged(true));
        }
        Files.writeString(source, TEXT.toUpperCase(Locale.ROOT));
        assertTrue(ingestIfChanged(true).stored());
    }

    /** Only a new ingest replaces them, so none may take the version for usable. */
    @ParameterizedTest
    @CsvSource({"lines, true", "lines, false", "index, true", "index, false", "blocks, true", "blocks, false"})
    void aVersionThatHasLostAFileIsNotTakenForTheSource(String file, boolean touched) throws Exception {
        boolean copy = !file.equals("blocks");
        assertTrue(ingestIfChanged(copy).stored());
        Path lost = directory.resolve("data/default/v1").resolve(file);
        if (file.equals("lines")) {
            Files.write(lost, new byte[1]);
        } else {
            Files.delete(lost);
        }
        if (touched) {
            Files.setLastModifiedTime(source, FileTime.from(Instant.parse("2021-01-01T00:00:00Z")));
        }
        Ingest.Outcome repaired = ingestIfChanged(copy);
        assertTrue(repaired.stored());
        try (Snapshot snapshot = store.open(repaired.manifest())) {
            assertEquals("one", text(snapshot, 0));
        }
    }

    @Test
    void theSameContentIsStoredOnce() throws Exception {
        Manifest first = ingestIfChanged(false).manifest();
        Ingest.Outcome second = ingestIfChanged(false);
        assertFalse(second.stored());
        assertEquals(first, second.manifest());
    }

    @Test
    void aTouchedSourceIsStoredOnceAndThenRecognisedWithoutReadingIt() throws Exception {
        Manifest first = ingestIfChanged(false).manifest();
        Files.setLastModifiedTime(source, FileTime.from(Instant.parse("2021-01-01T00:00:00Z")));
        assertFalse(ingestIfChanged(false).stored());
        assertEquals(Optional.of(first), findUnchanged(false));
        try (Snapshot snapshot = store.open(first)) {
            assertEquals("one", text(snapshot, 0));
        }
    }

    @Test
    void aChangedSourceBecomesTheNextVersion() throws Exception {
        ingestIfChanged(false);
        Files.writeString(source, "ONE\ntwo\nthree\n");
        Ingest.Outcome changed = ingestIfChanged(false);
        assertTrue(changed.stored());
        assertEquals(2, changed.manifest().version());
    }

    @Test
    void theSameContentInAnotherFileIsStoredAgainUnlessCopied() throws Exception {
        ingestIfChanged(false);
        source = Files.copy(source, directory.resolve("elsewhere.txt"));
        assertTrue(ingestIfChanged(false).stored());
        assertTrue(ingestIfChanged(true).stored());
        assertFalse(ingestIfChanged(true).stored());
    }

    @Test
    void aDamagedIndexIsRefusedAndReplacedByTheNextIngest() throws Exception {
        Manifest manifest = ingestIfChanged(false).manifest();
        Path index = directory.resolve("data/default/v1/index");
        byte[] bytes = Files.readAllBytes(index);
        bytes[20] ^= 1;
        Files.write(index, bytes);
        StoreFailedException e = assertThrows(
                StoreFailedException.class, () -> store.open(manifest).close());
        assertTrue(e.getMessage().contains("ingest " + source), e.getMessage());
        Manifest second =
                Ingests.store(store, source, DatasetName.DEFAULT, false).manifest();
        assertEquals(2, second.version());
    }

    @Test
    void aMissingIndexIsReplacedByTheNextIngest() throws Exception {
        ingestIfChanged(false);
        Files.delete(directory.resolve("data/default/v1/index"));
        assertEquals(2, ingestIfChanged(false).manifest().version());
    }

    @Test
    void aDamagedManifestIsRefusedAndReplacedByTheNextIngest() throws Exception {
        ingestIfChanged(false);
        Path manifest = directory.resolve("data/default/v1/manifest");
        Files.writeString(manifest, Files.readString(manifest).replace("\"lines\":3", "\"lines\":2"));
        StoreFailedException e = assertThrows(StoreFailedException.class, () -> store.current(DatasetName.DEFAULT));
        assertTrue(e.getMessage().contains("checksum"), e.getMessage());
        assertEquals(2, ingestIfChanged(false).manifest().version());
    }

    /** Returns all files and directories below a directory, with their times. */
    static List<String> tree(Path root) throws Exception {
        try (Stream<Path> paths = Files.walk(root)) {
            List<String> tree = new ArrayList<>();
            for (Path path : paths.sorted().toList()) {
                tree.add(path + " " + Files.getLastModifiedTime(path));
            }
            return tree;
        }
    }

    @Test
    void readingWritesNothingEvenWithLeftoversAndABuildInProgress() throws Exception {
        Manifest manifest = ingestIfChanged(false).manifest();
        Files.createDirectory(directory.resolve("data/default/building-7"));
        Files.createDirectory(directory.resolve("data/default.dropped-1"));
        DatasetName other = new DatasetName("other");
        try (Build _ = store.begin(
                new BuildRequest(other, "a build", null, true, 0, false, LinesPerRecord.ONE, false, false))) {
            List<String> before = tree(directory);
            try (EmbeddedStore reader = EmbeddedStore.open(directory.resolve("data"), null)) {
                assertEquals(Optional.of(manifest), reader.current(DatasetName.DEFAULT));
                assertEquals(Optional.empty(), reader.current(other));
                assertEquals(Optional.of(manifest), findUnchanged(false));
                reader.plan(new TextShape(1, 4, 3, new long[4096], 0, false), 0, LinesPerRecord.ONE);
                try (Snapshot snapshot = reader.open(manifest)) {
                    assertEquals("one", text(snapshot, 0));
                    snapshot.check();
                }
            }
            assertEquals(before, tree(directory));
        }
    }

    @Test
    void aMissingDirectoryIsAnEmptyStoreAndOnlyAnIngestCreatesIt() throws Exception {
        Path missing = directory.resolve("new/data");
        store = EmbeddedStore.open(missing, null);
        assertEquals(List.of(), store.datasets());
        assertEquals(Optional.empty(), store.current(DatasetName.DEFAULT));
        assertFalse(store.drop(DatasetName.DEFAULT));
        Plan plan = store.plan(new TextShape(1, 4, 3, new long[4096], 0, false), 0, LinesPerRecord.ONE);
        assertTrue(plan.fits());
        assertFalse(Files.exists(missing.getParent()));
        assertEquals(1, ingestIfChanged(false).manifest().version());
        assertTrue(Files.exists(missing));
    }

    @Test
    void anIndexTakesAtMostItsPlannedSizeAndNotMuchLess() throws Exception {
        Random random = new Random(11);
        for (int longest : new int[] {0, 15, 16, 100, 5_000}) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < 3_000; i++) {
                text.append("x".repeat(i % 300 == 0 ? longest : random.nextInt(longest / 50 + 1)))
                        .append('\n');
            }
            Files.writeString(source, text);
            Manifest manifest = ingestIfChanged(false).manifest();
            long actual = Files.size(directory.resolve("data/default/v" + manifest.version() + "/index"));
            Plan plan = new Planning(store, false, 0, LinesPerRecord.ONE, false)
                    .ofWhole(List.of(source.toString()), Progress.SILENT);
            long planned = plan.figures().stream()
                    .filter(figure -> figure.name().equals("index-ram"))
                    .findFirst()
                    .orElseThrow()
                    .value();
            assertTrue(actual <= planned && planned <= 2 * actual + 100, longest + ": " + actual + ", " + planned);
        }
    }

    @Test
    void aPlanCountsACopyOnlyIfOneIsMade() throws Exception {
        long huge = 1L << 60;
        assertTrue(store.plan(new TextShape(1, huge, huge - 1, new long[4096], 0, false), 0, LinesPerRecord.ONE)
                .fits());
        Plan plan = store.plan(new TextShape(1, huge, huge - 1, new long[4096], 0, true), 0, LinesPerRecord.ONE);
        assertFalse(plan.fits());
        assertTrue(plan.obstacles().getFirst().contains("choose another --data-dir"), plan.toString());
    }

    @Test
    void onlyWritersOfADatasetRemoveItsLeftovers() throws Exception {
        ingestIfChanged(false);
        List<Path> mine = List.of(
                directory.resolve("data/default/building-7"),
                directory.resolve("data/default/v9"),
                directory.resolve("data/default.dropped-1"));
        Path others = directory.resolve("data/default-1.dropped-1");
        for (Path leftover : mine) {
            Files.createDirectories(leftover);
        }
        Files.createDirectory(others);
        store.drop(new DatasetName("default-1"));
        for (Path leftover : mine) {
            assertTrue(Files.exists(leftover), leftover + " was removed by another dataset's writer");
        }
        Ingests.store(store, source, DatasetName.DEFAULT, true);
        for (Path leftover : mine) {
            assertFalse(Files.exists(leftover), leftover.toString());
        }
        assertTrue(Files.exists(others));
    }

    @Test
    void anIndexThatDoesNotFitInTheHeapIsRefusedAndThePreviousVersionStaysReadable() throws Exception {
        try (Snapshot old = store.open(ingestIfChanged(true).manifest())) {
            Files.writeString(source, "other\n");
            Manifest manifest = ingestIfChanged(true).manifest();
            try (RandomAccessFile index = new RandomAccessFile(
                    directory.resolve("data/default/v2/index").toFile(), "rw")) {
                index.setLength(Runtime.getRuntime().maxMemory() + (1L << 30));
            }
            StoreFailedException e = assertThrows(
                    StoreFailedException.class, () -> store.open(manifest).close());
            assertTrue(
                    e.getMessage()
                            .matches(
                                    "the index of dataset default version 2 needs [0-9]+ MiB of heap, and [0-9]+ MiB are"
                                            + " free: raise -Xmx"),
                    e.getMessage());
            assertInstanceOf(OutOfMemoryError.class, e.getCause(), "a server would not close its kept versions");
            assertEquals("one", text(old, 0));
            old.check();
        }
    }

    /** The stamp cannot be recorded on a read-only volume, or while another process writes to the dataset. */
    @Test
    void aTouchedSourceIsNotStoredAgainEvenIfItsStampCannotBeRecorded() throws Exception {
        Manifest manifest = ingestIfChanged(false).manifest();
        Files.setLastModifiedTime(source, FileTime.from(Instant.parse("2021-01-01T00:00:00Z")));
        try (DatasetLock _ = DatasetLock.acquire(directory.resolve("data"), DatasetName.DEFAULT, "test", true)) {
            assertFalse(ingestIfChanged(false).stored());
            assertEquals(Optional.empty(), findUnchanged(false));
        }
        assertFalse(ingestIfChanged(false).stored());
        assertEquals(Optional.of(manifest), findUnchanged(false));
    }

    @Test
    void aDirectoryThatCannotBeUsedIsNamed() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "");
        StoreFailedException e = assertThrows(
                StoreFailedException.class, () -> EmbeddedStore.open(file, null).close());
        assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
    }
}
