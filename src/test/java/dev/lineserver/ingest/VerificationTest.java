package dev.lineserver.ingest;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.ingest.Verification.Difference;
import dev.lineserver.ingest.Verification.Verdict;
import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.Limits;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.embedded.EmbeddedStore;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Verification of a scripted snapshot, and of the embedded store, by a naive comparison. */
final class VerificationTest {
    private static final byte[] TEXT = Archives.ascii("one\n\ntwo\nthree\n".repeat(400));

    @TempDir
    Path directory;

    /** A version in memory, some lines of which are damaged, and whose lookups are completed by another thread. */
    private static final class ScriptedLines implements Snapshot {
        final List<byte[]> lines;
        private final Manifest manifest;
        private final Set<Long> broken;
        /** Length of the longest line that is returned whole. */
        int wholeBytes = Integer.MAX_VALUE;

        final AtomicInteger lookups = new AtomicInteger();
        LongFunction<@Nullable CompletionStage<Lookup>> answers = _ -> null;

        ScriptedLines(byte[] text, Content content, Set<Long> broken) {
            lines = Samples.linesOf(text);
            manifest = new Manifest(DatasetName.DEFAULT, 1, content, "file", "layout", Instant.EPOCH, List.of());
            this.broken = broken;
        }

        @Override
        public Manifest manifest() {
            return manifest;
        }

        @Override
        public CompletionStage<Lookup> lookup(long lineIndex) {
            lookups.incrementAndGet();
            CompletionStage<Lookup> answer = answers.apply(lineIndex);
            return answer != null
                    ? answer
                    : CompletableFuture.supplyAsync(() -> find(lineIndex), ForkJoinPool.commonPool());
        }

        /** The second part of a damaged line in parts is damaged. */
        private Lookup find(long lineIndex) {
            byte[] line = lines.get((int) lineIndex);
            boolean damaged = broken.contains(lineIndex);
            if (line.length <= wholeBytes) {
                return damaged ? new Lookup.Damaged("gone") : new Lookup.Found(line);
            }
            byte[][] halves = {
                Arrays.copyOf(line, line.length / 2), Arrays.copyOfRange(line, line.length / 2, line.length)
            };
            return new Lookup.FoundInParts(new LineParts(
                    line.length,
                    2,
                    part -> damaged && part == 1
                            ? CompletableFuture.failedFuture(new LineDamagedException(lineIndex, "gone"))
                            : CompletableFuture.completedFuture(halves[part])));
        }

        @Override
        public void close() {}
    }

    private Source source(byte[] content) throws Exception {
        return Source.open(Files.write(directory.resolve("source"), content).toString());
    }

    private Content contentOf(byte[] content) throws Exception {
        return Ingests.content(Files.write(directory.resolve("content"), content));
    }

    private static String describe(Difference difference) {
        return difference.describe(new LineNumbers(0));
    }

    private List<String> verify(Snapshot snapshot, byte[] content, long from, int blockBytes) throws Exception {
        try (Source source = source(content);
                Verification verification = Verification.ofLines(snapshot, from, 10, blockBytes, Progress.SILENT)) {
            List<Difference> differences = verification.compare(source);
            assertEquals(differences.size() == 10, verification.isStopped());
            if (verification.isStopped() && differences.getLast().verdict() != Verdict.EXTRA) {
                long last = differences.getLast().lineIndex().orElseThrow();
                assertEquals(last + 1 - from, verification.compared(), "compared up to the tenth difference");
            }
            return differences.stream().map(VerificationTest::describe).toList();
        }
    }

    private List<String> verify(Snapshot snapshot) throws Exception {
        return verify(snapshot, TEXT, 0, StoredLines.BLOCK_BYTES);
    }

    private static String lines(List<byte[]> all) {
        return Quantities.counted(all.size(), "line", "lines");
    }

