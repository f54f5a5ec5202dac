package dev.lineserver.ingest;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.LineBatch;
import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.Leftover;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Plan;
import dev.lineserver.store.Retries;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.StoredVersion;
import dev.lineserver.store.TextShape;

import static dev.lineserver.ingest.Archives.ascii;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What an ingest plans, compares and stores, with a store that a test scripts. */
final class IngestDecisionsTest implements Progress {
    private static final byte[] TEXT = ascii("one\ntwo\nthree\n");

    @TempDir
    Path directory;

    private final InputStream standardInput = System.in;
    private final PlanningStore store = new PlanningStore();
    private final Ingest ingest = new Ingest(store, this);
    private final List<String> notes = new ArrayList<>();
    private final List<Long> positions = new ArrayList<>();
    private long size;
    private long lines;
    private Path file = Path.of("unset");

    @BeforeEach
    void write() throws Exception {
        file = Files.write(directory.resolve("file"), TEXT);
    }

    @AfterEach
    void restoreStandardInput() {
        System.setIn(standardInput);
    }

    @Override
    public void update(long position, long size, long lines) {
        positions.add(position);
        this.size = size;
        this.lines = lines;
    }

    @Override
    public void note(String text) {
        notes.add(text);
    }

    /** Answers as a test scripts it, and records the calls that plan or store. */
    private static final class PlanningStore implements LineStore, Build {
        final List<String> calls = new ArrayList<>();
        boolean requiresPlan = true;
        List<String> obstacles = List.of();
        Optional<Manifest> newest = Optional.empty();
        Optional<Manifest> unchanged = Optional.empty();
        boolean reusable = true;
        Checkpoint added = new Checkpoint(0, 0);

        @Nullable
        StoreException failure;

        @Override
        public Optional<DatasetVersions> versions(DatasetName dataset) throws StoreException {
            if (failure != null) {
                throw failure;
            }
            return newest.map(current -> new DatasetVersions(
                    dataset, List.of(StoredVersion.of(StoredVersion.State.CURRENT, current)), current.version(), 0));
        }

        @Override
        public boolean requiresPlan() {
            return requiresPlan;
        }

        @Override
        public Optional<Manifest> findUnchanged(BuildRequest request) {
            return unchanged;
        }

        @Override
        public boolean reuse(Manifest newest, BuildRequest request) {
            calls.add("reuse " + newest.version());
            return reusable;
        }

        @Override
        public Build begin(BuildRequest request) {
            calls.add("begin");
            added = new Checkpoint(0, 0);
            return this;
        }

        @Override
        public void add(LineBatch batch) {
            calls.add("add " + batch.count());
            added = new Checkpoint(batch.firstLineIndex() + batch.count(), batch.firstByteOffset() + batch.byteCount());
        }

        @Override
        public Manifest commit(Content content, ContentDigest.Tree blocks, List<Manifest.Part> files) {
            assertEquals(content.digest(), blocks.digest());
            calls.add("commit " + content.lineCount());
            return manifest(2, content);
        }

        @Override
        public List<Leftover> reclaim(boolean dryRun) {
            return List.of();
        }

        @Override
        public Manifest publish(DatasetName dataset, long version, int keep) {
            throw new AssertionError("an ingest must not call this");
        }

        @Override
        public void drop(DatasetName dataset, long version) {
            throw new AssertionError("an ingest must not call this");
        }

        @Override
        public Plan plan(TextShape shape, int keep, LinesPerRecord linesPerRecord) {
            calls.add("plan " + shape.lineCount());
            return new Plan(List.of(), List.of(), obstacles);
        }

        @Override
        public void close() {
            calls.add("close");
        }

        @Override
        public Checkpoint checkpoint() {
            return added;
        }

        @Override
        public List<DatasetListing> datasets() {
            throw new AssertionError("an ingest must not call this");
        }

        @Override
        public Snapshot open(Manifest manifest) {
            throw new AssertionError("an ingest must not call this");
        }

        @Override
        public boolean drop(DatasetName dataset) {
            throw new AssertionError("an ingest must not call this");
        }
    }

    private static Manifest manifest(long version, Content content) {
        return new Manifest(DatasetName.DEFAULT, version, content, "source", "scripted", Instant.EPOCH);
    }

    private static Content content(Path file) throws Exception {
        try (Source source = Source.open(file.toString())) {
            return new SourceReader(source, Progress.SILENT).read(_ -> {});
        }
    }

    private Ingest.Outcome store(boolean force) throws Exception {
        return ingest.store(List.of(file.toString()), Ingests.options(DatasetName.DEFAULT, false, force));
    }

    private Ingest.Outcome storeIfChanged(String source) throws Exception {
        return ingest.storeIfChanged(List.of(source), Ingests.options(DatasetName.DEFAULT, false, true));
    }

    private void assertStored(Ingest.Outcome outcome, String... before) {
        List<String> expected = new ArrayList<>(List.of(before));
        expected.addAll(List.of("begin", "add 3", "commit 3", "close"));
        assertEquals(expected, store.calls);
        assertTrue(outcome.stored());
        assertEquals(2, outcome.manifest().version());
    }

