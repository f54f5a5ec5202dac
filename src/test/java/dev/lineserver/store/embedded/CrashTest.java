package dev.lineserver.store.embedded;

import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import dev.lineserver.ingest.Ingest;
import dev.lineserver.ingest.Progress;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoredVersion;
import dev.lineserver.store.embedded.StoredFiles.Form;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Cuts the power or fails at every single change that the store makes to the disk, and checks the remaining files. */
final class CrashTest {
    private static final byte[] BEFORE = Samples.random(20, 50, 1);
    private static final byte[] AFTER = Samples.random(130, 20, 2);
    private static final int POWER_CUTS_PER_CHANGE = 3;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private Path before;
    private Path after;
    private final Set<Check> checked = new HashSet<>();

    @BeforeEach
    void sources() throws Exception {
        before = Files.write(directory.resolve("before"), BEFORE);
        after = Files.write(directory.resolve("after"), AFTER);
    }

    /** The versions of the dataset after a step, the highest number given, and the number of changes made by then. */
    private record Milestone(int changeCount, String versions, long lastNumber) {}

    private static Milestone milestone(LossyDisk disk, EmbeddedStore store, String versions, long lastNumber)
            throws Exception {
        assertEquals(versions, StoredFiles.describe(store));
        return new Milestone(disk.changeCount(), versions, lastNumber);
    }

    @ParameterizedTest
    @EnumSource
    void aPowerCutLeavesTheVersionsBeforeOrAfterAStep(Form form) throws Exception {
        Path root = Files.createDirectory(directory.resolve("root"));
        LossyDisk disk = new LossyDisk(root);
        EmbeddedStore store = new EmbeddedStore(root.resolve("new/data"), null, disk);
        List<Milestone> milestones = new ArrayList<>();
        milestones.add(new Milestone(0, "", 0));
        ingest(store, before, form);
        milestones.add(milestone(disk, store, "1 CURRENT, 1 given", 1));
        Files.write(before, BEFORE);
        Ingest.Outcome touched =
                new Ingest(store, Progress.SILENT).storeIfChanged(List.of(before.toString()), form.options());
        assertEquals(1, touched.manifest().version());
        milestones.add(milestone(disk, store, "1 CURRENT, 1 given", 1));
        StoredFiles.put(store, after, form, 2, false);
        milestones.add(milestone(disk, store, "1 KEPT, 2 CURRENT, 2 given", 2));
        StoredFiles.put(store, before, form, 2, true);
        milestones.add(milestone(disk, store, "1 KEPT, 2 CURRENT, 3 HELD, 3 given", 3));
        store.publish(DatasetName.DEFAULT, 1, Integer.MAX_VALUE);
        milestones.add(milestone(disk, store, "1 CURRENT, 2 KEPT, 3 HELD, 3 given", 3));
        store.publish(DatasetName.DEFAULT, 3, 2);
        milestones.add(milestone(disk, store, "1 KEPT, 3 CURRENT, 3 given", 3));
        store.drop(DatasetName.DEFAULT, 1);
        milestones.add(milestone(disk, store, "3 CURRENT, 3 given", 3));
        store.drop(DatasetName.DEFAULT);
        milestones.add(milestone(disk, store, "", 3));
        StoredFiles.put(store, after, form, 1, false);
        milestones.add(milestone(disk, store, "4 CURRENT, 4 given", 4));
        assertTrue(disk.changeCount() > 100, disk.changeCount() + " changes");

        long seed = new Random().nextLong();
        for (int step = 1; step < milestones.size(); step++) {
            Milestone last = milestones.get(step - 1);
            Milestone next = milestones.get(step);
            for (int changes = last.changeCount + 1; changes < next.changeCount; changes++) {
                assertPowerCutLeaves(disk, changes, seed, form, List.of(last, next));
            }
            assertPowerCutLeaves(disk, next.changeCount, seed, form, List.of(next));
        }
    }

    /**
     * Files that a power cut has left, and their check. The same files need it once.
     *
     * @param ingests true if another version is stored afterwards
     */
    private record Check(SortedMap<String, ByteBuffer> left, List<Milestone> possible, boolean ingests) {}