    /** Compares line by line. */
    private static List<String> naive(byte[] source, byte[] stored, Set<Long> broken, int from) {
        List<byte[]> left = Samples.linesOf(source);
        List<byte[]> right = Samples.linesOf(stored);
        List<String> differences = new ArrayList<>();
        for (int i = from; i < Math.max(left.size(), right.size()) && differences.size() < 10; i++) {
            if (i >= right.size()) {
                differences.add("line " + i + " is missing: the version has " + lines(right));
            } else if (i >= left.size()) {
                differences.add("line " + i + " is extra: the file has " + lines(left));
            } else if (broken.contains((long) i)) {
                differences.add("line " + i + " is damaged: gone");
            } else {
                int mismatch = Arrays.mismatch(left.get(i), right.get(i));
                if (mismatch >= 0) {
                    differences.add("line " + i + " differs from byte " + (mismatch + 1) + " on");
                }
            }
        }
        if (differences.isEmpty() && !Arrays.equals(source, stored)) {
            differences.add(naiveWhole(source, left.size(), stored, right.size(), from));
        }
        return differences;
    }

    private static String naiveWhole(byte[] source, int sourceLines, byte[] stored, int storedLines, int from) {
        if (sourceLines != storedLines) {
            return "the version has " + Quantities.counted(storedLines, "line", "lines") + ", and the file "
                    + Quantities.grouped(sourceLines);
        }
        boolean terminated = source[source.length - 1] == '\n';
        if (terminated != (stored[stored.length - 1] == '\n')) {
            return "the last line ends in a newline only in the " + (terminated ? "file" : "version");
        }
        assertTrue(from > 0, "equal lines");
        return "the version has another byte count or digest, so lines that were not compared differ";
    }

