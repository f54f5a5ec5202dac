package dev.lineserver.store.embedded;

import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.ingest.Ingest;
import dev.lineserver.ingest.Progress;
import dev.lineserver.store.Await;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Cuts the power at every single change that the store makes to the disk, and checks the remaining files. */
final class CrashTest {
    private static final byte[] BEFORE = Samples.random(300, 50, 1);
    private static final byte[] AFTER = Samples.random(400, 50, 2);
    private static final int POWER_CUTS_PER_CHANGE = 8;

    @TempDir
    Path directory;

    private Path before;
    private Path after;

    @BeforeEach
    void sources() throws Exception {
        before = Files.write(directory.resolve("before"), BEFORE);
        after = Files.write(directory.resolve("after"), AFTER);
    }

    /** The content of a dataset after a step, and the number of changes made by then. */
    private record Milestone(int changeCount, Optional<byte[]> content) {}

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPowerCutLeavesTheVersionBeforeOrAfterAStep(boolean copy) throws Exception {
        Path root = Files.createDirectory(directory.resolve("root"));
        LossyDisk disk = new LossyDisk(root);
        EmbeddedStore store = new EmbeddedStore(root.resolve("new/data"), null, disk);
        List<Milestone> milestones = new ArrayList<>();
        milestones.add(new Milestone(0, Optional.empty()));
        ingest(store, before, copy);
        milestones.add(new Milestone(disk.changeCount(), Optional.of(BEFORE)));
        Files.write(before, BEFORE);
        Ingest.Outcome touched =
                new Ingest(store, Progress.SILENT).storeIfChanged(before.toString(), DatasetName.DEFAULT, copy, false);
        assertEquals(1, touched.manifest().version());
        milestones.add(new Milestone(disk.changeCount(), Optional.of(BEFORE)));
        ingest(store, after, copy);
        milestones.add(new Milestone(disk.changeCount(), Optional.of(AFTER)));
        store.drop(DatasetName.DEFAULT);
        milestones.add(new Milestone(disk.changeCount(), Optional.empty()));
        assertTrue(disk.changeCount() > 50, disk.changeCount() + " changes");

        long seed = new Random().nextLong();
        for (int step = 1; step < milestones.size(); step++) {
            Milestone last = milestones.get(step - 1);
            Milestone next = milestones.get(step);
            for (int changes = last.changeCount + 1; changes < next.changeCount; changes++) {
                assertPowerCutLeaves(disk, changes, seed, copy, List.of(last.content, next.content));
            }
            assertPowerCutLeaves(disk, next.changeCount, seed, copy, List.of(next.content));
        }
    }

    private void assertPowerCutLeaves(
            LossyDisk disk, int changes, long seed, boolean copy, List<Optional<byte[]>> expected) throws Exception {
        for (int cut = 0; cut < POWER_CUTS_PER_CHANGE; cut++) {
            Path left = directory.resolve("left-" + changes + "-" + cut);
            disk.cutPower(changes, new Random(seed + cut), left);
            String what = "power cut " + cut + " after change " + changes + " of seed " + seed;
            Path data = left.resolve("new/data");
            EmbeddedStore store = new EmbeddedStore(data, null, new LossyDisk(left));
            assertHoldsOneOf(store, expected, what);
            if (cut == 0) {
                assertHolds(store, ingest(store, after, copy), AFTER, what);
                assertNoLeftovers(store, data, what);
            }
        }
    }

    private static void assertHoldsOneOf(EmbeddedStore store, List<Optional<byte[]>> expected, String what)
            throws Exception {
        List<DatasetListing> listed = store.datasets();
        if (listed.isEmpty()) {
            assertTrue(expected.contains(Optional.<byte[]>empty()), what + ": the dataset is lost");
            return;
        }
        Manifest manifest = assertInstanceOf(DatasetListing.Described.class, listed.getFirst(), () -> what + listed)
                .newest();
        byte[] content = expected.stream()
                .flatMap(Optional::stream)
                .filter(bytes -> bytes.length == manifest.byteCount())
                .findFirst()
                .orElseThrow(() -> new AssertionError(what + ": " + manifest));
        assertHolds(store, manifest, content, what);
    }

    static void assertNoLeftovers(EmbeddedStore store, Path data, String what) throws Exception {
        long newest = store.newest(DatasetName.DEFAULT).orElseThrow().version();
        assertEquals(List.of("v" + newest), names(data.resolve("default")), what);
        assertEquals(List.of("default", "default.lock"), names(data), what);
    }

    private static List<String> names(Path directory) throws Exception {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    static Manifest ingest(EmbeddedStore store, Path file, boolean copy) throws Exception {
        return new Ingest(store, Progress.SILENT)
                .store(file.toString(), DatasetName.DEFAULT, copy, false)
                .manifest();
    }

    static void assertHolds(EmbeddedStore store, Manifest manifest, byte[] content, String what) throws Exception {
        List<byte[]> lines = Samples.linesOf(content);
        assertEquals(lines.size(), manifest.lineCount(), what);
        try (Snapshot snapshot = store.open(manifest)) {
            for (int i = 0; i < lines.size(); i++) {
                Lookup.Found found = assertInstanceOf(Lookup.Found.class, Await.result(snapshot.lookup(i)), what);
                assertArrayEquals(lines.get(i), found.line(), what);
            }
        }
    }

    /** The other tests replace the disk, so they cannot detect that the real one does not force. */
    @Test
    void theRealDiskForcesFilesAndDirectories() throws Exception {
        FileChannel closed = FileChannel.open(before, StandardOpenOption.WRITE);
        closed.close();
        assertThrows(ClosedChannelException.class, () -> new Disk().force(closed));
        List<FileChannel> forced = new ArrayList<>();
        Disk counting = new Disk() {
            @Override
            void force(FileChannel channel) {
                forced.add(channel);
            }
        };
        counting.forceDirectory(directory);
        assertEquals(1, forced.size());
    }
}
