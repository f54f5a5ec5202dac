package dev.lineserver.ingest;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongFunction;
import java.util.function.LongUnaryOperator;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

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
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Comparison of two versions with scripted snapshots. */
final class VersionDiffTest {
    /** A version in memory. Lookups are counted. */
    private static final class LinesInMemory implements Snapshot {
        private final Manifest manifest;
        private final List<byte[]> lines;
        /** Length of the parts of each line; 0 to return whole lines. */
        int partLength;

        LongUnaryOperator skip = lineIndex -> lineIndex;
        int lookups;

        LinesInMemory(long version, byte[] text) {
            lines = Samples.linesOf(text);
            Content content = new Content(
                    lines.size(),
                    text.length,
                    ContentDigest.ofBlock(text, text.length),
                    lines.stream().mapToInt(line -> line.length).max().orElse(0),
                    text.length == 0 || text[text.length - 1] == '\n');
            manifest =
                    new Manifest(DatasetName.DEFAULT, version, content, "memory", "layout", Instant.EPOCH, List.of());
        }

        @Override
        public Manifest manifest() {
            return manifest;
        }

        @Override
        public CompletionStage<Lookup> lookup(long lineIndex) {
            lookups++;
            byte[] line = lines.get((int) lineIndex);
            if (partLength == 0) {
                return CompletableFuture.completedFuture(new Lookup.Found(line));
            }
            int count = Math.max(1, (line.length + partLength - 1) / partLength);
            return CompletableFuture.completedFuture(new Lookup.FoundInParts(new LineParts(
                    line.length,
                    count,
                    part -> CompletableFuture.completedFuture(Arrays.copyOfRange(
                            line, part * partLength, Math.min(line.length, (part + 1) * partLength))))));
        }

        @Override
        public long skipEqualLines(Snapshot other, long lineIndex) {
            return skip.applyAsLong(lineIndex);
        }

        @Override
        public void close() {}
    }

    private static LinesInMemory version(long number, String text) {
        return new LinesInMemory(number, text.getBytes(StandardCharsets.UTF_8));
    }

    private static VersionDiff.Differences compare(Snapshot left, Snapshot right, int shown) throws Exception {
        return new VersionDiff(left, right, new LineNumbers(1), shown, Progress.SILENT).compare();
    }

    /** Describes the differences: the ranges, and the number of all ranges and lines. */
    private static String describe(VersionDiff.Differences differences) {
        StringBuilder text = new StringBuilder(differences.equal() ? "equal" : "");
        for (VersionDiff.Range range : differences.ranges()) {
            text.append(range.first()).append('-').append(range.last()).append(' ');
        }
        return text.append('/')
                .append(differences.rangeCount())
                .append('/')
                .append(differences.lineCount())
                .toString();
    }

    @ParameterizedTest
    @CsvSource({
        "'', '', equal/0/0",
        "a.b.c., a.b.c., equal/0/0",
        "a.b.c., x.b.c., 0-0 /1/1",
        "a.b.c., a.b.x., 2-2 /1/1",
        "a.b.c., x.y.c., 0-1 /1/2",
        "a.b.c., x.b.y., 0-0 2-2 /2/2",
        "a.b.c., a.b., 2-2 /1/1",
        "a.b., a.b.c.d., 2-3 /1/2",
        "a.b., a.x.c.d., 1-3 /1/3",
        "'', a.b., 0-1 /1/2",
        "a.b.c., a.b.c, /0/0",
        "a.bc., ab.c., 0-1 /1/2",
        "a.b, a.bc., 1-1 /1/1",
        "a.b., a.bc, 1-1 /1/1",
        "a.b, a.b.c, 2-2 /1/1",
    })
    void differentLinesAreMergedToRanges(String left, String right, String expected) throws Exception {
        LinesInMemory one = version(1, left.replace('.', '\n'));
        LinesInMemory two = version(2, right.replace('.', '\n'));
        assertEquals(expected, describe(compare(one, two, 10)));
        assertEquals(expected, describe(compare(two, one, 10)));
    }