    @Test
    void aStoreThatRequiresAPlanGetsItBeforeAnythingIsStored() throws Exception {
        assertStored(store(false), "plan 3");
    }

    @Test
    void aTextThatDoesNotFitIsRefusedAndNothingIsBegun() {
        store.obstacles = List.of("it needs a disk", "it needs a node");
        StoreFailedException e = assertThrows(StoreFailedException.class, () -> store(false));
        assertEquals(
                file + " does not fit, and nothing was written: it needs a disk; it needs a node"
                        + " (use --force to store it without this check)",
                e.getMessage());
        assertEquals(List.of("plan 3"), store.calls);
    }

    @Test
    void nothingIsPlannedByForceOrForAStoreThatRequiresNoPlan() throws Exception {
        store.obstacles = List.of("it needs a disk");
        assertStored(store(true));
        store.calls.clear();
        store.requiresPlan = false;
        assertStored(store(false));
    }

    /** A plan would consume it. */
    @Test
    void standardInputIsNeitherPlannedNorCompared() throws Exception {
        store.newest = Optional.of(manifest(1, content(file)));
        System.setIn(new ByteArrayInputStream(TEXT));
        assertStored(ingest.store(List.of(Source.STDIN), Ingests.options(DatasetName.DEFAULT, false, false)));
        store.calls.clear();
        System.setIn(new ByteArrayInputStream(TEXT));
        assertStored(storeIfChanged(Source.STDIN));
        assertEquals(-1, size);
        assertEquals(TEXT.length, positions.getLast());
    }

    @Test
    void aPlanReadsTheSourceAndStoresNothing() throws Exception {
        store.obstacles = List.of("it needs a disk");
        assertEquals(
                store.obstacles,
                new Planning(store, false, 0, LinesPerRecord.ONE, false)
                        .ofWhole(List.of(file.toString()), this)
                        .obstacles());
        assertEquals(List.of("plan 3"), store.calls);
        assertEquals(TEXT.length, positions.getLast());
    }

    @Test
    void aSourceThatTheStoreRecognisesIsNotStored() throws Exception {
        Manifest recognised = manifest(1, content(file));
        store.unchanged = Optional.of(recognised);
        assertEquals(
                new Ingest.Outcome(recognised, false, false, false, Retries.NONE, Checkpoint.START),
                storeIfChanged(file.toString()));
        assertEquals(List.of(), store.calls);
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "gzip", "zstd"})
    void aSourceWithTheNewestContentIsStoredOnlyIfTheStoreCannotReuseIt(String kind) throws Exception {
        Manifest newest = manifest(1, content(file));
        store.newest = Optional.of(newest);
        Path source = Files.write(
                directory.resolve(kind),
                switch (kind) {
                    case "gzip" -> Archives.gzip(TEXT);
                    case "zstd" -> Archives.zstd(TEXT);
                    default -> TEXT;
                });
        assertEquals(
                new Ingest.Outcome(newest, false, false, false, Retries.NONE, Checkpoint.START),
                storeIfChanged(source.toString()));
        assertEquals(List.of("reuse 1"), store.calls);
        store.calls.clear();
        store.reusable = false;
        assertStored(storeIfChanged(source.toString()), "reuse 1");
    }

    @Test
    void anotherContentIsStored() throws Exception {
        assertStored(storeIfChanged(file.toString()));
        for (String other : List.of("one\ntwo\nthrEE\n", "one\ntwo\nthree\n\n")) {
            store.calls.clear();
            store.newest = Optional.of(manifest(1, content(Files.writeString(directory.resolve("other"), other))));
            assertStored(storeIfChanged(file.toString()));
        }
    }

    @Test
    void aDamagedVersionIsReportedAndReplaced() throws Exception {
        store.failure = new StoreFailedException("the manifest is damaged");
        assertStored(storeIfChanged(file.toString()));
        assertEquals(List.of("the manifest is damaged"), notes);
    }

    @Test
    void anUnavailableStoreEndsTheIngest() {
        StoreUnavailableException failure = new StoreUnavailableException("no node answers");
        store.failure = failure;
        assertSame(failure, assertThrows(StoreUnavailableException.class, () -> storeIfChanged(file.toString())));
        assertEquals(List.of(), store.calls);
    }

    /** A display of the progress reaches 100 % exactly at the end, also if the source is unpacked. */
    @ParameterizedTest
    @ValueSource(strings = {"plain", "gzip", "zstd"})
    void progressGrowsUpToTheSizeOfTheSource(String kind) throws Exception {
        byte[] text = ascii("a line of some length\n".repeat(100_000));
        file = Files.write(
                directory.resolve(kind),
                switch (kind) {
                    case "gzip" -> Archives.gzip(text);
                    case "zstd" -> Archives.zstd(text);
                    default -> text;
                });
        assertTrue(store(true).stored());
        assertEquals(positions.stream().sorted().toList(), positions);
        assertTrue(positions.size() > 5, positions.toString());
        assertFalse(positions.contains(-1L));
        assertEquals(Files.size(file), positions.getLast());
        assertEquals(Files.size(file), size);
        assertEquals(100_000, lines);
    }
}
