package dev.lineserver.store.embedded;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.CRC32C;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.lineserver.ingest.Ingests;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Leftover;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.StoreFailedException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** A newer release has written files of the store. An older one must not take them for damaged ones and replace them. */
final class OtherLayoutTest {
    private static final String REFUSAL =
            " cannot be used: it has layout 'versions-2', and this line-server reads 'versions-1'; use the program that"
                    + " wrote it";

    @TempDir
    Path directory;

    private EmbeddedStore store;
    private Path data;
    private Path dataset;
    private Path source;

    @BeforeEach
    void store() throws Exception {
        data = directory.resolve("data");
        dataset = data.resolve("default");
        store = EmbeddedStore.open(data, null);
        source = directory.resolve("source");
        for (String content : List.of("one\n", "two\n")) {
            Files.writeString(source, content);
            StoredFiles.put(store, source, true, 3, false);
        }
        // A directory that the newer release may need, and this one would delete.
        Files.writeString(Files.createDirectories(dataset.resolve("v3")).resolve("index"), "newer");
    }

    private void writeNewer(String name) throws Exception {
        String json = "{\"layout\":\"versions-2\",\"versions\":[1,2,3]}\n";
        CRC32C checksum = new CRC32C();
        checksum.update(json.getBytes(StandardCharsets.UTF_8));
        Files.writeString(dataset.resolve(name), json + "# crc32c " + Long.toHexString(checksum.getValue()) + "\n");
    }

    private static void assertRefused(Path file, Executable call) {
        StoreFailedException e = assertThrows(StoreFailedException.class, call);
        assertTrue(e.getMessage().endsWith(file + REFUSAL), e.getMessage());
    }

    private void assertWritersChangeNothing(String name) throws Exception {
        List<String> before = EmbeddedStoreTest.tree(dataset);
        Path file = dataset.resolve(name);
        assertRefused(
                file,
                () -> store.begin(new BuildRequest(
                                DatasetName.DEFAULT, "a build", null, true, 0, false, LinesPerRecord.ONE, false, false))
                        .close());
        assertRefused(file, () -> Ingests.store(store, source, DatasetName.DEFAULT, true));
        assertRefused(file, () -> store.publish(DatasetName.DEFAULT, 1, 3));
        assertRefused(file, () -> store.drop(DatasetName.DEFAULT, 1));
        assertRefused(file, () -> store.drop(DatasetName.DEFAULT));
        assertEquals(List.of(), store.reclaim(true));
        assertEquals(List.of(), store.reclaim(false));
        assertEquals(before, EmbeddedStoreTest.tree(dataset));
    }

    @ParameterizedTest
    @CsvSource({"versions,", "versions,versions.copy"})
    void aListOfANewerReleaseIsRefusedAndNothingIsChanged(String first, @Nullable String second) throws Exception {
        writeNewer(first);
        if (second != null) {
            writeNewer(second);
        }
        assertRefused(dataset.resolve("versions"), () -> store.versions(DatasetName.DEFAULT));
        DatasetListing.Unreadable listed = assertInstanceOf(
                DatasetListing.Unreadable.class, store.datasets().getFirst());
        assertEquals(dataset.resolve("versions") + REFUSAL, listed.failure().getMessage());
        assertWritersChangeNothing("versions");
    }

    /** The newer release may have crashed after it had written the copy. */
    @Test
    void aCopyOfANewerReleaseKeepsWritersAwayAndNotReaders() throws Exception {
        writeNewer("versions.copy");
        assertEquals("1 KEPT, 2 CURRENT, 2 given", StoredFiles.describe(store));
        assertWritersChangeNothing("versions.copy");
    }

    @Test
    void aCopyOfANewerReleaseIsNotReplacedIfTheFileIsDamaged() throws Exception {
        writeNewer("versions.copy");
        Files.writeString(dataset.resolve("versions"), "damaged");
        assertRefused(dataset.resolve("versions.copy"), () -> store.versions(DatasetName.DEFAULT));
        assertWritersChangeNothing("versions.copy");
    }

    @Test
    void otherDatasetsAreReclaimed() throws Exception {
        writeNewer("versions");
        DatasetName other = new DatasetName("other");
        Ingests.store(store, source, other, true);
        Files.createDirectories(data.resolve("other/building-2"));
        assertEquals(
                List.of("other/building-2"),
                store.reclaim(false).stream().map(Leftover::name).toList());
        assertTrue(Files.exists(dataset.resolve("v3/index")));
    }
}
