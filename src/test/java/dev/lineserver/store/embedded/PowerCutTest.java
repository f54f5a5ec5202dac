package dev.lineserver.store.embedded;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;

import org.jspecify.annotations.Nullable;
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
import dev.lineserver.store.StoreException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * A power cut after a complete step, at which every change that was not forced is lost. {@link CrashTest} cuts the power
 * within the steps.
 */
final class PowerCutTest {
    private static final byte[] BEFORE = Samples.random(30, 50, 1);
    private static final byte[] AFTER = Samples.random(40, 50, 2);
    private static final byte[] OTHER = Samples.random(50, 50, 3);
    private static final Random NOTHING_IS_KEPT = new Random() {
        @Override
        public boolean nextBoolean() {
            return false;
        }
    };

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private LossyDisk disk;
    private EmbeddedStore store;
    private Path source;

    @BeforeEach
    void open() throws Exception {
        open(Files.createDirectory(directory.resolve("root")));
    }

    private void open(Path root) throws Exception {
        disk = new LossyDisk(root);
        store = new EmbeddedStore(root.resolve("new/data"), null, disk);
        source = Files.write(root.resolve("source"), BEFORE);
    }

    private Ingest.Outcome ingest(boolean copy) throws Exception {
        return Ingests.storeIfChanged(store, source, DatasetName.DEFAULT, copy);
    }

    private EmbeddedStore storeAfterPowerCut() throws Exception {
        Path left = Files.createTempDirectory(directory, "left");
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

    /** A change of the dataset, with the content that is current afterwards; none if the dataset is dropped. */
    private record Step(String name, byte @Nullable [] current, Change change) {}

    @FunctionalInterface
    private interface Change {
        void make() throws Exception;
    }

    /**
     * A process is killed at any change of a step, and the step is repeated. What the second process reports as done is
     * durable, even if the first one has done it and could not force it.
     */
    @Test
    void aStepThatIsRepeatedAfterAKillIsDurable() throws Exception {
        List<Step> steps = List.of(
                new Step("publish", BEFORE, () -> store.publish(DatasetName.DEFAULT, 1, 2)),
                new Step("ingest", OTHER, () -> {
                    Files.write(source, OTHER);
                    ingest(true);
                }),
                new Step("drop", null, () -> store.drop(DatasetName.DEFAULT)));
        for (Step step : steps) {
            boolean complete = false;
            for (int at = 0; !complete; at++) {
                String what = step.name + ", killed at change " + at;
                open(Files.createDirectory(directory.resolve(step.name + at)));
                StoredFiles.put(store, source, true, 2, false);
                Files.write(source, AFTER);
                StoredFiles.put(store, source, true, 2, false);
                int before = disk.changeCount();
                disk.killAt(before + at);
                try {
                    step.change.make();
                } catch (StoreException _) {
                    // It was killed.
                }
                complete = disk.changeCount() <= before + at;
                disk.restart();
                step.change.make();
                EmbeddedStore left = storeAfterPowerCut();
                Optional<Manifest> current = left.current(DatasetName.DEFAULT);
                assertEquals(step.current != null, current.isPresent(), what);
                if (step.current != null) {
                    StoredFiles.assertHolds(left, current.orElseThrow(), step.current, what);
                }
            }
        }
    }
}
