package dev.lineserver.store.embedded;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.zip.CRC32C;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.ingest.Ingests;
import dev.lineserver.store.Await;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Damages the files of a version at random. Each read must then return the right line or throw a StoreException. */
final class DamagedFilesTest {
    private static final byte[] CONTENT = Samples.random(2_000, 60, 3);
    private static final List<byte[]> LINES = Samples.linesOf(CONTENT);
    private static final String CHECKSUM = "# crc32c ";
    private static final int ROUNDS = 400;

    @TempDir
    Path directory;

    private EmbeddedStore store;
    private Path version;

    @BeforeEach
    void open() throws Exception {
        store = EmbeddedStore.open(directory.resolve("data"), null);
        version = directory;
    }

    private void ingest(boolean copy) throws Exception {
        Path source = Files.write(directory.resolve("source"), CONTENT);
        Manifest stored =
                Ingests.store(store, source, DatasetName.DEFAULT, copy).manifest();
        version = directory.resolve("data/default/v" + stored.version());
    }

    /** Returns true if the version can be read; fails if a line is wrong. */
    private boolean isReadable(String what) throws Exception {
        try {
            Optional<Manifest> newest = store.current(DatasetName.DEFAULT);
            assertTrue(newest.isPresent(), what + ": missing in the list");
            try (Snapshot snapshot = store.open(newest.get())) {
                for (int i = 0; i < LINES.size(); i += 7) {
                    Lookup.Found found = assertInstanceOf(Lookup.Found.class, Await.result(snapshot.lookup(i)), what);
                    assertArrayEquals(LINES.get(i), found.line(), what);
                }
                snapshot.check();
            }
            return true;
        } catch (StoreException refused) {
            return false;
        } catch (RuntimeException | Error e) {
            throw new AssertionError(what, e);
        }
    }

    private static byte[] damaged(byte[] good, Random random) {
        byte[] bad = good.clone();
        int at = random.nextInt(bad.length);
        switch (random.nextInt(5)) {
            case 0 -> bad[at] ^= (byte) (1 << random.nextInt(8));
            case 1 -> bad = Arrays.copyOf(bad, at);
            case 2 -> bad = Arrays.copyOf(bad, bad.length + 1 + random.nextInt(20));
            case 3 -> Arrays.fill(bad, at, Math.min(bad.length, at + 1 + random.nextInt(64)), (byte) 0);
            default -> bad[at] = (byte) "0123456789-=\n\\u ".charAt(random.nextInt(16));
        }
        return bad;
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDamagedFileIsDetected(boolean copy) throws Exception {
        ingest(copy);
        String versions = "../" + VersionsOnDisk.NAME;
        // It would stand in for the file.
        Files.delete(version.resolve("../" + VersionsOnDisk.COPY));
        List<String> names = copy
                ? List.of(versions, ManifestFile.NAME, DatasetDirectory.INDEX)
                : List.of(versions, ManifestFile.NAME, DatasetDirectory.INDEX, DatasetDirectory.BLOCKS);
        for (String name : names) {
            byte[] good = Files.readAllBytes(version.resolve(name));
            long seed = new Random().nextLong();
            for (int round = 0; round < ROUNDS; round++) {
                byte[] bad = damaged(good, new Random(seed + round));
                Files.write(version.resolve(name), bad);
                String what = name + " damaged by seed " + (seed + round);
                assertTrue(isReadable(what) == Arrays.equals(good, bad), what);
            }
            Files.write(version.resolve(name), good);
        }
        assertTrue(isReadable("restored"));
    }

    /** The manifest as if somebody had edited it and corrected its checksum. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aManifestWithACorrectChecksumIsStillCheckedAgainstTheOtherFiles(boolean copy) throws Exception {
        ingest(copy);
        Path manifest = version.resolve(ManifestFile.NAME);
        String text = Files.readString(manifest);
        byte[] good = text.substring(0, text.lastIndexOf(CHECKSUM)).getBytes(StandardCharsets.UTF_8);
        long seed = new Random().nextLong();
        for (int round = 0; round < ROUNDS; round++) {
            String body = new String(damaged(good, new Random(seed + round)), StandardCharsets.UTF_8);
            CRC32C checksum = new CRC32C();
            checksum.update(body.getBytes(StandardCharsets.UTF_8));
            Files.writeString(manifest, body + CHECKSUM + Long.toHexString(checksum.getValue()) + "\n");
            isReadable("manifest edited by seed " + (seed + round));
        }
    }

    @Test
    void everyMissingFileCausesAStoreException() throws Exception {
        for (String name :
                List.of(ManifestFile.NAME, DatasetDirectory.INDEX, DatasetDirectory.LINES, DatasetDirectory.BLOCKS)) {
            ingest(!name.equals(DatasetDirectory.BLOCKS));
            Files.delete(version.resolve(name));
            assertTrue(!isReadable(name + " removed"));
            store.drop(DatasetName.DEFAULT);
        }
    }
}
