package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.SortedMap;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.store.DatasetName;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.Leftover;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoredVersion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * A process is killed, or the power fails, at any change; and then the versions file or its copy is lost or damaged. No
 * published version may be lost, and no number that a reader has seen may be given again.
 */
final class LostListTest {
    /** A process that is killed loses no change. */
    private static final Random EVERYTHING_IS_KEPT = new Random() {
        @Override
        public boolean nextBoolean() {
            return true;
        }

        @Override
        public int nextInt(int bound) {
            return bound - 1;
        }
    };

    /** A power cut loses every change that was not forced. */
    private static final Random NOTHING_IS_KEPT = new Random() {
        @Override
        public boolean nextBoolean() {
            return false;
        }
    };

    private static final int MAX_KEPT = Integer.MAX_VALUE;
    private static final int POWER_CUTS_PER_CHANGE = 3;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private Path root;
    private Path source;
    private final Map<Long, byte[]> contents = new HashMap<>();
    private final Set<Check> checked = new HashSet<>();
    private int contentCount;

    @BeforeEach
    void open() throws Exception {
        root = Files.createDirectory(directory.resolve("root"));
        source = directory.resolve("source");
    }

    /** Writes other bytes to the source. */
    private byte[] nextContent() throws Exception {
        byte[] content = Samples.random(30, 12, ++contentCount);
        Files.write(source, content);
        return content;
    }

    /** Each way to lose one of the two files. */
    private enum Loss {
        NONE {
            @Override
            void apply(Path file, Random random) {
                // Both files are whole.
            }
        },
        MISSING {
            @Override
            void apply(Path file, Random random) throws Exception {
                Files.deleteIfExists(file);
            }
        },
        EMPTY {
            @Override
            void apply(Path file, Random random) throws Exception {
                if (Files.exists(file)) {
                    Files.write(file, new byte[0]);
                }
            }
        },
        CHANGED {
            @Override
            void apply(Path file, Random random) throws Exception {
                if (Files.exists(file)) {
                    byte[] bytes = Files.readAllBytes(file);
                    bytes[random.nextInt(bytes.length)] ^= 1;
                    Files.write(file, bytes);
                }
            }
        };

        abstract void apply(Path file, Random random) throws Exception;

        static Loss any(Random random) {
            return values()[random.nextInt(values().length)];
        }
    }

    /** A change of the list of versions. */
    @FunctionalInterface
    private interface Step {
        void make(EmbeddedStore store) throws Exception;
    }

    private List<Step> steps() {
        return List.of(
                store -> put(store, 2, false),
                store -> put(store, 2, true),
                store -> store.publish(DatasetName.DEFAULT, 2, MAX_KEPT),
                store -> put(store, 1, false),
                store -> put(store, 2, true),
                store -> store.drop(DatasetName.DEFAULT, 4),
                store -> assertTrue(store.drop(DatasetName.DEFAULT)),
                store -> put(store, 2, false));
    }

    private void put(EmbeddedStore store, int keep, boolean hold) throws Exception {
        byte[] content = nextContent();
        // Also if the process is stopped before it returns the number.
        contents.put(contents.size() + 1L, content);
        assertEquals(
                contents.size(),
                StoredFiles.put(store, source, true, keep, hold).version());
    }

    private static EmbeddedStore reopen(Path root) {
        return new EmbeddedStore(root.resolve("data"), null, new LossyDisk(root));
    }

    private static long lastGiven(String versions) {
        return versions.isEmpty() ? 0 : Long.parseLong(versions.replaceFirst(".*, ([0-9]+) given", "$1"));
    }

    /** Returns the versions without the last number: {@code "1 KEPT, 2 CURRENT"}. */
    private static String listed(String versions) {
        return versions.replaceFirst("(, )?[0-9]+ given", "");
    }

