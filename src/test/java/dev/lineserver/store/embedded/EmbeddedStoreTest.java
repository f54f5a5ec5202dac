package dev.lineserver.store.embedded;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;
import java.util.zip.GZIPOutputStream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.ingest.Await;
import dev.lineserver.ingest.Ingest;
import dev.lineserver.ingest.Progress;
import dev.lineserver.ingest.Source;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

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
        return new Ingest(store, Progress.SILENT).storeIfChanged(source.toString(), DatasetName.DEFAULT, copy, false);
    }

    private static String text(Snapshot snapshot, long lineIndex) throws Exception {
        Lookup.Found found = assertInstanceOf(Lookup.Found.class, Await.result(snapshot.lookup(lineIndex)));
        return new String(found.line(), StandardCharsets.UTF_8);
    }

    @Test
    void aVersionOfTheFirstLayoutIsServedOnceItsSourceWasChecked() throws Exception {
        ingestIfChanged(false);
        Path version = directory.resolve("data/default/v1");
        Files.delete(version.resolve("blocks"));
        rewriteManifest(
                version,
                text -> text.lines()
                        .filter(line -> !line.contains("-changed-at") && !line.contains("-inode"))
                        .map(line -> line.replace("layout=embedded-2", "layout=embedded-1"))
                        .collect(Collectors.joining("\n", "", "\n")));
        Manifest first = store.newest(DatasetName.DEFAULT).orElseThrow();
        assertEquals("embedded-1", first.layout());
        try (Snapshot snapshot = store.open(first)) {
            assertEquals("one", text(snapshot, 0));
        }
        assertEquals(Optional.empty(), knownUnread(false));
        assertFalse(ingestIfChanged(false).stored());
        assertEquals(Optional.of(first), knownUnread(false));
        Files.writeString(source, TEXT.toUpperCase(Locale.ROOT));
        assertThrows(StoreUnavailableException.class, () -> store.open(first).close());
    }

    /** Changes a manifest, and mends its checksum. */
    private static void rewriteManifest(Path version, UnaryOperator<String> change) throws Exception {
        Path file = version.resolve("manifest.properties");
        String text = Files.readString(file);
        String body = change.apply(text.substring(0, text.lastIndexOf("# crc32c ")));
        CRC32C checksum = new CRC32C();
        checksum.update(body.getBytes(StandardCharsets.UTF_8));
        Files.writeString(file, body + "# crc32c " + Long.toHexString(checksum.getValue()) + "\n");
    }

    @Test
    void aDatasetOfANewerLayoutIsListedAsUnreadableBesideTheOthers() throws Exception {
        ingestIfChanged(false);
        DatasetName other = new DatasetName("other");
        new Ingest(store, Progress.SILENT).store(source.toString(), other, false, false);
        rewriteManifest(directory.resolve("data/default/v1"), text -> text.replace("embedded-2", "embedded-9"));
        List<DatasetListing> listed = store.datasets();
        assertEquals(
                List.of(DatasetName.DEFAULT, other),
                listed.stream().map(DatasetListing::name).toList());
        StoreException failure = assertInstanceOf(DatasetListing.Unreadable.class, listed.getFirst())
                .failure();
        assertInstanceOf(StoreFailedException.class, failure);
        assertTrue(failure.getMessage().contains("layout 'embedded-9'"), failure.getMessage());
        assertThrows(StoreFailedException.class, () -> store.newest(DatasetName.DEFAULT));
        assertInstanceOf(DatasetListing.Described.class, listed.getLast());
    }

    @Test
    void aVersionThatWasCopiedFromAnotherDatasetByHandIsUnreadable() throws Exception {
        ingestIfChanged(true);
        Files.createDirectories(directory.resolve("data/other/v1"));
        for (String file : List.of("manifest.properties", "index", "lines", "blocks")) {
            Files.copy(directory.resolve("data/default/v1/" + file), directory.resolve("data/other/v1/" + file));
        }
        StoreFailedException e = assertThrows(StoreFailedException.class, () -> store.newest(new DatasetName("other")));
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

    /** The newest version, if the store knows without reading the source that the version holds it. */
    private Optional<Manifest> knownUnread(boolean copy) throws Exception {
        try (Source opened = Source.open(source.toString())) {
            return store.stored(new BuildRequest(DatasetName.DEFAULT, opened.name(), opened.file(), copy));
        }
    }

    @Test
    void aSourceThatWasUnpackedOrCopiedIsKnownWithoutReadingItUntilItIsTouched() throws Exception {
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
            assertEquals(Optional.of(manifest), knownUnread(true));
            Files.write(source, Files.readAllBytes(source));
            Files.setLastModifiedTime(source, time);
            assertEquals(Optional.empty(), knownUnread(true), "written over under the same size and time");
            assertFalse(ingestIfChanged(true).stored(), name);
            assertEquals(Optional.of(manifest), knownUnread(true));
        }
        Files.writeString(source, TEXT.toUpperCase(Locale.ROOT));
        assertTrue(ingestIfChanged(true).stored());
    }

    @Test
    void theSameContentIsStoredOnce() throws Exception {
        Manifest first = ingestIfChanged(false).manifest();
        Ingest.Outcome again = ingestIfChanged(false);
        assertFalse(again.stored());
        assertEquals(first, again.manifest());
    }

    @Test
    void aTouchedSourceIsStoredOnceAndThenKnownWithoutReadingIt() throws Exception {
        Manifest first = ingestIfChanged(false).manifest();
        Files.setLastModifiedTime(source, FileTime.from(Instant.parse("2021-01-01T00:00:00Z")));
        assertFalse(ingestIfChanged(false).stored());
        assertEquals(Optional.of(first), knownUnread(false));
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
    void theSameContentElsewhereIsStoredAgainUnlessCopied() throws Exception {
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
        Manifest again = new Ingest(store, Progress.SILENT)
                .store(source.toString(), DatasetName.DEFAULT, false, false)
                .manifest();
        assertEquals(2, again.version());
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
        Path manifest = directory.resolve("data/default/v1/manifest.properties");
        Files.writeString(manifest, Files.readString(manifest).replace("line-count=3", "line-count=2"));
        StoreFailedException e = assertThrows(StoreFailedException.class, () -> store.newest(DatasetName.DEFAULT));
        assertTrue(e.getMessage().contains("checksum"), e.getMessage());
        assertEquals(2, ingestIfChanged(false).manifest().version());
    }

    @Test
    void aDirectoryThatCannotBeUsedIsNamed() throws Exception {
        Path file = Files.writeString(directory.resolve("file"), "");
        StoreFailedException e = assertThrows(
                StoreFailedException.class, () -> EmbeddedStore.open(file, null).close());
        assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
    }
}
