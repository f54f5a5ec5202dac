package dev.lineserver.store.embedded;

import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.function.ThrowingSupplier;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.embedded.StoredFiles.Form;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Something else takes the place of a file that the store opens. To open a pipe would wait for a writer without end. */
@EnabledOnOs({OS.LINUX, OS.MAC})
final class OtherFilesTest {
    private static final Duration NEVER = Duration.ofSeconds(30);
    private static final String REASON = "it is not a regular file";

    @TempDir
    Path directory;

    private EmbeddedStore store;
    private Path dataset;
    private Path source;

    /** What takes the place of a file. */
    enum Other {
        PIPE,
        DIRECTORY,
        DEVICE,
        SOCKET;

        void create(Path path) throws Exception {
            switch (this) {
                case PIPE ->
                    assertEquals(
                            0,
                            new ProcessBuilder("mkfifo", path.toString())
                                    .start()
                                    .waitFor());
                case DIRECTORY -> Files.createDirectory(path);
                case DEVICE -> Files.createSymbolicLink(path, Path.of("/dev/zero"));
                case SOCKET -> {
                    // The file stays when the socket is closed.
                    try (ServerSocketChannel socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
                        socket.bind(UnixDomainSocketAddress.of(path));
                    }
                }
            }
        }
    }

    /** A step of a test, while a file is replaced. */
    private interface Step {
        void run() throws Exception;
    }

    @BeforeEach
    void open() throws Exception {
        Path place = Files.createTempDirectory(directory, "");
        store = EmbeddedStore.open(place.resolve("data"), null);
        dataset = place.resolve("data/default");
        source = place.resolve("source");
    }

    /** Stores a text in an empty store. */
    private Manifest ingest(String text, Form form) throws Exception {
        open();
        Files.writeString(source, text);
        return StoredFiles.put(store, source, form, 1, false);
    }

    private void whileReplaced(Path file, Other other, Step step) throws Exception {
        Path kept = file.resolveSibling("kept");
        Files.move(file, kept);
        other.create(file);
        step.run();
        Files.delete(file);
        Files.move(kept, file);
    }

    private static <T> void assertRefused(ThrowingSupplier<T> attempt, String what) {
        String message = String.valueOf(assertTimeoutPreemptively(
                NEVER,
                () -> assertThrows(StoreException.class, attempt::get, what).getMessage(),
                what));
        assertTrue(message.contains(REASON), what + ": " + message);
    }

    private void open(Manifest manifest) throws Exception {
        store.open(manifest).close();
    }

    @ParameterizedTest
    @EnumSource
    void aFileOfAVersionIsNotOpened(Other other) throws Exception {
        for (String text : List.of("one\ntwo\n", "")) {
            for (Form form : Form.values()) {
                Manifest manifest = ingest(text, form);
                Path version = dataset.resolve("v1");
                Path lines = switch (form) {
                    case IN_PLACE -> source;
                    case COPY -> version.resolve(DatasetDirectory.LINES);
                    case COMPRESSED -> version.resolve(DatasetDirectory.COMPRESSED_LINES);
                };
                List<Path> files = form == Form.IN_PLACE
                        ? List.of(lines, version.resolve(ManifestFile.NAME), version.resolve(DatasetDirectory.BLOCKS))
                        : List.of(lines, version.resolve(ManifestFile.NAME));
                for (Path file : files) {
                    String what = form + " of '" + text + "': " + file;
                    whileReplaced(file, other, () -> assertRefused(() -> store.open(manifest), what));
                }
                // The length of the index is compared with that of the text first.
                whileReplaced(
                        version.resolve(DatasetDirectory.INDEX),
                        other,
                        () -> assertTimeoutPreemptively(
                                NEVER, () -> assertThrows(StoreException.class, () -> open(manifest))));
                open(manifest);
            }
        }
    }

    /** A source of no bytes has the length of a pipe, and is read to find out whether it has changed. */
    @ParameterizedTest
    @EnumSource
    void aSourceThatIsServedIsNotOpenedAgain(Other other) throws Exception {
        for (String text : List.of("one\ntwo\n", "")) {
            try (Snapshot snapshot = store(text)) {
                whileReplaced(
                        source,
                        other,
                        () -> assertTimeoutPreemptively(
                                NEVER, () -> assertThrows(StoreException.class, snapshot::check)));
                snapshot.check();
            }
        }
    }

    private Snapshot store(String text) throws Exception {
        Manifest manifest = ingest(text, Form.IN_PLACE);
        return store.open(manifest);
    }

    @ParameterizedTest
    @EnumSource
    void theCopyStandsInForTheListOfVersions(Other other) throws Exception {
        Manifest manifest = ingest("one\n", Form.COPY);
        whileReplaced(dataset.resolve(VersionsOnDisk.NAME), other, () -> {
            assertEquals(
                    manifest,
                    assertTimeoutPreemptively(
                            NEVER, () -> store.current(DatasetName.DEFAULT).orElseThrow()));
            Path copy = dataset.resolve(VersionsOnDisk.COPY);
            Files.delete(copy);
            other.create(copy);
            assertRefused(() -> store.current(DatasetName.DEFAULT), "both");
        });
    }

    @ParameterizedTest
    @EnumSource
    void aLockThatIsNoFileIsNamed(Other other) throws Exception {
        Manifest _ = ingest("one\n", Form.COPY);
        Path lock = dataset.resolveSibling("default.lock");
        Files.writeString(source, "two\n");
        whileReplaced(lock, other, () -> {
            String message = String.valueOf(assertTimeoutPreemptively(
                    NEVER,
                    () -> assertThrows(StoreException.class, () -> store.publish(DatasetName.DEFAULT, 1, 1))
                            .getMessage()));
            assertEquals(
                    "cannot make version 1 of dataset default current: " + lock + ": " + REASON + "; remove it",
                    message);
        });
        assertEquals(2, StoredFiles.put(store, source, Form.COPY, 1, false).version());
    }
}