    @ParameterizedTest
    @ValueSource(strings = {VersionsOnDisk.NAME, VersionsOnDisk.COPY})
    void noVersionIsLostAndNoNumberIsGivenTwiceAfterACrashAndTheLossOfAFile(String lost) throws Exception {
        LossyDisk disk = new LossyDisk(root);
        EmbeddedStore store = new EmbeddedStore(root.resolve("data"), null, disk);
        List<Integer> ends = new ArrayList<>(List.of(0));
        List<String> states = new ArrayList<>(List.of(""));
        for (Step step : steps()) {
            step.make(store);
            ends.add(disk.changeCount());
            states.add(listed(StoredFiles.describe(store)));
        }
        assertEquals("5 CURRENT", states.getLast());
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        long seen = 0;
        for (int step = 1; step < ends.size(); step++) {
            for (int changes = ends.get(step - 1) + 1; changes <= ends.get(step); changes++) {
                List<String> possible =
                        changes == ends.get(step) ? List.of(states.get(step)) : states.subList(step - 1, step + 1);
                SortedMap<String, ByteBuffer> files = disk.cutPower(changes, EVERYTHING_IS_KEPT);
                Path killed = write(files);
                seen = Math.max(seen, lastGiven(StoredFiles.describe(reopen(killed))));
                String what = "after change " + changes + " of seed " + seed;
                if (checked.add(new Check(files, possible, seen, true))) {
                    Loss loss = Loss.any(random);
                    if (!reopen(killed).reclaim(true).isEmpty()) {
                        Path reclaimed = write(files);
                        List<Leftover> _ = reopen(reclaimed).reclaim(false);
                        assertNothingIsLost(reclaimed, lost, loss, random, possible, seen, "reclaimed " + what);
                    }
                    assertNothingIsLost(killed, lost, loss, random, possible, seen, "killed " + what);
                }
                for (int cut = 0; cut < POWER_CUTS_PER_CHANGE; cut++) {
                    files = disk.cutPower(changes, new Random(random.nextLong()));
                    if (checked.add(new Check(files, possible, seen, true))) {
                        Loss loss = Loss.any(random);
                        assertNothingIsLost(write(files), lost, loss, random, possible, seen, "power cut " + what);
                    }
                }
                files = disk.cutPower(changes, NOTHING_IS_KEPT);
                if (checked.add(new Check(files, possible, seen, false))) {
                    assertNothingIsLost(write(files), lost, Loss.NONE, random, possible, seen, "undone " + what);
                }
            }
        }
        assertEquals(5, seen);
    }

    /**
     * Files that a crash has left, and their check. The same files need it once.
     *
     * @param possible the versions, of which one text must be found
     * @param seen the highest number that a reader has seen
     * @param loses true if one of the two files may be lost
     */
    private record Check(SortedMap<String, ByteBuffer> left, List<String> possible, long seen, boolean loses) {}

    private Path write(SortedMap<String, ByteBuffer> files) throws IOException {
        Path left = Files.createTempDirectory(directory, "left");
        LossyDisk.write(files, left);
        return left;
    }

    private void assertNothingIsLost(
            Path left, String lost, Loss loss, Random random, List<String> possible, long seen, String crash)
            throws Exception {
        String what = crash + ", " + lost + " is " + loss;
        try (EmbeddedStore store = reopen(left)) {
            String visible = listed(describeOrRefuse(store));
            loss.apply(left.resolve("data/default").resolve(lost), random);
            String before = listed(describeOrRefuse(store));
            if (seen == 0 && before.endsWith("; ingest the file again to replace it")) {
                // The process had written only one of the two files of a new dataset.
                before = "";
            }
            // What a reader has seen since the crash is not undone.
            boolean isOld = visible.equals(possible.getLast()) && !before.equals(visible);
            assertTrue(possible.contains(before) && !isOld, what + ": " + before + " instead of " + visible);
            if (!before.isEmpty()) {
                assertContents(store, what);
            }
            byte[] content = nextContent();
            Manifest added = StoredFiles.put(store, source, true, MAX_KEPT, false);
            assertTrue(added.version() > seen, what + ": number " + added.version() + " was given before");
            StoredFiles.assertHolds(store, added, content, what);
            String after = listed(StoredFiles.describe(store)) + ",";
            for (String version : before.isEmpty()
                    ? new String[0]
                    : before.replace("CURRENT", "KEPT").split(", ")) {
                assertTrue(after.contains(version + ","), what + ": " + before + " became " + after);
            }
        }
    }

    /** What keeps a process from completing its change. */
    enum Stop {
        KILL {
            @Override
            void at(int change, LossyDisk disk) {
                disk.killAt(change);
            }
        },
        INTERRUPT {
            @Override
            void at(int change, LossyDisk disk) {
                disk.interruptAt(change);
            }
        };

        abstract void at(int change, LossyDisk disk);
    }

