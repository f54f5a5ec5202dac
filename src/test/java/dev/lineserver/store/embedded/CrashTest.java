package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.ingest.Await;
import dev.lineserver.ingest.Ingest;
import dev.lineserver.ingest.Progress;
import dev.lineserver.ingest.Source;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreFailedException;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Ends the world at every single change that an ingest makes to the disk, and looks at what is left. */
final class CrashTest {
    private static final byte[] BEFORE = Samples.random(300, 50, 1);
    private static final byte[] AFTER = Samples.random(400, 50, 2);

    @TempDir
    Path directory;

    /** Nothing is changed from a given step on, as after a power cut; or one step fails, as on a full disk. */
    private static final class FailingDisk extends Disk {
        private final int failing;
        private final boolean forGood;
        private int steps;

        FailingDisk(int failing, boolean forGood) {
            this.failing = failing;
            this.forGood = forGood;
        }

        @Override
        void step(String change) throws IOException {
            int now = steps++;
            if (forGood ? now >= failing : now == failing) {
                throw new IOException("No space left on device (" + change + ")");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theLastVersionIsServedWhereverAnIngestEnds(boolean copy) throws Exception {
        for (boolean forGood : new boolean[] {true, false}) {
            int failing = 0;
            while (!survives(failing, forGood, copy)) {
                failing++;
            }
            assertTrue(failing > 8, "only " + failing + " steps were tried");
        }
    }

    /** Whether the ingest came through: no step was left to fail. */
    private boolean survives(int failing, boolean forGood, boolean copy) throws Exception {
        Path data = directory.resolve("data-" + failing + forGood + copy);
        Path before = Files.write(directory.resolve("before"), BEFORE);
        Path after = Files.write(directory.resolve("after"), AFTER);
        ingest(EmbeddedStore.open(data), before, copy);

        FailingDisk disk = new FailingDisk(failing, forGood);
        boolean published;
        try {
            ingest(EmbeddedStore.open(data, disk), after, copy);
            published = true;
        } catch (StoreFailedException e) {
            assertTrue(e.getMessage().contains("No space left"), e.getMessage());
            published = false;
        }

        EmbeddedStore reopened = EmbeddedStore.open(data);
        Manifest newest = reopened.newest(DatasetName.DEFAULT).orElseThrow();
        assertTrue(!published || newest.version() == 2, "step " + failing);
        assertHolds(reopened, newest, newest.version() == 1 ? BEFORE : AFTER);
        try (Stream<Path> entries = Files.list(data.resolve("default"))) {
            assertEquals(
                    List.of("v" + newest.version()),
                    entries.map(entry -> entry.getFileName().toString()).toList(),
                    "leftovers after step " + failing);
        }
        assertHolds(reopened, ingest(reopened, after, copy), AFTER);
        return disk.steps <= failing;
    }

    private static Manifest ingest(EmbeddedStore store, Path file, boolean copy) throws Exception {
        try (Source source = Source.open(file.toString())) {
            return new Ingest(store, Progress.SILENT)
                    .store(source, DatasetName.DEFAULT, copy)
                    .manifest();
        }
    }

    private static void assertHolds(EmbeddedStore store, Manifest manifest, byte[] content) throws Exception {
        List<byte[]> lines = Samples.linesOf(content);
        assertEquals(lines.size(), manifest.lineCount());
        try (Snapshot snapshot = store.open(manifest)) {
            for (int i = 0; i < lines.size(); i++) {
                Lookup.Found found = assertInstanceOf(Lookup.Found.class, Await.result(snapshot.lookup(i)));
                assertArrayEquals(lines.get(i), found.line());
            }
        }
    }

    @Test
    void aFullDiskIsNamedInTheMessage() {
        StoreFailedException e = assertThrows(
                StoreFailedException.class,
                () -> ingest(
                        EmbeddedStore.open(directory.resolve("full"), new FailingDisk(3, true)),
                        Files.write(directory.resolve("x"), AFTER),
                        true));
        assertTrue(e.getMessage().contains("--data-dir on a larger disk"), e.getMessage());
    }
}
