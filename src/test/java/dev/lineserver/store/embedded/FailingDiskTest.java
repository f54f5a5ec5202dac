package dev.lineserver.store.embedded;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.StoreFailedException;

import static dev.lineserver.store.embedded.CrashTest.assertHolds;
import static dev.lineserver.store.embedded.CrashTest.assertNoLeftovers;
import static dev.lineserver.store.embedded.CrashTest.ingest;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Fails every single change that the store makes to the disk, as a full disk does, and checks the remaining files. */
final class FailingDiskTest {
    private static final byte[] BEFORE = Samples.random(30, 50, 1);
    private static final byte[] AFTER = Samples.random(40, 50, 2);

    @TempDir
    Path directory;

    private Path before = Path.of("unset");
    private Path after = Path.of("unset");

    @BeforeEach
    void sources() throws Exception {
        before = Files.write(directory.resolve("before"), BEFORE);
        after = Files.write(directory.resolve("after"), AFTER);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anIngestThatFailsAtAnyChangeLeavesThePreviousVersion(boolean copy) throws Exception {
        for (boolean forGood : new boolean[] {true, false}) {
            int failing = 0;
            while (!completesBefore(failing, forGood, copy)) {
                failing++;
            }
            assertTrue(failing > 8, "only " + failing + " changes failed");
        }
    }

    /** Returns true if the ingest made fewer changes than the index of the failing one. */
    private boolean completesBefore(int failing, boolean forGood, boolean copy) throws Exception {
        Path data = directory.resolve("data-" + failing + forGood + copy);
        String what = "change " + failing + " fails" + (forGood ? " and all later ones" : "");
        ingest(new EmbeddedStore(data, null, new LossyDisk(directory)), before, copy);

        LossyDisk disk = new LossyDisk(directory, failing, forGood);
        boolean published;
        try {
            ingest(new EmbeddedStore(data, null, disk), after, copy);
            published = true;
        } catch (StoreFailedException e) {
            assertTrue(e.getMessage().contains("No space left"), e.getMessage());
            published = false;
        }

        assertEquals(List.of(), openFiles(data), what);
        EmbeddedStore reopened = new EmbeddedStore(data, null, new LossyDisk(directory));
        Manifest newest = reopened.newest(DatasetName.DEFAULT).orElseThrow();
        assertTrue(published ? newest.version() == 2 : forGood || newest.version() == 1, what);
        assertHolds(reopened, newest, newest.version() == 1 ? BEFORE : AFTER, what);
        assertHolds(reopened, ingest(reopened, after, copy), AFTER, what);
        assertNoLeftovers(reopened, data, what);
        return disk.changeCount() <= failing;
    }

    /** Returns the files below a directory that this process has open. */
    private static List<Path> openFiles(Path below) throws Exception {
        List<Path> open = new ArrayList<>();
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            for (Path descriptor : descriptors.toList()) {
                if (Files.isSymbolicLink(descriptor)) {
                    open.add(Files.readSymbolicLink(descriptor));
                }
            }
        }
        return open.stream().filter(file -> file.startsWith(below)).toList();
    }

    @Test
    void aFullDiskIsNamedInTheMessage() {
        StoreFailedException e = assertThrows(
                StoreFailedException.class,
                () -> ingest(
                        new EmbeddedStore(directory.resolve("full"), null, new LossyDisk(directory, 3, true)),
                        after,
                        true));
        assertTrue(e.getMessage().contains("--data-dir on a larger disk"), e.getMessage());
    }

    /** The dataset stays, or is gone; its lock is released, and the next drop removes what is left. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aDropThatFailsAtAnyChangeCanBeRepeated(boolean forGood) throws Exception {
        boolean completed = false;
        for (int failing = 0; !completed; failing++) {
            Path data = directory.resolve("data-" + failing);
            ingest(new EmbeddedStore(data, null, new LossyDisk(directory)), before, true);
            LossyDisk disk = new LossyDisk(directory, failing, forGood);
            try {
                completed =
                        new EmbeddedStore(data, null, disk).drop(DatasetName.DEFAULT) && disk.changeCount() <= failing;
            } catch (StoreFailedException e) {
                assertTrue(e.getMessage().startsWith("cannot drop dataset default: "), e.getMessage());
            }
            EmbeddedStore reopened = new EmbeddedStore(data, null, new LossyDisk(directory));
            Manifest manifest = ingest(reopened, after, true);
            assertHolds(reopened, manifest, AFTER, "change " + failing);
            assertNoLeftovers(reopened, data, "change " + failing);
            assertTrue(reopened.drop(DatasetName.DEFAULT));
            assertFalse(reopened.drop(DatasetName.DEFAULT));
        }
    }
}
