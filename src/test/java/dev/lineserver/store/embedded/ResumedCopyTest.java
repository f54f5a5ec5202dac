package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

import dev.lineserver.ingest.Ingest;
import dev.lineserver.ingest.IngestOptions;
import dev.lineserver.ingest.Progress;
import dev.lineserver.ingest.PublicationChecks;
import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Leftover;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.embedded.StoredFiles.Form;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Ends builds that copy their source, and resumes them. */
final class ResumedCopyTest {
    private static final int CHECKPOINT_BYTES = 50_000;

    /** Each core has some blocks in work before the first one is written. */
    private static final int LINES = (40 + 4 * Runtime.getRuntime().availableProcessors()) * SeekTable.BLOCK_BYTES / 26;

    private static final byte[] TEXT = Samples.random(LINES, 100, 1);
    private static final int MOST = TEXT.length / 10 * 9;
    private static final int STOPS = 30;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private Path file;
    private Path root;

    @BeforeEach
    void source() throws Exception {
        file = Files.write(directory.resolve("text"), TEXT);
        root = Files.createDirectory(directory.resolve("root"));
    }

    private static LossyDisk disk(Path root) {
        return new LossyDisk(root).withCheckpoints(CHECKPOINT_BYTES);
    }

    private static EmbeddedStore store(Path root, Disk disk) {
        return new EmbeddedStore(root.resolve("data"), null, disk);
    }

    private Build begin(EmbeddedStore store, Form form, boolean resume) throws Exception {
        return store.begin(StoredFiles.request(file, form, 1, false, resume));
    }

    private static void assertStored(EmbeddedStore store, Manifest manifest, String what) throws Exception {
        StoredFiles.assertHolds(store, manifest, TEXT, what);
        assertEquals(List.of(), store.builds(), what);
        assertEquals(List.of(), store.reclaim(true), what);
    }

    /** Stores most of the text, and suspends the build. */
    private Checkpoint suspend(EmbeddedStore store, Form form) throws Exception {
        try (Build build = begin(store, form, false)) {
            StoredFiles.add(build, TEXT, MOST);
            return build.suspend().orElseThrow();
        }
    }