    /** Changes some lines, removes or adds some, and perhaps the last terminator. */
    private static byte[] edited(byte[] content, Random random) {
        List<byte[]> lines = new ArrayList<>(Samples.linesOf(content));
        for (int i = random.nextInt(7); i > 0 && !lines.isEmpty(); i--) {
            int line = random.nextInt(lines.size());
            byte[] bytes = lines.get(line).clone();
            switch (random.nextInt(7)) {
                case 0 -> lines.set(line, Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)));
                case 1 -> lines.set(line, Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(9)));
                case 2 -> lines.set(lines.size() - 1, new byte[] {7});
                case 3 -> {
                    if (random.nextInt(4) == 0) {
                        lines.remove(line);
                    }
                }
                case 4 -> {
                    if (random.nextInt(4) == 0) {
                        lines.add(line, new byte[random.nextInt(4)]);
                    }
                }
                case 5 -> lines = lines.subList(0, lines.size() - random.nextInt(Math.min(3, lines.size())));
                default -> {
                    if (bytes.length > 0) {
                        bytes[random.nextInt(bytes.length)] = 7;
                        lines.set(line, bytes);
                    }
                }
            }
        }
        ByteArrayOutputStream edited = new ByteArrayOutputStream();
        lines.forEach(line -> {
            edited.writeBytes(line);
            edited.write('\n');
        });
        byte[] bytes = edited.toByteArray();
        boolean unterminated = random.nextInt(3) == 0 && !lines.isEmpty() && lines.getLast().length > 0;
        return unterminated ? Arrays.copyOf(bytes, bytes.length - 1) : bytes;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 7, 64 << 10})
    void theDifferencesAreThoseOfANaiveComparison(int blockBytes) throws Exception {
        for (int seed = 0; seed < 150; seed++) {
            Random random = new Random(seed);
            byte[] source = Samples.random(random.nextInt(60), 40, seed);
            if (random.nextInt(4) == 0) {
                source = Arrays.copyOf(source, source.length + 1);
                source[source.length - 1] = 'x';
            }
            byte[] stored = edited(source, random);
            Set<Long> broken = new HashSet<>();
            int storedLines = Samples.linesOf(stored).size();
            for (int i = random.nextInt(4) * random.nextInt(2); i > 0 && storedLines > 0; i--) {
                broken.add((long) random.nextInt(storedLines));
            }
            ScriptedLines snapshot = new ScriptedLines(stored, contentOf(stored), broken);
            snapshot.wholeBytes = random.nextBoolean() ? 5 : 1_000;
            int from = random.nextInt(3) == 0 ? random.nextInt(storedLines + 3) : 0;
            assertEquals(
                    naive(source, stored, broken, from), verify(snapshot, source, from, blockBytes), "seed " + seed);
        }
    }

    /** All pairs of short texts, which differ in their ends. */
    @Test
    void theEndsOfTextsAreComparedAsByANaiveComparison() throws Exception {
        List<String> texts =
                List.of("", "\n", "a\n", "a", "a\n\n", "a\nb\n", "a\nb", "a\nbc\n", "a\nbc", "a\nb\nc\nd\n");
        for (String source : texts) {
            for (String stored : texts) {
                for (int from = 0; from < 4; from++) {
                    byte[] left = Archives.ascii(source);
                    byte[] right = Archives.ascii(stored);
                    assertEquals(
                            naive(left, right, Set.of(), from),
                            verify(new ScriptedLines(right, contentOf(right), Set.of()), left, from, 2),
                            source + "|" + stored + "|" + from);
                }
            }
        }
    }

    @Test
    void theDifferencesInTheEmbeddedStoreAreThoseOfANaiveComparison() throws Exception {
        try (LineStore store = EmbeddedStore.open(directory.resolve("data"), null)) {
            for (int seed = 0; seed < 12; seed++) {
                Random random = new Random(seed);
                byte[] source = Samples.random(20_000, 200, seed);
                byte[] stored = edited(source, random);
                Path file = Files.write(directory.resolve("stored"), stored);
                Manifest manifest =
                        Ingests.store(store, file, DatasetName.DEFAULT, true).manifest();
                int from = random.nextInt(3) == 0 ? random.nextInt(20_000) : 0;
                try (Snapshot snapshot = store.open(manifest)) {
                    for (int blockBytes : new int[] {4_099, StoredLines.BLOCK_BYTES}) {
                        assertEquals(
                                naive(source, stored, Set.of(), from),
                                verify(snapshot, source, from, blockBytes),
                                "seed " + seed);
                    }
                }
            }
        }
    }

    @Test
    void aSampleFindsTheDifferencesInItsLinesOnlyAndIsRepeatable() throws Exception {
        byte[] source = Samples.random(2_000, 60, 3);
        List<byte[]> lines = Samples.linesOf(source);
        ByteArrayOutputStream edited = new ByteArrayOutputStream();
        for (int i = 0; i < lines.size(); i++) {
            byte[] line = lines.get(i).clone();
            if (i % 7 == 0 && line.length > 0) {
                line[0] = (byte) (line[0] == 7 ? 8 : 7);
            }
            int removed = i % 7 == 1 && line.length > 0 ? 1 : i % 7 == 3 ? -1 : 0;
            edited.writeBytes(Arrays.copyOf(line, line.length - removed));
            edited.write('\n');
        }
        byte[] stored = edited.toByteArray();
        Set<Long> broken =
                LongStream.range(0, 2_000).filter(i -> i % 7 == 2).boxed().collect(Collectors.toSet());
        for (int seed = 0; seed < 20; seed++) {
            for (int wholeBytes : new int[] {5, 1_000}) {
                ScriptedLines snapshot = new ScriptedLines(stored, contentOf(stored), broken);
                snapshot.wholeBytes = wholeBytes;
                Set<String> all = new HashSet<>();
                for (long i : SampleComparison.choose(2_000, 15, seed)) {
                    byte[] line = lines.get((int) i);
                    if (broken.contains(i)) {
                        all.add("line " + i + " is damaged: gone");
                    } else if (i % 7 == 0 && line.length > 0) {
                        all.add("line " + i + " differs from byte 1 on");
                    } else if (i % 7 == 1 && line.length > 0) {
                        all.add("line " + i + " differs from byte " + line.length + " on");
                    } else if (i % 7 == 3) {
                        all.add("line " + i + " differs from byte " + (line.length + 1) + " on");
                    }
                }
                try (Source file = source(source);
                        Verification verification = Verification.ofSample(snapshot, 15, seed, Progress.SILENT)) {
                    Set<String> found = new HashSet<>();
                    verification.compare(file).forEach(difference -> found.add(describe(difference)));
                    assertTrue(all.containsAll(found), found + " of " + all);
                    assertEquals(Math.min(10, all.size()), found.size(), "seed " + seed);
                    assertTrue(snapshot.lookups.get() <= 15, "only the sample is read");
                }
            }
        }
    }

    @Test
    void aSampleHasEachLineOnceAndAllLinesIfThereAreNotMore() {
        long[] sample = SampleComparison.choose(1_000, 999, 8);
        assertEquals(999, Arrays.stream(sample).distinct().count());
        assertTrue(Arrays.stream(sample).allMatch(i -> i >= 0 && i < 1_000));
        assertEquals(
                List.of(),
                Arrays.stream(SampleComparison.choose(0, 5, 8)).boxed().toList());
        assertEquals(
                List.of(0L, 1L, 2L),
                Arrays.stream(SampleComparison.choose(3, 5, 8)).boxed().toList());
        // The lines of a seed that was printed by an earlier release stay the same.
        assertEquals(
                List.of(891L, 940L, 997L),
                Arrays.stream(SampleComparison.choose(1_000, 3, 42)).boxed().toList());
    }

    private List<String> sample(Snapshot snapshot, byte[] content, long lines) throws Exception {
        try (Source source = source(content);
                Verification verification = Verification.ofSample(snapshot, lines, 1, Progress.SILENT)) {
            return verification.compare(source).stream()
                    .map(VerificationTest::describe)
                    .toList();
        }
    }

    @Test
    void linesOfASampleThatTheFileDoesNotHaveAreExtra() throws Exception {
        byte[] stored = Archives.ascii("a\nb\nc\nd\n");
        assertEquals(
                List.of("line 2 is extra: the file has 2 lines", "line 3 is extra: the file has 2 lines"),
                sample(new ScriptedLines(stored, contentOf(stored), Set.of()), Archives.ascii("a\nb\n"), 9));
    }

    @Test
    void aSampleIsComparedInAllBlocks() throws Exception {
        byte[] text = Samples.random(1_000, 4_000, 5);
        ScriptedLines snapshot = new ScriptedLines(text, contentOf(text), Set.of(999L));
        try (Source source = source(text);
                Verification verification = Verification.ofSample(snapshot, 1_000, 1, Progress.SILENT)) {
            assertTrue(source.size() > 2 * Limits.BLOCK_BYTES);
            assertEquals(
                    List.of("line 999 is damaged: gone"),
                    verification.compare(source).stream()
                            .map(VerificationTest::describe)
                            .toList());
            assertEquals(1_000, verification.compared());
        }
    }

    @Test
    void fewLinesOfASampleAreReadAtOnce() throws Exception {
        byte[] text = Archives.ascii("a\n".repeat(2_000));
        ScriptedLines snapshot = new ScriptedLines(text, contentOf(text), Set.of());
        AtomicInteger pending = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Executor later = CompletableFuture.delayedExecutor(20, TimeUnit.MILLISECONDS);
        snapshot.answers = _ -> {
            most.accumulateAndGet(pending.incrementAndGet(), Math::max);
            return CompletableFuture.supplyAsync(
                    () -> {
                        pending.decrementAndGet();
                        return new Lookup.Found(Archives.ascii("a"));
                    },
                    later);
        };
        assertEquals(List.of(), sample(snapshot, text, 2_000));
        assertTrue(most.get() > 1 && most.get() <= 256, () -> most + " lookups");
    }

    /** The store may write to the block, and uses the version, until then. */
    @Test
    void closingWaitsForTheReadInFlight() throws Exception {
        byte[] text = Archives.ascii("a\n".repeat(1_000));
        ScriptedLines snapshot = new ScriptedLines(text, contentOf(text), Set.of());
        CompletableFuture<Lookup> last = new CompletableFuture<>();
        snapshot.answers = lineIndex -> lineIndex == 999 ? last : null;
        Verification verification = Verification.ofLines(snapshot, 999, Progress.SILENT);
        Thread closing = Thread.ofPlatform().daemon().start(verification::close);
        Awaitility.await().until(() -> closing.getState() == Thread.State.WAITING);
        last.complete(new Lookup.Found(Archives.ascii("a")));
        assertTrue(closing.join(Duration.ofSeconds(30)));
    }

    /** Ten differences end a verification, whose lookups may last longer. */
    @Test
    void closingWaitsForTheLookupsOfASample() throws Exception {
        byte[] text = Archives.ascii("a\n".repeat(1_000));
        ScriptedLines snapshot = new ScriptedLines(text, contentOf(text), Set.of());
        CompletableFuture<Lookup> slow = new CompletableFuture<>();
        snapshot.answers =
                lineIndex -> lineIndex == 100 ? slow : CompletableFuture.completedFuture(new Lookup.Damaged("gone"));
        Thread verifying = Thread.ofPlatform().daemon().start(() -> {
            try {
                assertEquals(10, sample(snapshot, text, 1_000).size());
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        Awaitility.await().until(() -> verifying.getState() == Thread.State.WAITING);
        slow.complete(new Lookup.Found(Archives.ascii("a")));
        assertTrue(verifying.join(Duration.ofSeconds(30)));
    }

    @Test
    void countsAndDigestAreComparedWithoutALookup() throws Exception {
        Content c = contentOf(TEXT);
        assertEquals(List.of(), counts(c));
        assertEquals(
                List.of("extra: the version has 1,601 lines, and the file 1,600"),
                counts(new Content(1601, c.byteCount(), c.digest(), 5, true)));
        assertEquals(
                List.of("missing: the version has 1,599 lines, and the file 1,600"),
                counts(new Content(1599, c.byteCount(), c.digest(), 5, true)));
        assertEquals(
                List.of("differs: the last line ends in a newline only in the file"),
                counts(new Content(1600, c.byteCount() - 1, c.digest(), 5, false)));
        assertEquals(
                List.of(
                        "differs: the version has another byte count or digest, so lines that were not compared differ"),
                counts(new Content(1600, c.byteCount(), new ContentDigest(1, 2), 5, true)));
    }

    private List<String> counts(Content stored) throws Exception {
        Manifest manifest = new Manifest(DatasetName.DEFAULT, 1, stored, "file", "layout", Instant.EPOCH, List.of());
        try (Source source = source(TEXT);
                Verification verification = Verification.ofCounts(manifest, Progress.SILENT)) {
            return verification.compare(source).stream()
                    .map(difference -> verification.verdict() + ": " + describe(difference))
                    .toList();
        }
    }

    @Test
    void aWrongDigestIsADifferenceAlthoughAllLinesAreTheSame() throws Exception {
        Content wrong = new Content(1600, TEXT.length, new ContentDigest(1, 2), 5, true);
        assertEquals(
                List.of("the lines are the same, but the version's manifest has another byte count or digest"),
                verify(new ScriptedLines(TEXT, wrong, Set.of())));
    }

    @Test
    void theWorstDifferenceIsTheVerdict() throws Exception {
        byte[] stored = Archives.ascii("one\n\nxwo\nthree\n".repeat(2));
        assertEquals(Verdict.MISSING, verdict(Arrays.copyOf(TEXT, 45), Set.of()));
        assertEquals(Verdict.DIFFERS, verdict(stored, Set.of()));
        assertEquals(Verdict.DAMAGED, verdict(stored, Set.of(0L)));
        assertEquals(
                Verdict.EXTRA,
                verdict(Archives.ascii(new String(TEXT, StandardCharsets.US_ASCII) + "four\n"), Set.of()));
        assertEquals(Verdict.SAME, verdict(TEXT, Set.of()));
    }

    private Verdict verdict(byte[] stored, Set<Long> broken) throws Exception {
        try (Source source = source(TEXT);
                Verification verification = Verification.ofLines(
                        new ScriptedLines(stored, contentOf(stored), broken), 0, Progress.SILENT)) {
            verification.compare(source);
            return verification.verdict();
        }
    }

    @Test
    void aStoreFailureIsRethrownUnwrappedAndTheLinesComparedBeforeAreCounted() throws Exception {
        byte[] text = Archives.ascii("line\n".repeat(500_000));
        StoreException failure = new StoreUnavailableException("unreachable");
        for (Throwable wrapped : List.of(failure, new CompletionException(failure))) {
            ScriptedLines snapshot = new ScriptedLines(text, contentOf(text), Set.of());
            snapshot.answers = i -> i == 300_000 ? CompletableFuture.failedFuture(wrapped) : null;
            try (Source source = source(text);
                    Verification verification = Verification.ofLines(snapshot, 7, Progress.SILENT)) {
                assertSame(failure, assertThrows(StoreException.class, () -> verification.compare(source)));
                long next = 7 + verification.compared();
                assertTrue(next > 200_000 && next <= 300_000, () -> "resumed at " + next);
            }
        }
    }

    @Test
    void theSourceIsReadUpToTheTenthDifference() throws Exception {
        byte[] longText = Arrays.copyOf(Archives.ascii("a\n".repeat(100)), 1 << 27);
        byte[] stored = Archives.ascii("b\n".repeat(100));
        AtomicLong position = new AtomicLong();
        ScriptedLines snapshot = new ScriptedLines(stored, contentOf(stored), Set.of());
        try (Source source = source(longText);
                Verification verification = Verification.ofLines(snapshot, 0, (read, _, _) -> position.set(read))) {
            assertEquals(10, verification.compare(source).size());
        }
        assertTrue(position.get() < longText.length, () -> position + " bytes were read");
    }

    @Test
    void anInterruptEndsAComparisonThatNeverWaits() throws Exception {
        byte[] text = Archives.ascii("line\n".repeat(500_000));
        ScriptedLines snapshot = new ScriptedLines(text, contentOf(text), Set.of());
        snapshot.answers = _ -> CompletableFuture.completedFuture(new Lookup.Found(Archives.ascii("line")));
        try (Source source = source(text);
                Verification verification = Verification.ofLines(
                        snapshot, 0, (_, _, _) -> Thread.currentThread().interrupt())) {
            assertThrows(InterruptedException.class, () -> verification.compare(source));
            assertTrue(verification.compared() > 0 && verification.compared() < 200_000, "at the next batch");
        } finally {
            assertFalse(Thread.interrupted(), "the exception stands for the interrupt");
        }
    }

    /** Otherwise a signal would be noticed only by a read that waits. */
    @Test
    void anInterruptIsNoticedBeforeABlockThatHasBeenRead() throws Exception {
        byte[] text = Archives.ascii("line\n");
        ScriptedLines snapshot = new ScriptedLines(text, contentOf(text), Set.of());
        snapshot.answers = _ -> CompletableFuture.completedFuture(new Lookup.Found(Archives.ascii("line")));
        try (StoredLines stored = new StoredLines(snapshot.range(0, 1), StoredLines.BLOCK_BYTES)) {
            Thread.currentThread().interrupt();
            assertThrows(InterruptedException.class, stored::load);
            assertFalse(Thread.interrupted(), "the exception stands for the interrupt");
            assertTrue(stored.load());
        }
    }
}
