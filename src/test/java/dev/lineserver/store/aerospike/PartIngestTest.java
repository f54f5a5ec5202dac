package dev.lineserver.store.aerospike;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import com.aerospike.client.Key;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.lineserver.ingest.Ingest;
import dev.lineserver.ingest.IngestOptions;
import dev.lineserver.ingest.Ingests;
import dev.lineserver.ingest.Progress;
import dev.lineserver.ingest.PublicationChecks;
import dev.lineserver.ingest.SourceException;
import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.Limits;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.Content;
import dev.lineserver.store.IngestPart;
import dev.lineserver.store.IngestRate;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.PartBuild;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Stores a file by several ingests at the same time, each with a client of its own. */
final class PartIngestTest extends FakeNodeTest {
    @TempDir
    Path directory;

    /** Lines of 0 to 60 bytes, and a few that need several records. */
    private static byte[] content(Random random, int lines) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (int i = 0; i < lines; i++) {
            int length = random.nextInt(3_000) == 0 ? Limits.WHOLE_LINE_BYTES + random.nextInt(99) : random.nextInt(60);
            content.writeBytes((i + "x".repeat(length)).getBytes(StandardCharsets.US_ASCII));
            content.write('\n');
        }
        return content.toByteArray();
    }

    private static IngestOptions options(int linesPerRecord, boolean hold, IngestOptions.Unfinished unfinished) {
        return options(linesPerRecord, false, hold, unfinished, null);
    }

    private static IngestOptions options(
            int linesPerRecord,
            boolean compress,
            boolean hold,
            IngestOptions.Unfinished unfinished,
            @Nullable IngestRate rate) {
        return new IngestOptions(
                NAME,
                false,
                true,
                0,
                hold,
                new LinesPerRecord(linesPerRecord),
                compress,
                rate,
                PublicationChecks.NONE,
                unfinished);
    }

    /** Options of an ingest that is checked, and planned unless its space is in use already. */
    private static IngestOptions planned(PublicationChecks checks, IngestOptions.Unfinished unfinished) {
        return new IngestOptions(NAME, false, false, 0, false, LinesPerRecord.ONE, false, null, checks, unfinished);
    }

    private AerospikeStore connectPart() throws StoreException {
        return connect(settings()
                .recordsPerBatch(100)
                .grace(Duration.ZERO)
                .patience(AerospikeSettings.WriteLimits.DEFAULT.deadline()));
    }

    private Ingest.Outcome ingest(Path file, String part, IngestOptions options, Progress progress) throws Exception {
        try (AerospikeStore store = connectPart()) {
            return new Ingest(store, progress).storePart(List.of(file.toString()), IngestPart.parse(part), options);
        }
    }

    private static <T> List<T> together(List<Callable<T>> tasks) throws Exception {
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            List<T> results = new ArrayList<>();
            for (Future<T> result : threads.invokeAll(tasks)) {
                results.add(result.get());
            }
            return results;
        }
    }

    private List<Ingest.Outcome> all(Path file, int parts, IngestOptions options) throws Exception {
        List<Callable<Ingest.Outcome>> tasks = new ArrayList<>();
        for (int part = 1; part <= parts; part++) {
            String name = part + "/" + parts;
            tasks.add(() -> ingest(file, name, options, Progress.SILENT));
        }
        return together(tasks);
    }

    private void assertStored(byte[] content, Manifest manifest) throws Exception {
        AerospikeStore store = connect(settings());
        assertEquals(List.of(), store.builds());
        assertEquals(content.length, manifest.byteCount());
        try (Snapshot snapshot = store.open(manifest)) {
            ContractCommit.assertHoldsAll(snapshot, content);
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1,false", "2,1,false", "7,1,false", "1,16,true", "2,0,true", "7,16,false"})
    void partsStoreOneVersion(int parts, int linesPerRecord, boolean compress) throws Exception {
        byte[] content = content(new Random(parts + linesPerRecord), 9_000);
        Path file = Files.write(directory.resolve("text"), content);
        List<Ingest.Outcome> outcomes =
                all(file, parts, options(linesPerRecord, compress, false, IngestOptions.Unfinished.REFUSE, null));
        Manifest manifest = connect(settings()).current(NAME).orElseThrow();
        assertEquals(1, manifest.version());
        assertEquals(compress, LineLayout.of(manifest).compressed());
        long lines = 0;
        for (Ingest.Outcome outcome : outcomes) {
            assertEquals(manifest, outcome.manifest());
            // A part that came after the end has found the version.
            assertEquals(outcome.share() != null, outcome.stored());
            assertEquals(0, outcome.resumedFrom().lineIndex(), "no part has resumed an unfinished ingest");
            lines += outcome.share() == null ? 0 : outcome.share().lines();
        }
        assertEquals(9_000, lines);
        assertStored(content, manifest);
        assertEquals(List.of(), connect(settings()).reclaim(true), "the count of records includes those of long lines");
    }

    @Test
    void oneOfThemVerifiesAHeldVersion() throws Exception {
        byte[] content = content(new Random(7), 4_000);
        Path file = Files.write(directory.resolve("text"), content);
        List<Ingest.Outcome> outcomes = all(file, 2, options(1, true, IngestOptions.Unfinished.REFUSE));
        assertTrue(outcomes.stream().allMatch(Ingest.Outcome::held));
        assertEquals(1, outcomes.stream().filter(Ingest.Outcome::verified).count());
        assertTrue(connect(settings()).current(NAME).isEmpty());
        assertStored(content, outcomes.getFirst().manifest());
    }

    /** Two versions have the same content. */
    @Test
    void aLatePartReportsTheHeldVersionIfItWouldHoldOne() throws Exception {
        Path file = Files.write(directory.resolve("text"), content(new Random(7), 1_000));
        Manifest published = all(file, 1, options(1, false, IngestOptions.Unfinished.REFUSE))
                .getFirst()
                .manifest();
        IngestOptions hold = options(1, true, IngestOptions.Unfinished.REFUSE);
        Manifest held = all(file, 1, hold).getFirst().manifest();
        assertEquals(published.version() + 1, held.version());
        assertEquals(held, all(file, 1, hold).getFirst().manifest());
    }

    @Test
    void aLatePartReportsTheHeldVersionOfItsContent() throws Exception {
        List<Ingest.Outcome> outcomes = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Path file = Files.write(directory.resolve("text" + i % 2), content(new Random(i % 2), 500));
            outcomes.addAll(all(file, 1, options(1, true, IngestOptions.Unfinished.REFUSE)));
        }
        for (int i = 0; i < 2; i++) {
            assertTrue(outcomes.get(i).verified());
            assertEquals(outcomes.get(i).manifest(), outcomes.get(i + 2).manifest());
        }
    }

    @Test
    void aPartIsCheckedAndPlannedUnlessItResumes() throws Exception {
        Path file = Files.write(directory.resolve("text"), content(new Random(15), 9_000));
        IngestOptions.Unfinished refuse = IngestOptions.Unfinished.REFUSE;
        SourceException failed = assertThrows(
                SourceException.class,
                () -> ingest(file, "1/2", planned(new PublicationChecks(5L, null, null), refuse), Progress.SILENT));
        assertTrue(failed.getMessage().startsWith("--expect-lines: "), failed.getMessage());
        node.info.diskBytes = 1_000;
        assertRefused(file, "1/2", planned(PublicationChecks.NONE, refuse), "does not fit");
        assertInstanceOf(InterruptedException.class, interruptedAt(4_000, file, "1/2", options(1, false, refuse)));
        assertTrue(
                ingest(file, "2/2", planned(PublicationChecks.NONE, IngestOptions.Unfinished.RESUME), Progress.SILENT)
                        .stored());
    }

    /** The lines of a version that is stored or in progress use the space that a plan would ask for. */
    @Test
    void aPartIsPlannedOnlyIfItBeginsTheVersion() throws Exception {
        Path file = Files.write(directory.resolve("text"), content(new Random(16), 2_000));
        IngestOptions planned = planned(PublicationChecks.NONE, IngestOptions.Unfinished.REFUSE);
        BuildRequest request = new BuildRequest(NAME, "text", null, false, 0, false, LinesPerRecord.ONE, false, false);
        Content content = Ingests.content(file);
        AerospikeStore store = connect(settings());
        List<PartBuild> other = new ArrayList<>();
        Progress beginningTheOther = new Progress() {
            @Override
            public void update(long position, long size, long lines) {}

            @Override
            public void note(String text) {
                assertEquals("counting the lines", text);
                try {
                    other.add(store.join(request, new IngestPart(1, 2), content).orElseThrow());
                } catch (StoreException e) {
                    throw new AssertionError(e);
                }
                node.info.diskBytes = 1_000;
            }
        };
        assertTrue(ingest(file, "2/2", planned, beginningTheOther).stored());
        assertEquals(1, other.size());
        other.getFirst().close();
        assertFalse(ingest(file, "2/2", planned, Progress.SILENT).stored());
    }

    /** Interrupts one of two parts in the middle; the other one stores all lines. Then the interrupted one is run again. */
    @Test
    void aPartThatIsInterruptedIsReplacedByTheOther() throws Exception {
        byte[] content = content(new Random(8), 9_000);
        Path file = Files.write(directory.resolve("text"), content);
        IngestOptions slow = options(1, false, false, IngestOptions.Unfinished.REFUSE, new IngestRate(20_000, false));
        List<Object> results = together(List.of(
                () -> ingest(file, "1/2", slow, Progress.SILENT), () -> interruptedAt(3_000, file, "2/2", slow)));
        Ingest.Outcome outcome = assertInstanceOf(Ingest.Outcome.class, results.getFirst());
        assertInstanceOf(InterruptedException.class, results.getLast());
        assertTrue(outcome.stored());
        assertStored(content, outcome.manifest());
        Ingest.Outcome late = ingest(file, "2/2", options(1, false, IngestOptions.Unfinished.RESUME), Progress.SILENT);
        assertFalse(late.stored());
        assertEquals(outcome.manifest(), late.manifest());
    }

    private Object interruptedAt(long lines, Path file, String part, IngestOptions options) {
        try {
            return ingest(file, part, options, (_, _, stored) -> {
                if (stored > lines) {
                    Thread.currentThread().interrupt();
                }
            });
        } catch (Exception e) {
            boolean _ = Thread.interrupted();
            return e instanceof InterruptedException || e instanceof StoreException ? new InterruptedException() : e;
        }
    }

    @Test
    void partsThatAllEndedAreResumedAndNothingElseIs() throws Exception {
        byte[] content = content(new Random(9), 9_000);
        Path file = Files.write(directory.resolve("text"), content);
        IngestOptions plain = options(16, false, IngestOptions.Unfinished.REFUSE);
        assertInstanceOf(InterruptedException.class, interruptedAt(4_000, file, "1/2", plain));
        AerospikeStore store = connect(settings());
        BuildStatus unfinished = store.builds().getFirst();
        assertFalse(unfinished.running());
        assertTrue(unfinished.stored().lineIndex() > 0);
        assertEquals(1, unfinished.parts().size());
        assertRefused(file, "2/2", plain, "--part I/2 --resume");
        IngestOptions resume = options(1, false, IngestOptions.Unfinished.RESUME);
        assertRefused(file, "1/3", resume, "has 2 parts");
        byte[] other = content.clone();
        other[other.length - 2] ^= 1;
        Path otherFile = Files.write(directory.resolve("other"), other);
        assertRefused(otherFile, "2/2", resume, "is not the file of the other parts");
        assertThrows(
                StoreFailedException.class,
                () -> new Ingest(store, Progress.SILENT).store(List.of(file.toString()), resume));
        Ingest.Outcome outcome = ingest(file, "2/2", resume, Progress.SILENT);
        assertTrue(outcome.resumedFrom().lineIndex() >= unfinished.stored().lineIndex());
        assertTrue(outcome.share() != null
                && outcome.share().lines() == 9_000 - outcome.resumedFrom().lineIndex());
        assertStored(content, outcome.manifest());
    }

    /** As a process does that discards a build of a full cluster, and is killed before it can write the registry. */
    @Test
    void partsWhoseSetWasTruncatedAreStoredAgainAtOnce() throws Exception {
        byte[] content = content(new Random(11), 9_000);
        Path file = Files.write(directory.resolve("text"), content);
        IngestOptions plain = options(1, false, IngestOptions.Unfinished.REFUSE);
        assertInstanceOf(InterruptedException.class, interruptedAt(4_000, file, "1/2", plain));
        connect(settings()).registry.truncate("_a");
        Ingest.Outcome outcome =
                ingest(file, "2/2", options(1, false, IngestOptions.Unfinished.RESUME), Progress.SILENT);
        assertEquals(0, outcome.resumedFrom().lineIndex());
        assertEquals(9_000, Objects.requireNonNull(outcome.share()).lines());
        assertStored(content, outcome.manifest());
    }

    /** After the last line, only the publication is missing, and it may have succeeded. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "3000 | nothing was published by this part; [0-9,]+ lines of all parts are stored",
                "8999 | the version may have been published, see line-server versions faulty"
            })
    void aPartThatFillsTheClusterSaysThatItCanBeResumed(int last, String state) throws Exception {
        byte[] content = content(new Random(12), 9_000);
        Path file = Files.write(directory.resolve("text"), content);
        List<String> notes = new ArrayList<>();
        Progress fillingAndNoting = new Progress() {
            @Override
            public void update(long position, long size, long lines) {
                if (lines > last) {
                    node.faults.stopWrites = true;
                }
            }

            @Override
            public void note(String text) {
                notes.add(text);
            }
        };
        List<String> sources = List.of(file.toString());
        IngestPart all = new IngestPart(1, 1);
        Ingest ingest = new Ingest(connectPart(), fillingAndNoting);
        StoreFailedException full = assertThrows(
                StoreFailedException.class,
                () -> ingest.storePart(sources, all, options(1, false, IngestOptions.Unfinished.REFUSE)));
        assertTrue(full.getMessage().contains("The namespace has stopped taking writes"), full.getMessage());
        assertEquals("counting the lines", notes.getFirst());
        assertTrue(notes.getLast().contains("the same command with --resume does"), notes.toString());
        assertTrue(ingest.isSuspended());
        assertTrue(ingest.state().matches(state), ingest.state());
    }

    private void assertRefused(Path file, String part, IngestOptions options, String reason) {
        StoreFailedException refused =
                assertThrows(StoreFailedException.class, () -> ingest(file, part, options, Progress.SILENT));
        assertTrue(refused.getMessage().contains(reason), refused.getMessage());
    }

    /** A part relies on the file as it was when it counted the lines. */
    @Test
    void aFileThatChangesWhileItIsStoredIsRefused() throws Exception {
        byte[] content = content(new Random(10), 30_000);
        Path file = Files.write(directory.resolve("text"), content);
        CountDownLatch changed = new CountDownLatch(1);
        assertThrows(
                SourceException.class,
                () -> ingest(file, "1/2", options(1, false, IngestOptions.Unfinished.REFUSE), (_, _, stored) -> {
                    if (stored > 0 && changed.getCount() > 0) {
                        content[content.length - 5] ^= 1;
                        try {
                            Files.write(file, content, StandardOpenOption.WRITE);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                        changed.countDown();
                    }
                }));
        assertTrue(connect(settings()).current(NAME).isEmpty());
    }

    @Test
    void onlyAPlainFileHasParts() throws Exception {
        String file = Files.write(directory.resolve("text"), new byte[] {'a'}).toString();
        String empty = Files.write(directory.resolve("empty"), new byte[0]).toString();
        IngestOptions plain = options(1, false, IngestOptions.Unfinished.REFUSE);
        IngestPart part = new IngestPart(2, 2);
        Ingest ingest = new Ingest(connect(settings()), Progress.SILENT);
        SourceException refused =
                assertThrows(SourceException.class, () -> ingest.storePart(List.of(file, file), part, plain));
        assertTrue(refused.getMessage().contains("a part needs one plain file"), refused.getMessage());
        assertEquals(0, ingest.storePart(List.of(empty), part, plain).manifest().lineCount());
        assertEquals("version 1 of dataset faulty was published", ingest.state());
    }

    /** The registry is missing, as if the nodes that have it were away. */
    @Test
    void aPartWaitsForAClusterThatIsAwayForAWhile() throws Exception {
        AerospikeStore store = connect(settings().patience(AerospikeSettings.WriteLimits.DEFAULT.deadline()));
        put(store, new byte[] {'a'});
        BuildRequest request =
                new BuildRequest(NAME, "sample", null, false, 0, false, LinesPerRecord.ONE, false, false);
        Content content = new Content(2, 20, new ContentDigest(1, 2), 9, true);
        ByteBuffer key = ByteBuffer.wrap(new Key(FakeInfo.NAMESPACE, "lines-m", "registry").digest);
        try (PartBuild part = store.join(request, new IngestPart(1, 1), content).orElseThrow();
                ExecutorService thread = Executors.newSingleThreadExecutor()) {
            FakeRecords.StoredRecord registry = Objects.requireNonNull(node.records.get(key));
            node.records.remove(key.array());
            Future<Optional<PartBuild.Chunk>> claim = thread.submit(part::claim);
            assertThrows(StoreUnavailableException.class, connect(settings())::datasets);
            node.records.put(key.array(), registry);
            assertEquals(Optional.of(new PartBuild.Chunk(0, 1)), claim.get());
        }
    }
}
