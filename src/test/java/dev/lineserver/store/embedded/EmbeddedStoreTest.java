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
import java.util.zip.GZIPOutputStream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.ingest.Await;
import dev.lineserver.ingest.Ingest;
import dev.lineserver.ingest.Progress;
import dev.lineserver.ingest.Source;
import dev.lineserver.store.BuildRequest;
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
        store = EmbeddedStore.open(directory.resolve("data"));
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

    private static void assertRefused(Snapshot snapshot) {
        for (int i = 0; i < 3; i++) {
            long lineIndex = i;
            assertThrows(StoreUnavailableException.class, () -> Await.result(snapshot.lookup(lineIndex)));
        }
        assertThrows(StoreUnavailableException.class, snapshot::check);
    }

    @Test
    void aSourceOfTheSameLengthWrittenOverIsRefusedAtOnce() throws Exception {
        try (Snapshot snapshot = store.open(ingestIfChanged(false).manifest())) {
            assertEquals("two", text(snapshot, 1));
            Files.writeString(source, TEXT.toUpperCase(Locale.ROOT));
            assertRefused(snapshot);
        }
    }

    @Test
    void aSourceThatGrewIsRefused() throws Exception {
        try (Snapshot snapshot = store.open(ingestIfChanged(false).manifest())) {
            Files.writeString(source, TEXT + "four\n");
            assertRefused(snapshot);
        }
    }

    @Test
    void aSourceCutShortIsRefused() throws Exception {
        try (Snapshot snapshot = store.open(ingestIfChanged(false).manifest())) {
            Files.writeString(source, "one\n");
            assertRefused(snapshot);
        }
    }

    @Test
    void aSourceRemovedOrReplacedIsRefused() throws Exception {
        Manifest manifest = ingestIfChanged(false).manifest();
        try (Snapshot snapshot = store.open(manifest)) {
            FileTime time = Files.getLastModifiedTime(source);
            Files.move(source, directory.resolve("away"));
            assertRefused(snapshot);
            StoreException e = assertThrows(
                    StoreUnavailableException.class, () -> store.open(manifest).close());
            assertTrue(e.getMessage().contains(source.toString()), e.getMessage());
            Files.writeString(source, TEXT);
            Files.setLastModifiedTime(source, time);
            assertRefused(snapshot);
        }
    }

    @Test
    void aSourceThatWasOnlyTouchedIsServedOnceItsContentWasChecked() throws Exception {
        try (Snapshot snapshot = store.open(ingestIfChanged(false).manifest())) {
            Files.setLastModifiedTime(source, FileTime.from(Instant.parse("2021-01-01T00:00:00Z")));
            assertThrows(StoreUnavailableException.class, () -> Await.result(snapshot.lookup(0)));
            snapshot.check();
            assertEquals("one", text(snapshot, 0));
        }
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
        try (Snapshot snapshot = EmbeddedStore.open(directory.resolve("moved")).open(manifest)) {
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
                StoreFailedException.class, () -> EmbeddedStore.open(file).close());
        assertTrue(e.getMessage().contains(file.toString()), e.getMessage());
    }
}
