package dev.lineserver.ingest;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Plan;
import dev.lineserver.store.Retries;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

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
    private final RecordingStore store = new RecordingStore();
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

    private static Manifest versionOf(Path file) throws Exception {
        return new Manifest(
                DatasetName.DEFAULT, 1, Ingests.content(file), "source", "scripted", Instant.EPOCH, List.of());
    }

    private Ingest.Outcome store(boolean force) throws Exception {
        return ingest.store(List.of(file.toString()), Ingests.options(DatasetName.DEFAULT, false, force));
    }

    private Ingest.Outcome storeIfChanged(String source) throws Exception {
        return ingest.storeIfChanged(List.of(source), Ingests.options(DatasetName.DEFAULT, false, true));
    }

    private void assertStored(Ingest.Outcome outcome, String... before) {
        List<String> expected = new ArrayList<>(List.of(before));
        expected.addAll(List.of("begin", "publish", "close"));
        assertEquals(expected, store.calls);
        assertTrue(outcome.stored());
        assertEquals(3, outcome.manifest().lineCount());
        assertEquals(store.current, outcome.manifest());
    }

    private static Plan obstacles(String... obstacles) {
        return new Plan(List.of(), List.of(), List.of(obstacles));
    }

    /** Writes a text to a file, plain or compressed. */
    private Path write(String kind, byte[] text) throws Exception {
        byte[] bytes = switch (kind) {
            case "gzip" -> Archives.gzip(text);
            case "zstd" -> Archives.zstd(text);
            default -> text;
        };
        return Files.write(directory.resolve(kind), bytes);
    }

    @Test
    void aStoreThatRequiresAPlanGetsItBeforeAnythingIsStored() throws Exception {
        assertStored(store(false), "reclaim", "plan keep 0");
        assertEquals(3, Objects.requireNonNull(store.lastShape).lineCount());
    }

    @Test
    void aTextThatDoesNotFitIsRefusedAndNothingIsBegun() {
        store.plan = obstacles("it needs a disk", "it needs a node");
        StoreFailedException e = assertThrows(StoreFailedException.class, () -> store(false));
        assertEquals(
                file + " does not fit, and nothing was written: it needs a disk; it needs a node"
                        + " (use --force to store it without this check)",
                e.getMessage());
        assertEquals(List.of("reclaim", "plan keep 0"), store.calls);
    }

    private BuildStatus unfinished(DatasetName dataset, boolean running) {
        return new BuildStatus(
                dataset,
                1,
                file.toString(),
                TEXT.length,
                running,
                new Checkpoint(2, 8),
                0,
                Instant.EPOCH,
                Instant.EPOCH,
                Instant.EPOCH,
                List.of());
    }

    @Test
    void anUnfinishedBuildOfAnotherDatasetIsIgnored() throws Exception {
        store.unfinished = unfinished(new DatasetName("other"), false);
        assertStored(store(false), "reclaim", "plan keep 0");
    }

    private Ingest.Outcome store(IngestOptions.Unfinished unfinished, boolean running) throws Exception {
        store.unfinished = unfinished(DatasetName.DEFAULT, running);
        store.plan = obstacles("it needs a disk");
        return ingest.store(List.of(file.toString()), Ingests.options(DatasetName.DEFAULT, false, false, unfinished));
    }

    /** Its space is in use already. The store waits for a process that may still be alive. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aResumedBuildIsNotPlanned(boolean running) throws Exception {
        assertStored(store(IngestOptions.Unfinished.RESUME, running), "reclaim");
    }

    @Test
    void aDiscardedBuildIsReportedAlsoIfTheTextDoesNotFitThen() {
        assertThrows(StoreFailedException.class, () -> store(IngestOptions.Unfinished.RESTART, false));
        assertEquals(List.of("the unfinished ingest of default was discarded"), notes);
    }

    @Test
    void nothingIsPlannedByForceOrForAStoreThatRequiresNoPlan() throws Exception {
        store.plan = obstacles("it needs a disk");
        assertStored(store(true), "reclaim");
        store.calls.clear();
        store.requiresPlan = false;
        assertStored(store(false));
    }

    /** A plan would consume it. */
    @Test
    void standardInputIsNeitherPlannedNorCompared() throws Exception {
        store.current = versionOf(file);
        System.setIn(new ByteArrayInputStream(TEXT));
        assertStored(
                ingest.store(List.of(Source.STDIN), Ingests.options(DatasetName.DEFAULT, false, false)), "reclaim");
        store.calls.clear();
        System.setIn(new ByteArrayInputStream(TEXT));
        assertStored(storeIfChanged(Source.STDIN), "reclaim");
        assertEquals(-1, size);
        assertEquals(TEXT.length, positions.getLast());
    }

    @Test
    void aPlanReadsTheSourceAndStoresNothing() throws Exception {
        store.plan = obstacles("it needs a disk");
        assertEquals(
                store.plan,
                new Planning(store, false, 0, LinesPerRecord.ONE, false).ofWhole(List.of(file.toString()), this));
        assertEquals(List.of("plan keep 0"), store.calls);
        assertEquals(TEXT.length, positions.getLast());
    }

    private void assertKept(Manifest manifest, Ingest.Outcome outcome) {
        assertEquals(new Ingest.Outcome(manifest, false, false, false, Retries.NONE, Checkpoint.START), outcome);
    }

    @Test
    void aSourceThatTheStoreRecognisesIsNotStored() throws Exception {
        Manifest recognised = versionOf(file);
        store.unchanged = Optional.of(recognised);
        assertKept(recognised, storeIfChanged(file.toString()));
        assertEquals(List.of(), store.calls);
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "gzip", "zstd"})
    void aSourceWithTheNewestContentIsStoredOnlyIfTheStoreCannotReuseIt(String kind) throws Exception {
        Manifest newest = versionOf(file);
        store.current = newest;
        String source = write(kind, TEXT).toString();
        assertKept(newest, storeIfChanged(source));
        assertEquals(List.of("reuse 1"), store.calls);
        store.calls.clear();
        store.reusable = false;
        assertStored(storeIfChanged(source), "reuse 1", "reclaim");
    }

    @Test
    void anotherContentIsStored() throws Exception {
        assertStored(storeIfChanged(file.toString()), "reclaim");
        for (String other : List.of("one\ntwo\nthrEE\n", "one\ntwo\nthree\n\n")) {
            store.calls.clear();
            store.current = versionOf(Files.writeString(directory.resolve("other"), other));
            assertStored(storeIfChanged(file.toString()), "reclaim");
        }
    }

    @Test
    void aDamagedVersionIsReportedAndReplaced() throws Exception {
        store.currentFailure = new StoreFailedException("the manifest is damaged");
        assertStored(storeIfChanged(file.toString()), "reclaim");
        assertEquals(List.of("the manifest is damaged"), notes);
    }

    @Test
    void anUnavailableStoreEndsTheIngest() {
        StoreUnavailableException failure = new StoreUnavailableException("no node answers");
        store.currentFailure = failure;
        assertSame(failure, assertThrows(StoreUnavailableException.class, () -> storeIfChanged(file.toString())));
        assertEquals(List.of(), store.calls);
    }

    /** A display of the progress reaches 100 % exactly at the end, also if the source is unpacked. */
    @ParameterizedTest
    @ValueSource(strings = {"plain", "gzip", "zstd"})
    void progressGrowsUpToTheSizeOfTheSource(String kind) throws Exception {
        byte[] text = ascii("a line of some length\n".repeat(100_000));
        file = write(kind, text);
        assertTrue(store(true).stored());
        assertEquals(positions.stream().sorted().toList(), positions);
        assertTrue(positions.size() > 5, positions.toString());
        assertFalse(positions.contains(-1L));
        assertEquals(Files.size(file), positions.getLast());
        assertEquals(Files.size(file), size);
        assertEquals(100_000, lines);
    }
}