    private void assertPowerCutLeaves(LossyDisk disk, int changes, long seed, Form form, List<Milestone> possible)
            throws Exception {
        for (int cut = 0; cut < POWER_CUTS_PER_CHANGE; cut++) {
            Check check = new Check(disk.cutPower(changes, new Random(seed + cut)), possible, cut == 0);
            if (checked.add(check)) {
                Path left = directory.resolve("left-" + changes + "-" + cut);
                LossyDisk.write(check.left, left);
                assertLeft(check, left, form, "power cut " + cut + " after change " + changes + " of seed " + seed);
            }
        }
    }

    private void assertLeft(Check check, Path left, Form form, String what) throws Exception {
        Path data = left.resolve("new/data");
        try (EmbeddedStore store = new EmbeddedStore(data, null, new LossyDisk(left))) {
            String versions = StoredFiles.describe(store);
            List<Milestone> found = check.possible.stream()
                    .filter(milestone -> milestone.versions.equals(versions))
                    .toList();
            assertFalse(found.isEmpty(), what + ": " + versions);
            assertAllVersionsHoldTheirContent(store, what);
            if (check.ingests) {
                Manifest added = StoredFiles.put(store, after, form, 0, false);
                // No client may ever see two contents under one number.
                assertTrue(added.version() > found.getFirst().lastNumber, what + ": " + added);
                assertAllVersionsHoldTheirContent(store, what);
                assertNoLeftovers(store, data, what);
            }
        }
    }

    private static void assertAllVersionsHoldTheirContent(EmbeddedStore store, String what) throws Exception {
        Optional<DatasetVersions> versions = store.versions(DatasetName.DEFAULT);
        if (versions.isPresent()) {
            for (StoredVersion version : versions.get().versions()) {
                Manifest manifest = version.describe();
                byte[] content = manifest.byteCount() == BEFORE.length ? BEFORE : AFTER;
                StoredFiles.assertHolds(store, manifest, content, what);
            }
        }
    }

    private static void assertNoLeftovers(EmbeddedStore store, Path data, String what) throws Exception {
        DatasetVersions versions = store.versions(DatasetName.DEFAULT).orElseThrow();
        Stream<String> files = versions.versions().stream().map(version -> "v" + version.number());
        assertEquals(
                Stream.concat(files, Stream.of(VersionsOnDisk.NAME, VersionsOnDisk.COPY))
                        .sorted()
                        .toList(),
                names(data.resolve("default")),
                what);
        assertEquals(List.of("default", "default.lock"), names(data), what);
        assertEquals(List.of(), store.reclaim(true), what);
    }