    @Test
    void onlyTheFirstRangesAreReturnedAndAllAreCounted() throws Exception {
        LinesInMemory one = version(1, "a\n".repeat(100));
        LinesInMemory two = version(2, "a\nb\n".repeat(50));
        assertEquals("1-1 3-3 5-5 /50/50", describe(compare(one, two, 3)));
        assertEquals("/50/50", describe(compare(one, two, 0)));
    }

    @Test
    void equalContentIsNotRead() throws Exception {
        LinesInMemory one = version(1, "a\nb\n");
        LinesInMemory two = version(2, "a\nb\n");
        assertTrue(compare(one, two, 10).equal());
        assertEquals(0, one.lookups + two.lookups);
    }

    @Test
    void linesThatTheStoreKnowsToBeEqualAreNotRead() throws Exception {
        String same = "a\n".repeat(1_000);
        LinesInMemory one = version(1, same + "b\n" + same + "c\n");
        LinesInMemory two = version(2, same + "x\n" + same + "c\n" + "d\n");
        // Equal up to line index 990 and from 1010 to the last common line, and beyond it.
        one.skip = lineIndex -> lineIndex < 990 ? 990 : lineIndex >= 1_010 ? Long.MAX_VALUE : lineIndex;
        assertEquals("1000-1000 2002-2002 /2/2", describe(compare(one, two, 10)));
        assertEquals(20, one.lookups);
        assertEquals(20, two.lookups);
    }

    @Test
    void progressCountsTheLinesAndBytesOfTheFirstVersionUpToItsEnd() throws Exception {
        String text = "ab\n".repeat(1_000);
        List<List<Long>> reported = new ArrayList<>();
        new VersionDiff(
                        version(1, text),
                        version(2, text.replace("a", "x")),
                        new LineNumbers(1),
                        10,
                        (bytes, total, lines) -> reported.add(List.of(bytes, total, lines)))
                .compare();
        // Runs of 128, 256 and 512 lines, and the rest.
        assertEquals(
                List.of(
                        List.of(384L, 3_000L, 128L),
                        List.of(1_152L, 3_000L, 384L),
                        List.of(2_688L, 3_000L, 896L),
                        List.of(3_000L, 3_000L, 1_000L)),
                reported);
    }

    @Test
    void rangesAroundSkippedLinesAreNotMerged() throws Exception {
        LinesInMemory one = version(1, "a\nb\nc\nd\n");
        LinesInMemory two = version(2, "x\nb\nc\ny\n");
        one.skip = lineIndex -> lineIndex == 1 ? 3 : lineIndex;
        assertEquals("0-0 3-3 /2/2", describe(compare(one, two, 10)));
    }

    @Test
    void longLinesAreComparedPartByPartWhateverTheirParts() throws Exception {
        byte[] text = Samples.random(300, 90, 21);
        byte[] other = text.clone();
        other[other.length - 2] ^= 1;
        for (int leftParts : new int[] {0, 1, 7, 64}) {
            for (int rightParts : new int[] {0, 1, 3, 100}) {
                LinesInMemory one = new LinesInMemory(1, text);
                LinesInMemory two = new LinesInMemory(2, other);
                one.partLength = leftParts;
                two.partLength = rightParts;
                long last = one.lines.size() - 1L;
                assertEquals(last + "-" + last + " /1/1", describe(compare(one, two, 10)));
            }
        }
    }

