package dev.lineserver.store.embedded;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.line.Limits;
import dev.lineserver.store.Await;
import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.Leftover;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Plan;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.TextShape;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests what is special in the versions of this store: their files. */
final class EmbeddedVersionsTest {
    @TempDir
    Path directory;

    private EmbeddedStore store;
    private Path data;
    private Path dataset;

    @BeforeEach
    void open() throws Exception {
        data = directory.resolve("data");
        dataset = data.resolve("default");
        store = EmbeddedStore.open(data, null);
    }

    /** Creates a file of one line. */
    private Path file(String name) throws Exception {
        return Files.writeString(directory.resolve(name), name + "\n");
    }

    private Manifest put(String name, boolean copy, int keep, boolean hold) throws Exception {
        return StoredFiles.put(store, file(name), copy, keep, hold);
    }

    private String firstLine(Manifest manifest) throws Exception {
        try (Snapshot snapshot = store.open(manifest)) {
            return new String(
                    assertInstanceOf(Lookup.Found.class, Await.result(snapshot.lookup(0)))
                            .line(),
                    StandardCharsets.UTF_8);
        }
    }

    private static List<String> names(Path directory) throws Exception {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void twoVersionsAreKeptByDefaultIfTheirLinesStayInTheirSourceAndOneIfTheyAreCopied() throws Exception {
        put("one", false, 0, false);
        put("two", false, 0, false);
        put("three", false, 0, false);
        assertEquals("2 KEPT, 3 CURRENT, 3 given", StoredFiles.describe(store));
        put("four", true, 0, false);
        assertEquals("4 CURRENT, 4 given", StoredFiles.describe(store));
        put("five", false, 0, true);
        store.publish(DatasetName.DEFAULT, 5, 0);
        assertEquals("4 KEPT, 5 CURRENT, 5 given", StoredFiles.describe(store));
        put("six", true, 0, true);
        store.publish(DatasetName.DEFAULT, 6, 0);
        assertEquals("6 CURRENT, 6 given", StoredFiles.describe(store));
    }

    @Test
    void aSnapshotOfAVersionThatIsRemovedStaysReadable() throws Exception {
        Manifest first = put("one", true, 2, false);
        put("two", true, 2, false);
        try (Snapshot open = store.open(first)) {
            store.drop(DatasetName.DEFAULT, 1);
            assertFalse(Files.exists(dataset.resolve("v1")));
            assertInstanceOf(Lookup.Found.class, Await.result(open.lookup(0)));
            open.check();
        }
    }

    /** The directory was written by the last release that had one version of a dataset, and no file that lists them. */
    @Test
    void aDirectoryOfAnEarlierReleaseIsReadWithoutWritingAndItsVersionIsKept() throws Exception {
        Path written = Path.of("src/test/resources/store-without-versions-file/default/v3");
        Files.createDirectories(dataset.resolve("v3"));
        for (String name : names(written)) {
            Files.copy(written.resolve(name), dataset.resolve("v3").resolve(name));
        }
        // Crashed processes had left these.
        Files.createDirectories(dataset.resolve("v2"));
        Files.createDirectories(dataset.resolve("building-4"));
        Files.createDirectories(data.resolve("default.dropped-17/v1"));
        assertEquals("3 CURRENT, 3 given", StoredFiles.describe(store));
        Manifest third = store.current(DatasetName.DEFAULT).orElseThrow();
        byte[] content = "the first line\n\nthe third\r\nlast, not ended".getBytes(StandardCharsets.UTF_8);
        StoredFiles.assertHolds(store, third, content, "version 3");
        assertEquals(List.of("building-4", "v2", "v3"), names(dataset));
        Manifest fourth = put("four", true, 2, false);
        assertEquals("3 KEPT, 4 CURRENT, 4 given", StoredFiles.describe(store));
        StoredFiles.assertHolds(store, third, content, "version 3");
        assertEquals("four", firstLine(fourth));
        assertEquals(List.of("v3", "v4", "versions", "versions.copy"), names(dataset));
        assertEquals(List.of("default", "default.lock"), names(data));
    }

    @Test
    void theVersionOfAnEarlierReleaseStaysCurrentWhileTheNextIsWrittenOrHeld() throws Exception {
        Manifest first = put("one", false, 2, false);
        deleteVersionsFiles();
        assertEquals(first, store.publish(DatasetName.DEFAULT, 1, 1));
        try (Build _ = store.begin(new BuildRequest(
                DatasetName.DEFAULT, "a build", null, true, 0, false, LinesPerRecord.ONE, false, false))) {
            // What a reader would find at the moment between the rename of a build and its publication.
            Files.createDirectory(dataset.resolve("v2"));
            assertEquals("1 CURRENT, 1 given", StoredFiles.describe(store));
        }
        deleteVersionsFiles();
        put("two", false, 2, true);
        assertEquals("1 CURRENT, 2 HELD, 2 given", StoredFiles.describe(store));
        assertTrue(store.drop(DatasetName.DEFAULT));
        assertEquals(3, put("three", false, 2, false).version());
    }

    @Test
    void aDatasetOfAnEarlierReleaseCanBeDropped() throws Exception {
        put("one", false, 2, false);
        deleteVersionsFiles();
        assertTrue(store.drop(DatasetName.DEFAULT));
        assertEquals(List.of(VersionsOnDisk.NAME, VersionsOnDisk.COPY), names(dataset));
        assertEquals(List.of(), store.datasets());
        assertEquals(2, put("two", false, 2, false).version());
    }

    @Test
    void theVersionsFileIsOneLineOfJsonAndOneWithItsChecksum() throws Exception {
        put("one", false, 2, false);
        put("two", false, 2, false);
        put("three", false, 2, true);
        store.publish(DatasetName.DEFAULT, 1, 2);
        List<String> lines = Files.readAllLines(dataset.resolve("versions"));
        assertEquals(2, lines.size());
        assertEquals("{\"layout\":\"versions-1\",\"published\":[2,1],\"held\":[3],\"last\":3}", lines.getFirst());
        assertTrue(lines.getLast().matches("# crc32c [0-9a-f]{1,8}"), lines.getLast());
    }

    @Test
    void aVersionsFileThatContradictsItselfIsRefused() throws Exception {
        for (String content : List.of(
                "'published':[1,1],'held':[],'last':1",
                "'published':[1],'held':[1],'last':1",
                "'published':[0],'held':[],'last':1",
                "'published':[2],'held':[],'last':1",
                "'published':[null],'held':[],'last':1",
                "'published':['1'],'held':[],'last':1",
                "'published':[1],'last':1",
                "'published':[1],'held':[]",
                "'published':[1],'held':[],'last':1.5")) {
            assertRefused("{\"layout\":\"versions-1\"," + content.replace('\'', '"') + "}");
        }
        assertRefused("{\"layout\":\"versions-2\",\"published\":[1],\"held\":[],\"last\":1}");
        assertRefused("[]");
    }

    private void assertRefused(String json) throws Exception {
        Files.createDirectories(dataset);
        Files.writeString(dataset.resolve("versions"), json + "\n# crc32c " + checksum(json + "\n") + "\n");
        StoreFailedException e =
                assertThrows(StoreFailedException.class, () -> store.versions(DatasetName.DEFAULT), json);
        assertTrue(e.getMessage().contains(dataset.resolve("versions") + " cannot be used: "), e.getMessage());
        assertFalse(e.getMessage().contains("\n"), e.getMessage());
    }

    private static String checksum(String body) {
        CRC32C checksum = new CRC32C();
        checksum.update(body.getBytes(StandardCharsets.UTF_8));
        return Long.toHexString(checksum.getValue());
    }

    private void damage(String name) throws Exception {
        Path file = dataset.resolve(name);
        Files.writeString(file, Files.readString(file).replace("last", "lost"));
    }

    private void deleteVersionsFiles() throws Exception {
        Files.delete(dataset.resolve(VersionsOnDisk.NAME));
        Files.delete(dataset.resolve(VersionsOnDisk.COPY));
    }

    /** A number that was given again would show other lines under a path that is cached for ever. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDamagedOrMissingVersionsFileIsReplacedByItsCopy(boolean missing) throws Exception {
        put("one", true, 3, false);
        put("two", true, 3, false);
        put("three", true, 3, true);
        put("four", true, 3, false);
        store.publish(DatasetName.DEFAULT, 1, 3);
        store.drop(DatasetName.DEFAULT, 4);
        String before = StoredFiles.describe(store);
        assertEquals("1 CURRENT, 2 KEPT, 3 HELD, 4 given", before);
        if (missing) {
            Files.delete(dataset.resolve(VersionsOnDisk.NAME));
        } else {
            damage(VersionsOnDisk.NAME);
        }
        assertEquals(before, StoredFiles.describe(store));
        assertEquals(5, put("five", true, 3, false).version());
        damage(VersionsOnDisk.COPY);
        assertEquals("1 KEPT, 2 KEPT, 3 HELD, 5 CURRENT, 5 given", StoredFiles.describe(store));
    }

    /** The copy comes from a backup, for example. */
    @Test
    void withAnOldCopyInPlaceOfTheFileNoVersionIsDeletedAndNoNumberIsGivenAgain() throws Exception {
        put("one", true, 3, false);
        byte[] old = Files.readAllBytes(dataset.resolve(VersionsOnDisk.COPY));
        put("two", true, 3, false);
        put("three", true, 3, true);
        Files.write(dataset.resolve(VersionsOnDisk.COPY), old);
        Files.delete(dataset.resolve(VersionsOnDisk.NAME));
        assertEquals(List.of(), store.reclaim(false));
        assertEquals(4, put("four", true, 3, false).version());
        assertEquals("1 KEPT, 2 HELD, 3 HELD, 4 CURRENT, 4 given", StoredFiles.describe(store));
        assertEquals("two", firstLine(store.publish(DatasetName.DEFAULT, 2, 3)));
    }

    @Test
    void aCopyThatDiffersFromTheFileIsReplacedByTheNextWriter() throws Exception {
        put("one", true, 3, false);
        byte[] old = Files.readAllBytes(dataset.resolve(VersionsOnDisk.COPY));
        put("two", true, 3, false);
        Files.write(dataset.resolve(VersionsOnDisk.COPY), old);
        store.begin(new BuildRequest(
                        DatasetName.DEFAULT, "a build", null, true, 0, false, LinesPerRecord.ONE, false, false))
                .close();
        assertEquals(
                Files.readString(dataset.resolve(VersionsOnDisk.NAME)),
                Files.readString(dataset.resolve(VersionsOnDisk.COPY)));
        assertEquals("1 KEPT, 2 CURRENT, 2 given", StoredFiles.describe(store));
    }

    @Test
    void withoutTheFileAndItsCopyNoHeldVersionIsTakenForTheCurrentOne() throws Exception {
        put("one", true, 3, false);
        put("two", true, 3, true);
        deleteVersionsFiles();
        StoreFailedException e = assertThrows(StoreFailedException.class, () -> store.versions(DatasetName.DEFAULT));
        assertTrue(e.getMessage().contains("it is missing, although there are several versions"), e.getMessage());
        put("three", true, 3, false);
        assertEquals("1 HELD, 2 HELD, 3 CURRENT, 3 given", StoredFiles.describe(store));
    }

    @Test
    void aVersionWhoseIndexIsDamagedIsNotPublished() throws Exception {
        put("one", true, 2, false);
        put("two", true, 2, false);
        try (RandomAccessFile index =
                new RandomAccessFile(dataset.resolve("v1/index").toFile(), "rw")) {
            index.setLength(20);
        }
        assertThrows(StoreFailedException.class, () -> store.publish(DatasetName.DEFAULT, 1, 2));
        assertEquals("1 KEPT, 2 CURRENT, 2 given", StoredFiles.describe(store));
    }

    /** A disk without space for another file. */
    private static final class FullDisk extends Disk {
        private final Path dataset;
        private final String words;

        FullDisk(Path dataset, String words) {
            this.dataset = dataset;
            this.words = words;
        }

        @Override
        FileChannel create(Path file) throws IOException {
            if (Files.exists(dataset.resolve("v1"))) {
                // As on a real disk: the entry needs no space, and stays if nobody deletes it.
                super.create(file).close();
                throw new IOException(words);
            }
            return super.create(file);
        }
    }

    /** The operating system says that the disk is full in the language of its locale. */
    @ParameterizedTest
    @CsvSource({
        "true, No space left on device",
        "false, No space left on device",
        "true, Auf dem Gerät ist kein Speicherplatz mehr verfügbar",
        "false, Auf dem Gerät ist kein Speicherplatz mehr verfügbar"
    })
    void aDropReleasesSpaceOnADiskThatIsFull(boolean whole, String words) throws Exception {
        put("one", true, 2, false);
        put("two", true, 2, false);
        EmbeddedStore full = new EmbeddedStore(data, null, new FullDisk(dataset, words));
        if (whole) {
            assertTrue(full.drop(DatasetName.DEFAULT));
            assertEquals(List.of(), store.datasets());
        } else {
            full.drop(DatasetName.DEFAULT, 1);
            assertEquals("2 CURRENT, 2 given", StoredFiles.describe(store));
        }
        assertEquals(List.of(), store.reclaim(true));
    }

    @Test
    void theVersionThatWasCurrentBeforeIsKnown() throws Exception {
        for (String name : List.of("one", "two", "three")) {
            put(name, true, 4, false);
        }
        store.publish(DatasetName.DEFAULT, 1, 4);
        assertEquals(3, store.versions(DatasetName.DEFAULT).orElseThrow().previousNumber());
        put("four", true, 5, false);
        assertEquals(1, store.versions(DatasetName.DEFAULT).orElseThrow().previousNumber());
        store.drop(DatasetName.DEFAULT, 1);
        assertEquals(3, store.versions(DatasetName.DEFAULT).orElseThrow().previousNumber());
    }

    @Test
    void aDamagedVersionsFileLosesNoVersionAndIsReplacedByTheNextIngest() throws Exception {
        put("one", true, 2, false);
        put("two", true, 2, false);
        damage(VersionsOnDisk.NAME);
        damage(VersionsOnDisk.COPY);
        DatasetListing.Unreadable listed = assertInstanceOf(
                DatasetListing.Unreadable.class, store.datasets().getFirst());
        assertEquals(
                dataset.resolve("versions")
                        + " cannot be used: its checksum does not match; ingest the file again to replace it",
                listed.failure().getMessage());
        try (Build _ = store.begin(new BuildRequest(
                DatasetName.DEFAULT, "a build", null, true, 0, false, LinesPerRecord.ONE, false, false))) {
            assertThrows(StoreFailedException.class, () -> store.current(DatasetName.DEFAULT));
        }
        assertEquals(List.of(), store.reclaim(false));
        put("three", true, 1, false);
        assertEquals("1 HELD, 2 HELD, 3 CURRENT, 3 given", StoredFiles.describe(store));
    }

    @Test
    void aDamagedVersionsFileIsReplacedByAPublicationOrADrop() throws Exception {
        put("one", true, 2, false);
        put("two", true, 2, false);
        damage(VersionsOnDisk.NAME);
        damage(VersionsOnDisk.COPY);
        assertEquals("one", firstLine(store.publish(DatasetName.DEFAULT, 1, 0)));
        assertEquals("1 CURRENT, 2 HELD, 2 given", StoredFiles.describe(store));
        damage(VersionsOnDisk.NAME);
        damage(VersionsOnDisk.COPY);
        assertTrue(store.drop(DatasetName.DEFAULT));
        assertEquals(List.of(), store.datasets());
        assertEquals(3, put("three", true, 1, false).version());
    }

    @Test
    void aListedVersionWithoutFilesIsReportedAndTheOthersStayReadable() throws Exception {
        put("one", true, 3, false);
        Manifest second = put("two", true, 3, false);
        new Disk().deleteTree(dataset.resolve("v1"));
        DatasetVersions versions = store.versions(DatasetName.DEFAULT).orElseThrow();
        assertInstanceOf(
                StoreUnavailableException.class, versions.find(1).orElseThrow().failure());
        assertEquals(second, versions.current().orElseThrow().describe());
        assertThrows(StoreException.class, () -> store.publish(DatasetName.DEFAULT, 1, 2));
        store.drop(DatasetName.DEFAULT, 1);
        assertEquals("2 CURRENT, 2 given", StoredFiles.describe(store));
    }

    /** The lines of an older version are lost if its source was overwritten: readers would get errors. */
    @Test
    void aVersionWhoseSourceHasChangedIsNotPublished() throws Exception {
        put("one", false, 2, false);
        Manifest second = put("two", false, 2, false);
        for (String other : List.of("ONE\n", "longer\n")) {
            Files.writeString(directory.resolve("one"), other);
            StoreException e = assertThrows(StoreException.class, () -> store.publish(DatasetName.DEFAULT, 1, 2));
            assertTrue(
                    e.getMessage().contains("no longer the one ingested as dataset default version 1"), e.getMessage());
            assertEquals(Optional.of(second), store.current(DatasetName.DEFAULT));
        }
        Files.writeString(directory.resolve("one"), "one\n");
        assertEquals(1, store.publish(DatasetName.DEFAULT, 1, 2).version());
    }

    @Test
    void aVersionWithoutItsIndexIsNotPublished() throws Exception {
        put("one", true, 2, false);
        put("two", true, 2, false);
        Files.delete(dataset.resolve("v1/index"));
        assertThrows(StoreFailedException.class, () -> store.publish(DatasetName.DEFAULT, 1, 2));
        assertEquals("1 KEPT, 2 CURRENT, 2 given", StoredFiles.describe(store));
    }

    @Test
    void messagesNameTheVersionsThatExist() throws Exception {
        assertMessage("there is no dataset default in " + data, () -> store.drop(DatasetName.DEFAULT, 1));
        assertMessage("there is no dataset default in " + data, () -> store.publish(DatasetName.DEFAULT, 1, 1));
        assertFalse(Files.exists(data));
        put("one", true, 2, false);
        put("two", true, 2, false);
        assertMessage("dataset default has no version 7; it has [1, 2]", () -> store.drop(DatasetName.DEFAULT, 7));
        assertMessage(
                "dataset default has no version 7; it has [1, 2]", () -> store.publish(DatasetName.DEFAULT, 7, 1));
        assertMessage(
                "version 2 of dataset default is current: publish another version first, or drop the whole dataset",
                () -> store.drop(DatasetName.DEFAULT, 2));
        assertTrue(store.drop(DatasetName.DEFAULT));
        assertMessage("dataset default has no version 2; it has none", () -> store.publish(DatasetName.DEFAULT, 2, 1));
    }

    private static void assertMessage(String expected, Executable change) {
        assertEquals(expected, assertThrows(StoreFailedException.class, change).getMessage());
    }

    @Test
    void whatNoVersionNeedsIsFoundAndThenRemoved() throws Exception {
        put("one", true, 2, false);
        put("two", true, 2, false);
        store.publish(DatasetName.DEFAULT, 1, 2);
        Files.writeString(Files.createDirectories(dataset.resolve("building-3")).resolve("index"), "12345678");
        Files.writeString(Files.createDirectories(dataset.resolve("v7")).resolve("lines"), "1234");
        Files.writeString(dataset.resolve("versions.new"), "12");
        Files.writeString(dataset.resolve("v1/manifest.new"), "1");
        Files.createDirectories(data.resolve("default.dropped-17/v1"));
        Files.createDirectories(data.resolve("gone.dropped-18"));
        List<Path> others = List.of(
                Files.writeString(dataset.resolve("notes.txt"), "mine"),
                Files.writeString(data.resolve("lost.dropped"), "mine"),
                Files.createDirectories(dataset.resolve("v8/deep")),
                Files.writeString(Files.createDirectories(dataset.resolve("v9")).resolve("notes.txt"), "mine"),
                Files.createDirectories(dataset.resolve("building-blocks")),
                Files.writeString(dataset.resolve("settings.new"), "mine"),
                Files.createDirectories(data.resolve("default.dropped-19/photos")),
                Files.writeString(data.resolve("default.dropped-20"), "mine"),
                // Not a dataset, though it is named like one: nothing shows that it is the store's.
                Files.createDirectories(data.resolve("api/v1")),
                Files.writeString(
                        Files.createDirectories(data.resolve("api/v2")).resolve("index"), "mine"),
                Files.createDirectories(data.resolve("A.dropped-1")));
        List<Leftover> expected = List.of(
                new Leftover("default/building-3", "its build did not finish", 8, "bytes"),
                new Leftover("default/v7", "its version was replaced or dropped, or never listed", 4, "bytes"),
                new Leftover("default/versions.new", "its writer did not finish", 2, "bytes"),
                new Leftover("default/v1/manifest.new", "its writer did not finish", 1, "bytes"),
                new Leftover("default.dropped-17", "its dataset was dropped", 0, "bytes"),
                new Leftover("gone.dropped-18", "its dataset was dropped", 0, "bytes"));
        List<String> before = EmbeddedStoreTest.tree(directory);
        assertSameEntries(expected, store.reclaim(true));
        assertEquals(before, EmbeddedStoreTest.tree(directory), "a dry run writes nothing");
        assertSameEntries(expected, store.reclaim(false));
        for (Leftover leftover : expected) {
            assertFalse(Files.exists(data.resolve(leftover.name())), leftover.toString());
        }
        for (Path other : others) {
            assertTrue(Files.exists(other), other.toString());
        }
        assertEquals(List.of(), store.reclaim(true));
        assertEquals("1 CURRENT, 2 KEPT, 2 given", StoredFiles.describe(store));
    }

    private static void assertSameEntries(List<Leftover> expected, List<Leftover> actual) {
        assertEquals(Set.copyOf(expected), Set.copyOf(actual));
        assertEquals(expected.size(), actual.size());
    }

    /** Holds the lock of the default dataset until it receives a line. */
    static final class Writer {
        private Writer() {}

        @SuppressWarnings("SystemOut")
        public static void main(String[] arguments) throws Exception {
            try (DatasetLock _ = DatasetLock.acquire(Path.of(arguments[0]), DatasetName.DEFAULT, "write", true)) {
                System.out.println("acquired");
                int _ = System.in.read();
            }
        }
    }

    @Test
    void whatAnotherWriterMayUseIsNotReclaimed() throws Exception {
        put("one", true, 2, false);
        Path building = Files.createDirectories(dataset.resolve("building-2"));
        for (boolean dryRun : new boolean[] {true, false}) {
            try (DatasetLock _ = DatasetLock.acquire(data, DatasetName.DEFAULT, "write", true)) {
                assertEquals(List.of(), store.reclaim(dryRun));
            }
            try (ChildProcess writer = new ChildProcess(Writer.class, data.toString())) {
                writer.awaitLine("acquired");
                assertEquals(List.of(), store.reclaim(dryRun));
                writer.sendLine();
                writer.awaitSuccess();
            }
            assertTrue(Files.exists(building));
            assertEquals(1, store.reclaim(true).size());
        }
        assertEquals(1, store.reclaim(false).size());
        assertFalse(Files.exists(building));
    }

    @Test
    void aLinkIsNotTheStoresAndStays() throws Exception {
        put("one", true, 2, false);
        Path target = Files.createDirectories(directory.resolve("precious"));
        Files.writeString(target.resolve("lines"), "kept");
        Files.createSymbolicLink(dataset.resolve("building-9"), target);
        assertEquals(List.of(), store.reclaim(false));
        put("two", true, 1, false);
        assertEquals("kept", Files.readString(dataset.resolve("building-9/lines")));
    }

    /** A directory of another program that is named like a dataset, and has directories that are named like versions. */
    @Test
    void anIngestIntoADirectoryThatIsNotTheStoresIsRefused() throws Exception {
        Path file =
                Files.writeString(Files.createDirectories(dataset.resolve("v1")).resolve("index"), "mine");
        StoreFailedException e = assertThrows(StoreFailedException.class, () -> put("one", true, 1, false));
        assertEquals(
                "the directory " + dataset + " holds other things than versions of a dataset; choose another --data-dir"
                        + " or --dataset",
                e.getMessage());
        assertEquals("mine", Files.readString(file));
        assertEquals(List.of("v1"), names(dataset));
        assertFalse(store.drop(DatasetName.DEFAULT));
        assertEquals("mine", Files.readString(file));
    }

    @Test
    void anInterruptedReaderIsToldSo() throws Exception {
        Manifest manifest = put("one", true, 1, false);
        Thread.currentThread().interrupt();
        try {
            StoreUnavailableException e = assertThrows(
                    StoreUnavailableException.class, () -> store.open(manifest).close());
            assertEquals("cannot read " + dataset.resolve("v1/index") + ": it was interrupted", e.getMessage());
        } finally {
            assertTrue(Thread.interrupted());
        }
    }

    @Test
    void aPlanCountsTheVersionsThatAreKept() throws Exception {
        for (boolean copied : new boolean[] {false, true}) {
            TextShape shape = new TextShape(1_000, 64_000, 63, lengths(1_000), 0, copied);
            long index = figure(store.plan(shape, 1, LinesPerRecord.ONE), "index-ssd");
            assertTrue(index > 0);
            assertEquals(copied ? 1 : 2, figure(store.plan(shape, 0, LinesPerRecord.ONE), "versions"));
            Plan plan = store.plan(shape, 5, LinesPerRecord.ONE);
            assertEquals(5, figure(plan, "versions"));
            assertEquals(index, figure(plan, "index-ram"));
            assertEquals(4 * index, figure(plan, "kept-index-ram"));
            assertEquals(5 * index, figure(plan, "index-ssd"));
            assertEquals(copied ? 5 * 64_000 : 0, figure(plan, "copy-ssd"));
        }
    }

    private static long[] lengths(int lines) {
        long[] lengths = new long[4096];
        lengths[3] = lines;
        return lengths;
    }

    private static long figure(Plan plan, String name) {
        return plan.figures().stream()
                .filter(figure -> figure.name().equals(name))
                .findFirst()
                .orElseThrow()
                .value();
    }

    private Manifest putBytes(String name, byte[] content, boolean copy) throws Exception {
        return StoredFiles.put(store, Files.write(directory.resolve(name), content), copy, Integer.MAX_VALUE, false);
    }

    /** Checks from each line on that all lines skipped are equal. Returns the largest number of lines skipped at once. */
    private long assertSkipsEqualLines(byte[] before, byte[] after, boolean copy, String what) throws Exception {
        List<byte[]> old = Samples.linesOf(before);
        List<byte[]> now = Samples.linesOf(after);
        int count = Math.max(old.size(), now.size());
        // Entry i is the index of the first line from i on that differs, or exists in one content only.
        int[] equalUntil = new int[count + 2];
        equalUntil[count] = count;
        equalUntil[count + 1] = count + 1;
        for (int i = count - 1; i >= 0; i--) {
            boolean equal = i < old.size() && i < now.size() && Arrays.equals(old.get(i), now.get(i));
            equalUntil[i] = equal ? equalUntil[i + 1] : i;
        }
        long skipped = 0;
        try (Snapshot one = store.open(putBytes("before", before, copy));
                Snapshot two = store.open(putBytes("after", after, copy))) {
            for (int from = 0; from < equalUntil.length; from++) {
                long to = one.skipEqualLines(two, from);
                assertEquals(to, two.skipEqualLines(one, from), what + ", line index " + from);
                assertTrue(from <= to && to <= equalUntil[from], what + ", line index " + from + " to " + to);
                skipped = Math.max(skipped, to - from);
            }
        }
        new Disk().deleteTree(data);
        return skipped;
    }

    private static byte[] lines(int size, int lineLength) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < size; i++) {
            bytes[i] = (byte) (i % lineLength == lineLength - 1 ? '\n' : 'a' + i / lineLength % 23);
        }
        return bytes;
    }

    private static byte[] changedAt(byte[] bytes, int at) {
        byte[] changed = bytes.clone();
        changed[at] ^= 0x10;
        return changed;
    }

    @Test
    void equalBlocksAreSkippedUpToTheLineThatEndsInADifferentOne() throws Exception {
        int block = Limits.BLOCK_BYTES;
        // Lines of 1,024 bytes end with a block; lines of 1,000 span blocks; one line spans several.
        for (int lineLength : new int[] {1_024, 1_000, block - 1, block, block + 1, 2 * block + 7}) {
            byte[] before = lines(3 * block + 500, lineLength);
            for (int at : new int[] {0, block - 1, block, 2 * block - 1, 3 * block, before.length - 1}) {
                assertSkipsEqualLines(before, changedAt(before, at), false, lineLength + " changed at " + at);
            }
        }
        byte[] before = lines(3 * block, 1_024);
        assertEquals(512, assertSkipsEqualLines(before, changedAt(before, 2 * block), false, "last block"));
        assertEquals(512, assertSkipsEqualLines(before, changedAt(before, block - 2), false, "first block"));
        byte[] spanning = lines(3 * block, 1_000);
        assertEquals(
                2 * block / 1_000, assertSkipsEqualLines(spanning, changedAt(spanning, 2 * block), false, "spanning"));
    }

    @Test
    void contentsOfDifferentLengthsAreSkippedUpToTheEndOfTheShorterOne() throws Exception {
        int block = Limits.BLOCK_BYTES;
        byte[] longer = lines(3 * block, 1_000);
        for (int length : new int[] {0, 1, 999, 1_000, block - 1, block, block + 1, 2 * block, 3 * block - 1}) {
            byte[] shorter = Arrays.copyOf(longer, length);
            assertSkipsEqualLines(shorter, longer, false, length + " bytes");
        }
        assertEquals(
                2 * block / 1_000,
                assertSkipsEqualLines(Arrays.copyOf(longer, 2 * block), longer, false, "two blocks"));
    }

    @Test
    void anInsertedLineOrByteIsNotSkipped() throws Exception {
        Random random = new Random(5);
        byte[] before = Samples.random(20_000, 90, 21);
        for (int i = 0; i < 4; i++) {
            int at = random.nextInt(before.length);
            byte[] after = new byte[before.length + 1];
            System.arraycopy(before, 0, after, 0, at);
            after[at] = (byte) (i % 2 == 0 ? '\n' : 'x');
            System.arraycopy(before, at, after, at + 1, before.length - at);
            assertSkipsEqualLines(before, after, false, "inserted at " + at);
        }
    }

    @Test
    void equalContentsAreSkippedEvenIfTheyAreCopiesAndOtherCopiesAreNot() throws Exception {
        byte[] content = lines(2 * Limits.BLOCK_BYTES, 1_000);
        int lines = Samples.linesOf(content).size();
        assertEquals(lines, assertSkipsEqualLines(content, content, false, "in place"));
        assertEquals(lines, assertSkipsEqualLines(content, content, true, "copies"));
        assertEquals(0, assertSkipsEqualLines(content, changedAt(content, content.length - 1), true, "copies"));
    }
}
