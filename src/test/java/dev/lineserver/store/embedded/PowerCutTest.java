package dev.lineserver.store.embedded;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.ingest.Ingest;
import dev.lineserver.ingest.Ingests;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * A power cut after a complete step, at which every change that was not forced is lost. {@link CrashTest} cuts the power
 * within the steps.
 */
final class PowerCutTest {
    private static final byte[] BEFORE = Samples.random(30, 50, 1);
    private static final byte[] AFTER = Samples.random(40, 50, 2);
    private static final Random NOTHING_IS_KEPT = new Random() {
        @Override
        public boolean nextBoolean() {
            return false;
        }
    };

    @TempDir
    Path directory;

    private LossyDisk disk;
    private EmbeddedStore store;
    private Path source;

    @BeforeEach
    void open() throws Exception {
        Path root = Files.createDirectory(directory.resolve("root"));
        disk = new LossyDisk(root);
        store = new EmbeddedStore(root.resolve("new/data"), null, disk);
        source = Files.write(directory.resolve("source"), BEFORE);
    }

    private Ingest.Outcome ingest(boolean copy) throws Exception {
        return Ingests.storeIfChanged(store, source, DatasetName.DEFAULT, copy);
    }

    private EmbeddedStore storeAfterPowerCut() throws Exception {
        Path left = directory.resolve("left-" + disk.changeCount());
        disk.cutPower(disk.changeCount(), NOTHING_IS_KEPT, left);
        return new EmbeddedStore(left.resolve("new/data"), null, new Disk());
    }

    private void assertDurable(long version, byte[] content) throws Exception {
        EmbeddedStore left = storeAfterPowerCut();
        Manifest manifest = left.current(DatasetName.DEFAULT).orElseThrow();
        assertEquals(version, manifest.version());
        StoredFiles.assertHolds(left, manifest, content, "version " + version);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void everyPublishedVersionIsDurable(boolean copy) throws Exception {
        assertTrue(ingest(copy).stored());
        assertDurable(1, BEFORE);
        Files.write(source, AFTER);
        assertTrue(ingest(copy).stored());
        assertDurable(2, AFTER);
    }

    @Test
    void aDropIsDurable() throws Exception {
        ingest(true);
        assertTrue(store.drop(DatasetName.DEFAULT));
        assertEquals(List.<DatasetListing>of(), storeAfterPowerCut().datasets());
    }

    /** The stamp of a touched source may be lost, because the next ingest can read the source again; the version may not. */
    @Test
    void aVersionWhoseSourceWasTouchedIsDurable() throws Exception {
        ingest(false);
        Files.write(source, BEFORE);
        assertEquals(1, ingest(false).manifest().version());
        assertDurable(1, BEFORE);
    }
}
