package dev.lineserver.ingest;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongFunction;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Verification of a snapshot with scripted lookups. */
final class VerificationTest {
    private static final byte[] TEXT = Archives.ascii("one\n\ntwo\nthree\n".repeat(400));
    private static final List<byte[]> LINES = Samples.linesOf(TEXT);

    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void write() throws Exception {
        file = Files.write(directory.resolve("file"), TEXT);
    }

    private record ScriptedLookups(Manifest manifest, LongFunction<CompletionStage<Lookup>> lookups)
            implements Snapshot {
        @Override
        public CompletionStage<Lookup> lookup(long lineIndex) {
            return lookups.apply(lineIndex);
        }

        @Override
        public void check() {}

        @Override
        public void close() {}
    }

    private static CompletionStage<Lookup> found(long lineIndex) {
        return CompletableFuture.completedFuture(new Lookup.Found(LINES.get((int) lineIndex)));
    }

    private Content content() throws Exception {
        try (Source source = Source.open(file.toString())) {
            return new SourceReader(source, Progress.SILENT).read(_ -> {});
        }
    }

    private Optional<String> verify(Content stored, LongFunction<CompletionStage<Lookup>> lookups) throws Exception {
        Manifest manifest = new Manifest(DatasetName.DEFAULT, 1, stored, "file", "layout", Instant.EPOCH);
        try (Source source = Source.open(file.toString())) {
            return new Verification(new ScriptedLookups(manifest, lookups), new LineNumbers(1), Progress.SILENT)
                    .firstDifference(source);
        }
    }

    private Optional<String> verify(LongFunction<CompletionStage<Lookup>> lookups) throws Exception {
        return verify(content(), lookups);
    }

    @Test
    void equalLinesAndContentAreNoDifference() throws Exception {
        assertEquals(Optional.empty(), verify(VerificationTest::found));
    }

    @Test
    void aDifferenceInCountsOrDigestIsDescribed() throws Exception {
        Content c = content();
        assertEquals(
                Optional.of("the version has 1601 lines, and the file 1600"),
                verify(new Content(1601, c.byteCount(), c.digest(), 5, true), VerificationTest::found));
        assertEquals(
                Optional.of("the last line ends in a newline only in the file"),
                verify(new Content(1600, c.byteCount() - 1, c.digest(), 5, false), VerificationTest::found));
        assertEquals(
                Optional.of("the lines are the same, but the version's manifest has another byte count or digest"),
                verify(new Content(1600, c.byteCount(), new ContentDigest(1, 2), 5, true), VerificationTest::found));
    }

    @Test
    void aDifferenceInALineNamesItsNumber() throws Exception {
        assertEquals(Optional.of("line 701 differs"), verify(at(700, new Lookup.Found(new byte[] {1}))));
        assertEquals(Optional.of("line 701 is damaged: gone"), verify(at(700, new Lookup.Damaged("gone"))));
        assertEquals(
                Optional.of("line 701 is not stored: the version has 9 lines"),
                verify(at(700, new Lookup.PastTheEnd(9))));
    }

    private static LongFunction<CompletionStage<Lookup>> at(long lineIndex, Lookup answer) {
        return i -> i == lineIndex ? CompletableFuture.completedFuture(answer) : found(i);
    }

    @Test
    void aLineInPartsIsComparedPartByPart() throws Exception {
        byte[] line = LINES.get(3);
        assertEquals(Optional.empty(), verify(at(3, new Lookup.FoundInParts(parts(line.length, "thr", "ee")))));
        assertEquals(Optional.of("line 4 differs"), verify(at(3, new Lookup.FoundInParts(parts(6, "three", "!")))));
        for (List<String> wrong : List.of(List.of("thr", "e!"), List.of("thr", "eee"))) {
            LineParts parts = parts(line.length, wrong.toArray(String[]::new));
            assertEquals(Optional.of("line 4 differs"), verify(at(3, new Lookup.FoundInParts(parts))));
        }
        assertEquals(
                Optional.of("line 4 is truncated"), verify(at(3, new Lookup.FoundInParts(parts(line.length, "thr")))));
    }

    private static LineParts parts(long length, String... parts) {
        return new LineParts(
                length, parts.length, part -> CompletableFuture.completedFuture(Archives.ascii(parts[part])));
    }

    @Test
    void aStoreFailureIsRethrownUnwrapped() throws Exception {
        StoreException failure = new StoreUnavailableException("unreachable");
        for (Throwable wrapped : List.of(failure, new CompletionException(failure))) {
            assertSame(
                    failure,
                    assertThrows(
                            StoreException.class,
                            () -> verify(i -> i == 500 ? CompletableFuture.failedFuture(wrapped) : found(i))));
        }
        RuntimeException bug = new IllegalStateException("a bug");
        assertSame(
                bug,
                assertThrows(
                        IllegalStateException.class,
                        () -> verify(i -> i == 500 ? CompletableFuture.failedFuture(bug) : found(i))));
    }

    /** Enough lookups to hide the latency of a network, and never more. */
    @Test
    void upTo256LookupsAreInFlight() throws Exception {
        AtomicInteger inFlight = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        assertEquals(Optional.empty(), verify(i -> {
            most.accumulateAndGet(inFlight.incrementAndGet(), Math::max);
            return new CompletableFuture<>() {
                @Override
                public Lookup get() {
                    inFlight.decrementAndGet();
                    return new Lookup.Found(LINES.get((int) i));
                }
            };
        }));
        assertEquals(256, most.get());
        assertEquals(0, inFlight.get());
    }

    @Test
    void theSourceIsReadUpToTheFirstDifference() throws Exception {
        byte[] longText = Arrays.copyOf(TEXT, 1 << 27);
        Files.write(file, longText);
        AtomicLong position = new AtomicLong();
        Content stored = new Content(2_000, longText.length, new ContentDigest(1, 2), longText.length, false);
        Manifest manifest = new Manifest(DatasetName.DEFAULT, 1, stored, "file", "layout", Instant.EPOCH);
        ScriptedLookups snapshot = new ScriptedLookups(manifest, at(3, new Lookup.Found(new byte[] {1})));
        Progress progress = (read, _, _) -> position.set(read);
        try (Source source = Source.open(file.toString())) {
            assertEquals(
                    Optional.of("line 4 differs"),
                    new Verification(snapshot, new LineNumbers(1), progress).firstDifference(source));
        }
        assertTrue(position.get() < longText.length, () -> position + " bytes were read");
    }
}