    /**
     * A process is stopped at any change of a step, the next one removes the files that no version needs, and then the power
     * fails. The list that the next process reads may not be durable.
     */
    @ParameterizedTest
    @EnumSource(Stop.class)
    void noListedVersionIsDeletedBeforeAPowerCutThatFollowsAStop(Stop stop) throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        List<Step> removals = List.of(
                store -> put(store, 1, false),
                store -> store.drop(DatasetName.DEFAULT, 1),
                store -> assertTrue(store.drop(DatasetName.DEFAULT)));
        LossyDisk disk = new LossyDisk(root);
        EmbeddedStore store = new EmbeddedStore(root.resolve("data"), null, disk);
        put(store, MAX_KEPT, false);
        put(store, MAX_KEPT, false);
        int before = disk.changeCount();
        SortedMap<String, ByteBuffer> stored = disk.cutPower(before, EVERYTHING_IS_KEPT);
        for (int step = 0; step < removals.size(); step++) {
            boolean complete = false;
            for (int at = 0; !complete; at++) {
                String what = stop + " at change " + at + " of step " + step + " of seed " + seed;
                stop.at(before + at, disk);
                try {
                    removals.get(step).make(store);
                } catch (StoreException _) {
                    // It was stopped.
                }
                // A stop after the removal of a version is only logged.
                complete = disk.changeCount() < before + at;
                disk.restart();
                int stopped = disk.changeCount();
                List<Leftover> _ = store.reclaim(false);
                for (int changes = stopped; changes <= disk.changeCount(); changes++) {
                    Path left = write(disk.cutPower(changes, new Random(random.nextLong())));
                    try (EmbeddedStore restarted = reopen(left)) {
                        assertContents(restarted, what + ", power cut after change " + changes);
                    }
                }
                disk.forget(before);
                new Disk().deleteTree(root.resolve("data"));
                LossyDisk.write(stored, root);
                contents.keySet().removeIf(number -> number > 2);
            }
        }
    }

    private static String describeOrRefuse(EmbeddedStore store) throws Exception {
        try {
            return StoredFiles.describe(store);
        } catch (StoreFailedException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private void assertContents(EmbeddedStore store, String what) throws Exception {
        for (StoredVersion version : store.versions(DatasetName.DEFAULT)
                .map(DatasetVersions::versions)
                .orElse(List.of())) {
            StoredFiles.assertHolds(
                    store, version.describe(), Objects.requireNonNull(contents.get(version.number())), what);
        }
    }

    /** Each process is killed anywhere in its change, and whenever both files are whole, one of them may be lost. */
    @Test
    void noNumberHasTwoContentsHoweverManyProcessesAreKilled() throws Exception {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        for (int round = 0; round < 12; round++) {
            Path dataset = root.resolve("data/default");
            Map<Long, Content> seen = new HashMap<>();
            for (int step = 0; step < 25; step++) {
                String what = "step " + step + " of round " + round + " of seed " + seed;
                EmbeddedStore killed = new EmbeddedStore(
                        root.resolve("data"), null, new LossyDisk(root, random.nextInt(random.nextInt(1, 60)), true));
                makeRandomStep(killed, random);
                observe(seen, what);
                VersionsOnDisk files = new VersionsOnDisk(dataset, new Disk());
                if (random.nextInt(3) == 0 && areBothWhole(dataset)) {
                    String before = files.find().versions().toString();
                    String lost = random.nextBoolean() ? VersionsOnDisk.NAME : VersionsOnDisk.COPY;
                    Loss.any(random).apply(dataset.resolve(lost), random);
                    observe(seen, what + ", " + lost + " of " + before + " is lost");
                }
            }
            new Disk().deleteTree(root.resolve("data"));
        }
    }

    /** Bytes of a version, as an object with equality. */
    private record Content(String digest) {}

    private static boolean areBothWhole(Path dataset) {
        return Stream.of(VersionsOnDisk.NAME, VersionsOnDisk.COPY).allMatch(name -> {
            try {
                return VersionsFile.read(dataset.resolve(name)).last() >= 0;
            } catch (IOException _) {
                return false;
            }
        });
    }

    private void makeRandomStep(EmbeddedStore killed, Random random) throws Exception {
        List<Long> numbers = killed.versions(DatasetName.DEFAULT).stream()
                .flatMap(versions -> versions.versions().stream())
                .map(StoredVersion::number)
                .toList();
        long any = numbers.isEmpty() ? 1 : numbers.get(random.nextInt(numbers.size()));
        try {
            switch (random.nextInt(8)) {
                case 0 -> killed.publish(DatasetName.DEFAULT, any, random.nextInt(1, 4));
                case 1 -> killed.drop(DatasetName.DEFAULT, any);
                case 2 -> killed.drop(DatasetName.DEFAULT);
                case 3 -> killed.reclaim(false);
                default -> {
                    nextContent();
                    StoredFiles.put(killed, source, true, random.nextInt(1, 4), random.nextInt(3) == 0);
                }
            }
        } catch (StoreFailedException e) {
            // It was killed, or there was nothing to change.
            assertTrue(
                    e.getMessage().matches("(?s).*(No space left|is current|has no version|no dataset).*"),
                    e::toString);
        }
    }

    /** Reads all versions, and compares each with what readers saw under its number before. */
    private void observe(Map<Long, Content> seen, String what) throws Exception {
        EmbeddedStore store = reopen(root);
        if (store.versions(DatasetName.DEFAULT).isPresent()) {
            for (StoredVersion version :
                    store.versions(DatasetName.DEFAULT).orElseThrow().versions()) {
                Manifest manifest = version.describe();
                Content content = new Content(manifest.content().digest().toString());
                Content before = seen.putIfAbsent(manifest.version(), content);
                assertTrue(before == null || before.equals(content), what + ": version " + manifest.version());
                store.open(manifest).close();
            }
        }
    }
}