    private static List<String> names(Path directory) throws Exception {
        try (Stream<Path> entries = Files.list(directory)) {
            return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @EnumSource
    void anIngestThatFailsAtAnyChangeLeavesThePreviousVersion(Form form) throws Exception {
        for (boolean forGood : new boolean[] {true, false}) {
            int failing = 0;
            while (!completesBefore(failing, forGood, form)) {
                failing++;
            }
            assertTrue(failing > 8, "only " + failing + " changes failed");
        }
    }

    /** Returns true if the ingest made fewer changes than the index of the failing one. */
    private boolean completesBefore(int failing, boolean forGood, Form form) throws Exception {
        Path data = directory.resolve("data-" + failing + forGood + form);
        String what = "change " + failing + " fails" + (forGood ? " and all later ones" : "");
        StoredFiles.put(new EmbeddedStore(data, null, new LossyDisk(directory)), before, form, 0, false);

        LossyDisk disk = new LossyDisk(directory, failing, forGood);
        boolean published;
        try {
            ingest(new EmbeddedStore(data, null, disk), after, form);
            published = true;
        } catch (StoreFailedException e) {
            assertTrue(e.getMessage().contains("No space left"), e.getMessage());
            published = false;
        }

        assertEquals(List.of(), openFiles(data), what);
        EmbeddedStore reopened = new EmbeddedStore(data, null, new LossyDisk(directory));
        Manifest newest = reopened.current(DatasetName.DEFAULT).orElseThrow();
        assertTrue(published ? newest.version() == 2 : forGood || newest.version() == 1, what);
        assertAllVersionsHoldTheirContent(reopened, what);
        StoredFiles.assertHolds(reopened, StoredFiles.put(reopened, after, form, 0, false), AFTER, what);
        assertNoLeftovers(reopened, data, what);
        return disk.changeCount() <= failing;
    }

    /** A change of the list of versions. */
    @FunctionalInterface
    private interface Step {
        void make(EmbeddedStore store) throws Exception;
    }

    @Test
    void aChangeOfTheVersionsThatFailsLeavesThemAsTheyWere() throws Exception {
        Map<String, Step> steps = Map.of(
                "1 CURRENT, 2 KEPT, 3 HELD, 3 given",
                store -> store.publish(DatasetName.DEFAULT, 1, Integer.MAX_VALUE),
                "3 CURRENT, 3 given",
                store -> store.publish(DatasetName.DEFAULT, 3, 1),
                "2 CURRENT, 3 HELD, 3 given",
                store -> store.drop(DatasetName.DEFAULT, 1),
                "1 KEPT, 2 CURRENT, 3 HELD, 4 HELD, 4 given",
                store -> StoredFiles.put(store, after, true, 1, true),
                "",
                store -> assertTrue(store.drop(DatasetName.DEFAULT)));
        for (Map.Entry<String, Step> step : steps.entrySet()) {
            for (boolean forGood : new boolean[] {true, false}) {
                int failing = 0;
                while (!completesBefore(step.getValue(), step.getKey(), failing, forGood)) {
                    failing++;
                }
                assertTrue(failing > 4, "only " + failing + " changes failed");
            }
        }
    }

    /** Returns true if the step made fewer changes than the index of the failing one. */
    private boolean completesBefore(Step step, String expected, int failing, boolean forGood) throws Exception {
        Path data = Files.createTempDirectory(directory, "data");
        String what = "change " + failing + " fails" + (forGood ? " and all later ones: " : ": ") + expected;
        EmbeddedStore stored = new EmbeddedStore(data, null, new LossyDisk(directory));
        StoredFiles.put(stored, before, true, 2, false);
        StoredFiles.put(stored, after, true, 2, false);
        StoredFiles.put(stored, before, true, 2, true);
        String unchanged = StoredFiles.describe(stored);

        LossyDisk disk = new LossyDisk(directory, failing, forGood);
        boolean failed = false;
        try {
            step.make(new EmbeddedStore(data, null, disk));
        } catch (StoreFailedException e) {
            assertTrue(e.getMessage().contains("No space left"), e.getMessage());
            failed = true;
        }
        EmbeddedStore reopened = new EmbeddedStore(data, null, new LossyDisk(directory));
        String versions = StoredFiles.describe(reopened);
        assertAllVersionsHoldTheirContent(reopened, what);
        // A disk on which everything fails cannot withdraw a change that it has not forced.
        boolean mayBeChanged = failed && forGood && versions.equals(expected);
        // A number that readers may have seen is not given again.
        assertEquals(
                withoutNumberGiven(failed && !mayBeChanged ? unchanged : expected), withoutNumberGiven(versions), what);
        reopened.reclaim(false);
        assertEquals(withoutNumberGiven(versions), withoutNumberGiven(StoredFiles.describe(reopened)), what);
        assertAllVersionsHoldTheirContent(reopened, what);
        return disk.changeCount() <= failing;
    }

    private static String withoutNumberGiven(String versions) {
        return versions.replaceFirst("[0-9]+ given", "given");
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

    private static Manifest ingest(EmbeddedStore store, Path file, Form form) throws Exception {
        return new Ingest(store, Progress.SILENT)
                .store(List.of(file.toString()), form.options())
                .manifest();
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

    @Test
    void aFullDiskIsNamedInTheMessage() {
        StoreFailedException e = assertThrows(
                StoreFailedException.class,
                () -> ingest(
                        new EmbeddedStore(directory.resolve("full"), null, new LossyDisk(directory, 3, true)),
                        after,
                        Form.COPY));
        assertTrue(e.getMessage().contains("--data-dir on a larger disk"), e.getMessage());
    }
}