    /** Resumes a copy that a killed process or a power cut has left, if it is long enough. */
    private boolean resumes(Path left, Form form, String what) throws Exception {
        try (EmbeddedStore store = store(left, disk(left))) {
            List<BuildStatus> unfinished = store.builds();
            try (Build build = begin(store, form, true)) {
                Checkpoint from = unfinished.isEmpty()
                        ? Checkpoint.START
                        : unfinished.getFirst().stored();
                assertEquals(from, build.resumedFrom(), what);
                StoredFiles.add(build, TEXT, TEXT.length);
                assertStored(store, StoredFiles.commit(build, TEXT), what);
            }
            return !unfinished.isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "IN_PLACE")
    void aCopyKilledAtAnyMomentIsResumedAlsoAfterAPowerCut(Form form) throws Exception {
        LossyDisk whole = disk(root);
        StoredFiles.put(store(root, whole), file, form, 1, false);
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        int resumed = 0;
        for (int stop = 0; stop < STOPS; stop++) {
            // The last changes are those of the commit.
            int change = stop < STOPS / 2
                    ? whole.changeCount() - 1 - 2 * stop
                    : random.nextInt(whole.changeCount() / 10, whole.changeCount());
            String what = "change " + change + " of seed " + seed;
            Path killed = Files.createDirectory(directory.resolve("killed" + stop));
            LossyDisk disk = disk(killed);
            disk.killAt(change);
            assertThrows(StoreException.class, () -> StoredFiles.put(store(killed, disk), file, form, 1, false), what);
            Path cut = directory.resolve("cut" + stop);
            disk.cutPower(Math.min(change, disk.changeCount()), random, cut);
            resumed += resumes(killed, form, what) ? 1 : 0;
            resumed += resumes(cut, form, "power cut, " + what) ? 1 : 0;
        }
        assertTrue(resumed > STOPS / 2, resumed + " copies were resumed: seed " + seed);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "IN_PLACE")
    void whatIsStoredIsNotWrittenAgainAndKeepsItsForm(Form form) throws Exception {
        Checkpoint stored;
        try (EmbeddedStore store = store(root, disk(root))) {
            stored = suspend(store, form);
            assertEquals(
                    List.of(stored),
                    store.builds().stream().map(BuildStatus::stored).toList());
            assertFalse(store.builds().getFirst().running());
        }
        assertTrue(stored.byteOffset() > TEXT.length / 2, stored::toString);
        LossyDisk disk = disk(root);
        EmbeddedStore store = store(root, disk);
        // The request has another form: that of the unfinished build counts.
        try (Build build = begin(store, Form.IN_PLACE, true)) {
            assertEquals(stored, build.checkpoint());
            StoredFiles.add(build, TEXT, MOST / 2);
            assertEquals(stored, build.checkpoint(), "it does not move back");
            assertTrue(store.builds().getFirst().running());
            long written = disk.writtenBytes();
            assertTrue(written < TEXT.length / 20, () -> written + " bytes");
        }
        try (Build build = begin(store, Form.IN_PLACE, true)) {
            StoredFiles.add(build, TEXT, TEXT.length);
            Manifest manifest = StoredFiles.commit(build, TEXT);
            assertEquals(form == Form.COMPRESSED ? "embedded-4-zstd" : "embedded-4", manifest.layout());
            assertStored(store, manifest, "resumed twice");
        }
        assertTrue(disk.writtenBytes() < TEXT.length / 2, () -> disk.writtenBytes() + " bytes");
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "IN_PLACE")
    void anotherSourceIsRefusedAndWhatIsStoredStays(Form form) throws Exception {
        EmbeddedStore store = store(root, disk(root));
        Checkpoint stored = suspend(store, form);
        byte[] other = TEXT.clone();
        other[0] ^= 1;
        assertRefused(store, form, other, "the source is not that of the unfinished ingest: its first ");
        other = TEXT.clone();
        other[(int) stored.byteOffset() - 2] ^= 1;
        assertRefused(store, form, other, "the source is not that of the unfinished ingest: its first ");
        assertRefused(store, form, Samples.random(10, 10, 1), " bytes, and the source of the unfinished ingest had ");
        StoreFailedException refused = assertThrows(
                StoreFailedException.class, () -> begin(store, form, false).close());
        assertTrue(
                refused.getMessage().contains(" ended before it was complete, and ")
                        && refused.getMessage()
                                .endsWith("Continue it with --resume, or begin again with ingest --restart"),
                refused::getMessage);
        assertEquals(stored, store.builds().getFirst().stored());
        Files.write(file, TEXT);
        assertTrue(resumes(root, form, "refused before"));
    }

    private void assertRefused(EmbeddedStore store, Form form, byte[] content, String message) throws Exception {
        Files.write(file, content);
        StoreFailedException refused = assertThrows(StoreFailedException.class, () -> {
            try (Build build = begin(store, form, true)) {
                StoredFiles.add(build, content, content.length);
                StoredFiles.commit(build, content);
            }
        });
        assertTrue(refused.getMessage().contains(message), refused::getMessage);
        assertFalse(store.builds().getFirst().running());
    }

    /** A pipe has no size. */
    @Test
    void aPipeThatEndsBeforeTheStoredLinesIsRefused() throws Exception {
        EmbeddedStore store = store(root, disk(root));
        suspend(store, Form.COPY);
        byte[] less = Arrays.copyOf(TEXT, TEXT.length / 3);
        BuildRequest pipe =
                new BuildRequest(DatasetName.DEFAULT, "-", null, true, 1, false, LinesPerRecord.ONE, false, true);
        StoreFailedException refused = assertThrows(StoreFailedException.class, () -> {
            try (Build build = store.begin(pipe)) {
                StoredFiles.add(build, less, less.length);
                StoredFiles.commit(build, less);
            }
        });
        assertTrue(refused.getMessage().startsWith("the source is not that of the unfinished"), refused::getMessage);
        assertEquals(1, store.builds().size());
    }

    @Test
    void anUnfinishedCopyIsDiscardedDroppedOrReclaimedAfterADay() throws Exception {
        EmbeddedStore store = store(root, disk(root));
        suspend(store, Form.COMPRESSED);
        assertEquals(List.of(), store.reclaim(false));
        assertTrue(store.discardBuild(DatasetName.DEFAULT));
        assertFalse(store.discardBuild(DatasetName.DEFAULT));
        assertEquals(List.of(), store.builds());
        assertFalse(Files.exists(root.resolve("data/default")), "nothing is left");

        suspend(store, Form.COPY);
        assertTrue(store.drop(DatasetName.DEFAULT));
        assertEquals(List.of(), store.builds());

        suspend(store, Form.COPY);
        Path progress = root.resolve("data/default/building-1").resolve(BuildFile.NAME);
        BuildFile build = BuildFile.read(progress);
        for (int hours : new int[] {23, 25}) {
            new Disk().replaceFile(progress, aged(build, Duration.ofHours(hours), build.holder()));
            assertEquals(
                    hours < 24 ? List.of() : List.of("its build did not finish"),
                    store.reclaim(hours < 24).stream().map(Leftover::reason).toList());
        }
        assertEquals(List.of(), store.builds());
        assertStored(store, StoredFiles.put(store, file, Form.COPY, 1, false), "after the reclaim");
    }

    private static ByteBuffer aged(BuildFile build, Duration age, @Nullable String holder) throws Exception {
        return ChecksummedJson.bytes(new BuildFile(
                build.layout(),
                build.source(),
                build.sourceSize(),
                build.compressed(),
                build.lines(),
                build.bytes(),
                build.tableChecksum(),
                build.digest(),
                build.startedAt(),
                build.resumedAt(),
                build.resumedFrom(),
                Instant.now().minus(age),
                holder));
    }

    /** The source of what is stored may take longer to read than the rest of the day. */
    @Test
    void aResumedCopyIsKeptForAnotherDayHoweverFarItComes() throws Exception {
        Checkpoint stored = suspend(store(root, disk(root)), Form.COPY);
        Path progress = root.resolve("data/default/building-1").resolve(BuildFile.NAME);
        Duration almost = Duration.ofHours(24).minusSeconds(30);
        new Disk().replaceFile(progress, aged(BuildFile.read(progress), almost, null));
        LossyDisk full = disk(root);
        EmbeddedStore onFullDisk = store(root, full);
        try (Build build = begin(onFullDisk, Form.COPY, true)) {
            StoredFiles.add(build, TEXT, MOST / 2);
            full.killAt(full.changeCount());
            assertEquals(Optional.of(stored), build.suspend(), "nothing must be written");
        }
        assertTrue(BuildFile.read(progress).activeAt().isAfter(Instant.now().minus(Duration.ofHours(1))));
        assertTrue(resumes(root, Form.COPY, "suspended early"));
    }

    /** The store does not remove what is not its own, and could not publish a version that it cannot remove. */
    @Test
    void aCopyBesideForeignFilesIsNeitherResumedNorDiscarded() throws Exception {
        EmbeddedStore store = store(root, disk(root));
        suspend(store, Form.COPY);
        Path foreign = Files.write(root.resolve("data/default/building-1/notes.txt"), new byte[1]);
        String message = root.resolve("data/default/building-1")
                + " holds other things than an unfinished version; remove these, or all of it";
        for (boolean resume : new boolean[] {true, false}) {
            StoreFailedException refused = assertThrows(
                    StoreFailedException.class,
                    () -> begin(store, Form.COPY, resume).close());
            assertEquals(message, refused.getMessage());
        }
        StoreFailedException kept =
                assertThrows(StoreFailedException.class, () -> store.discardBuild(DatasetName.DEFAULT));
        assertEquals(message, kept.getMessage());
        Files.delete(foreign);
        assertTrue(resumes(root, Form.COPY, "without the other file"));
    }

    @Test
    void aDropLeavesADirectoryThatWasNeverABuild() throws Exception {
        EmbeddedStore store = store(root, disk(root));
        try (Build build = begin(store, Form.COPY, false)) {
            StoredFiles.add(build, TEXT, TEXT.length);
            assertStored(store, StoredFiles.commit(build, TEXT), "the first version");
        }
        Path foreign =
                Files.createDirectories(root.resolve("data/default/building-2")).resolve("notes.txt");
        Files.write(foreign, new byte[1]);
        assertTrue(store.drop(DatasetName.DEFAULT));
        assertEquals(List.of(), store.datasets());
        assertTrue(Files.exists(foreign));
    }

    /** A complete copy has nothing left from which a build could be resumed. */
    @ParameterizedTest
    @EnumSource
    void anInterruptDoesNotEndAPublication(Form form) throws Exception {
        Thread caller = Thread.currentThread();
        Disk interrupting = new Disk() {
            @Override
            void forceDirectory(Path forced) throws IOException {
                if (forced.getFileName().toString().equals("building-1")
                        && Files.exists(forced.resolve(ManifestFile.NAME))) {
                    caller.interrupt();
                }
                super.forceDirectory(forced);
            }
        };
        EmbeddedStore store = store(root, interrupting);
        Manifest manifest = StoredFiles.put(store, file, form, 1, false);
        assertTrue(Thread.interrupted());
        assertStored(store, manifest, "interrupted");
        assertEquals("1 CURRENT, 1 given", StoredFiles.describe(store));
    }

    @Test
    void littleIsNotKeptAndNeitherIsACopyThatTheDiskRefused() throws Exception {
        EmbeddedStore store = store(root, new LossyDisk(root));
        try (Build build = begin(store, Form.COPY, false)) {
            StoredFiles.add(build, TEXT, MOST);
            assertEquals(Optional.empty(), build.suspend());
        }
        assertFalse(Files.exists(root.resolve("data/default")), "nothing is left");

        LossyDisk full = new LossyDisk(root, 150, false).withCheckpoints(CHECKPOINT_BYTES);
        EmbeddedStore onFullDisk = store(root, full);
        try (Build build = begin(onFullDisk, Form.COPY, false)) {
            assertThrows(StoreFailedException.class, () -> StoredFiles.add(build, TEXT, TEXT.length));
            assertEquals(1, onFullDisk.builds().size());
            assertEquals(Optional.empty(), build.suspend());
        }
        assertEquals(List.of(), onFullDisk.builds());
        assertFalse(Files.exists(root.resolve("data/default")), "nothing is left");
    }

    @Test
    void aCopyThatLostItsFilesCannotBeResumed() throws Exception {
        EmbeddedStore store = store(root, disk(root));
        Path building = root.resolve("data/default/building-1");
        for (String name : List.of(CopyProgress.TABLE, DatasetDirectory.COMPRESSED_LINES, DatasetDirectory.LINES)) {
            Form form = name.equals(DatasetDirectory.LINES) ? Form.COPY : Form.COMPRESSED;
            boolean _ = store.discardBuild(DatasetName.DEFAULT);
            suspend(store, form);
            Files.write(building.resolve(name), new byte[10]);
            StoreFailedException refused = assertThrows(
                    StoreFailedException.class, () -> begin(store, form, true).close());
            assertTrue(
                    refused.getMessage().contains(" is too short; begin again with ingest --restart"),
                    refused::getMessage);
        }
        Files.write(building.resolve(BuildFile.NAME), new byte[10]);
        assertEquals(List.of(), store.builds());
        assertStored(store, StoredFiles.put(store, file, Form.COPY, 1, false), "a damaged file counts for nothing");
    }

    @Test
    void aDamagedTableCannotBeResumed() throws Exception {
        EmbeddedStore store = store(root, disk(root));
        suspend(store, Form.COMPRESSED);
        Path table = root.resolve("data/default/building-1").resolve(CopyProgress.TABLE);
        byte[] bytes = Files.readAllBytes(table);
        bytes[SeekTable.UNFINISHED_ENTRY_BYTES - 1] ^= 1;
        Files.write(table, bytes);
        StoreFailedException refused = assertThrows(
                StoreFailedException.class,
                () -> begin(store, Form.COMPRESSED, true).close());
        assertTrue(refused.getMessage().contains("table is damaged; begin again with "), refused::getMessage);
    }

    @Test
    void buildsAreListedBesideADatasetOfANewerProgramAndWithoutTheirProcess() throws Exception {
        EmbeddedStore store = store(root, disk(root));
        suspend(store, Form.COPY);
        Path progress = root.resolve("data/default/building-1").resolve(BuildFile.NAME);
        BuildFile suspended = BuildFile.read(progress);
        new Disk().replaceFile(progress, aged(suspended, Duration.ZERO, "a process of an unknown system"));
        VersionsFile newer = new VersionsFile("versions-9", List.of(1L), List.of(), 1);
        Path other = Files.createDirectory(root.resolve("data/another"));
        new Disk().replaceFile(other.resolve(VersionsOnDisk.NAME), ChecksummedJson.bytes(newer));
        assertEquals(1, store.builds().size());
        assertFalse(store.builds().getFirst().running(), "nobody holds the lock");
    }

    /** The files of a build that is rolled back must not come back when its lock is released. */
    @Test
    void theCloseOfAnInterruptedThreadWaitsForTheBackground() throws Exception {
        CountDownLatch forced = new CountDownLatch(1);
        Disk slow = new Disk() {
            @Override
            long checkpointBytes() {
                return CHECKPOINT_BYTES;
            }

            @Override
            void force(FileChannel channel) throws IOException {
                if (Thread.currentThread().getName().equals("background-disk")) {
                    boolean _ = await(forced);
                }
                super.force(channel);
            }
        };
        EmbeddedStore store = store(root, slow);
        Build build = begin(store, Form.COPY, false);
        StoredFiles.add(build, TEXT, CHECKPOINT_BYTES * 3 / 2);
        Thread closing = Thread.ofPlatform().start(() -> {
            Thread.currentThread().interrupt();
            build.close();
        });
        assertFalse(closing.join(Duration.ofMillis(300)), "it does not wait");
        closing.interrupt();
        forced.countDown();
        assertTrue(closing.join(Duration.ofSeconds(30)));
        assertEquals(List.of(), store.builds());
        assertFalse(Files.exists(root.resolve("data/default")), "nothing is left");
    }

    private static boolean await(CountDownLatch latch) {
        try {
            return latch.await(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private IngestOptions options(Form form, IngestOptions.Unfinished unfinished) {
        return new IngestOptions(
                DatasetName.DEFAULT,
                form == Form.COPY,
                false,
                1,
                false,
                LinesPerRecord.ONE,
                form == Form.COMPRESSED,
                null,
                PublicationChecks.NONE,
                unfinished);
    }

    /** Interrupts an ingest while files are made durable in the background. */
    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "IN_PLACE")
    void anInterruptedIngestIsResumed(Form form) throws Exception {
        Disk disk = new Disk() {
            @Override
            long checkpointBytes() {
                return CHECKPOINT_BYTES;
            }
        };
        EmbeddedStore store = store(root, disk);
        Thread caller = Thread.currentThread();
        Progress interrupting = (position, _, _) -> {
            if (position > TEXT.length / 2) {
                caller.interrupt();
            }
        };
        Ingest ingest = new Ingest(store, interrupting);
        Exception interruption = assertThrows(
                Exception.class,
                () -> ingest.store(List.of(file.toString()), options(form, IngestOptions.Unfinished.REFUSE)));
        assertTrue(Thread.interrupted() || interruption instanceof InterruptedException, interruption::toString);
        assertTrue(ingest.isSuspended(), ingest.state());
        Ingest.Outcome resumed = new Ingest(store, Progress.SILENT)
                .store(List.of(file.toString()), options(form, IngestOptions.Unfinished.RESUME));
        assertTrue(resumed.resumedFrom().lineIndex() > 0);
        assertStored(store, resumed.manifest(), "resumed");
    }
}