    @Test
    void randomVersionsDifferInTheLinesThatANaiveComparisonFinds() throws Exception {
        for (int seed = 0; seed < 80; seed++) {
            Random random = new Random(seed);
            List<byte[]> left = new ArrayList<>(Samples.linesOf(Samples.random(600, 20, seed)));
            List<byte[]> right = new ArrayList<>(left);
            for (int change = random.nextInt(30); change > 0; change--) {
                right.set(random.nextInt(right.size()), ("changed " + change).getBytes(StandardCharsets.UTF_8));
            }
            List<byte[]> shorter = random.nextBoolean() ? left : right;
            shorter.subList(shorter.size() - random.nextInt(3), shorter.size()).clear();
            LinesInMemory one = new LinesInMemory(1, joined(left));
            LinesInMemory two = new LinesInMemory(2, joined(right));
            int known = random.nextInt(400);
            // The store may skip to any line, if all lines before it are equal.
            one.skip = lineIndex -> {
                long to = lineIndex;
                while (lineIndex < known && to < known && same(left, right, (int) to)) {
                    to++;
                }
                return to;
            };
            List<Long> found = new ArrayList<>();
            int blockBytes = new int[] {1, 2, 7, 4_096}[seed % 4];
            VersionDiff diff =
                    new VersionDiff(one, two, new LineNumbers(1), Integer.MAX_VALUE, blockBytes, Progress.SILENT);
            for (VersionDiff.Range range : diff.compare().ranges()) {
                for (long i = range.first(); i <= range.last(); i++) {
                    found.add(i);
                }
            }
            List<Long> expected = new ArrayList<>();
            for (int i = 0; i < Math.max(left.size(), right.size()); i++) {
                if (!same(left, right, i)) {
                    expected.add((long) i);
                }
            }
            assertEquals(expected, found, "seed " + seed);
        }
    }

    private static boolean same(List<byte[]> left, List<byte[]> right, int i) {
        return i < left.size() && i < right.size() && Arrays.equals(left.get(i), right.get(i));
    }

    private static byte[] joined(List<byte[]> lines) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] line : lines) {
            joined.writeBytes(line);
            joined.write('\n');
        }
        return joined.toByteArray();
    }

    /** A snapshot that answers lookups in another way. */
    private record Scripted(Manifest manifest, LongFunction<CompletionStage<Lookup>> answers) implements Snapshot {
        @Override
        public CompletionStage<Lookup> lookup(long lineIndex) {
            return answers.apply(lineIndex);
        }

        @Override
        public void close() {}
    }

    @Test
    void aDamagedLineIsAFailureThatNamesTheVersionAndTheLineNumber() {
        LinesInMemory one = version(1, "a\n");
        Scripted two = new Scripted(
                version(2, "b\n").manifest(), _ -> CompletableFuture.completedFuture(new Lookup.Damaged("gone")));
        StoreFailedException failure = assertThrows(
                StoreFailedException.class,
                () -> new VersionDiff(one, two, new LineNumbers(0), 10, Progress.SILENT).compare());
        assertEquals("line 0 of version 2 is damaged: gone", failure.getMessage());
    }

    @Test
    void aStoreFailureIsRethrownUnwrapped() {
        LinesInMemory one = version(1, "a\n");
        StoreException failure = new StoreUnavailableException("unreachable");
        Scripted two = new Scripted(version(2, "b\n").manifest(), _ -> CompletableFuture.failedFuture(failure));
        assertSame(failure, assertThrows(StoreException.class, () -> compare(one, two, 10)));
    }

    @Test
    void lookupsAreRequestedAheadOfTheComparison() throws Exception {
        LinesInMemory one = version(1, "a\n".repeat(1_000));
        List<CompletableFuture<Lookup>> pending = new ArrayList<>();
        Snapshot two = new Scripted(version(2, "b\n".repeat(1_000)).manifest(), lineIndex -> {
            CompletableFuture<Lookup> lookup = new CompletableFuture<>();
            pending.add(lookup);
            if (pending.size() == 128 || lineIndex >= 128) {
                pending.forEach(waiting -> waiting.complete(new Lookup.Found(new byte[] {'b'})));
            }
            return lookup;
        });
        assertEquals("0-999 /1/1000", describe(compare(one, two, 10)));
    }
}
