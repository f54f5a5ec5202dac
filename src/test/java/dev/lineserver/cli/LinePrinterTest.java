package dev.lineserver.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ForkJoinPool;

import org.junit.jupiter.api.Test;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Samples;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Prints the lines of a scripted snapshot, some of which are damaged. */
final class LinePrinterTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final List<Long> damaged = new ArrayList<>();
    private long lookups;

    /** A version in memory, whose lookups are completed by another thread. */
    private final class LinesInMemory implements Snapshot {
        private final byte[] text;
        private final List<byte[]> lines;
        private final Set<Long> broken;
        /** The results of other lookups, by the index of the line. */
        final Map<Long, CompletionStage<Lookup>> scripted = new HashMap<>();

        LinesInMemory(byte[] text, Set<Long> broken) {
            this.text = text;
            this.broken = broken;
            lines = Samples.linesOf(text);
        }

        @Override
        public Manifest manifest() {
            Content content =
                    new Content(lines.size(), text.length, new ContentDigest(1, 2), 10, text[text.length - 1] == '\n');
            return new Manifest(DatasetName.DEFAULT, 1, content, "memory", "layout", Instant.EPOCH, List.of());
        }

        @Override
        public CompletionStage<Lookup> lookup(long lineIndex) {
            lookups++;
            if (scripted.containsKey(lineIndex)) {
                return scripted.get(lineIndex);
            }
            byte[] line = lines.get((int) lineIndex);
            Lookup lookup = broken.contains(lineIndex) ? new Lookup.Damaged("gone") : new Lookup.Found(line);
            return CompletableFuture.supplyAsync(() -> lookup, ForkJoinPool.commonPool());
        }

        @Override
        public void close() {}
    }

    private void print(Snapshot snapshot, boolean number, long first, long end) throws Exception {
        out.reset();
        damaged.clear();
        StandardOutput to = new StandardOutput(Channels.newChannel(out), Terminal.NONE);
        LinePrinter.LineSink sink = number ? new NumberedLines(to, new LineNumbers(1)) : new PlainLines(to);
        new LinePrinter(snapshot, sink, (lineIndex, _) -> damaged.add(lineIndex)).print(first, end);
        to.flush();
    }

    private String printed() {
        return out.toString(StandardCharsets.ISO_8859_1);
    }

    @Test
    void exactlyTheDamagedLinesAreLeftOut() throws Exception {
        for (int seed = 0; seed < 30; seed++) {
            Random random = new Random(seed);
            byte[] text = Samples.random(1_000, 50, seed);
            if (random.nextBoolean()) {
                text = Arrays.copyOf(text, text.length - 1);
                text[text.length - 1] = 'x';
            }
            List<byte[]> lines = Samples.linesOf(text);
            Set<Long> broken = new TreeSet<>();
            for (int i = random.nextInt(4) * random.nextInt(100); i > 0; i--) {
                broken.add((long) random.nextInt(lines.size()));
            }
            Snapshot snapshot = new LinesInMemory(text, broken);
            print(snapshot, false, 0, lines.size());
            assertEquals(expected(text, broken, false), printed(), "seed " + seed);
            assertEquals(List.copyOf(broken), damaged, "seed " + seed);
            print(snapshot, true, 0, lines.size());
            assertEquals(expected(text, broken, true), printed(), "seed " + seed);
        }
    }

    private static String expected(byte[] text, Set<Long> broken, boolean number) throws IOException {
        List<byte[]> lines = Samples.linesOf(text);
        ByteArrayOutputStream expected = new ByteArrayOutputStream();
        for (int i = 0; i < lines.size(); i++) {
            if (!broken.contains((long) i)) {
                expected.write((number ? i + 1 + "\t" : "").getBytes(StandardCharsets.US_ASCII));
                expected.write(lines.get(i));
                expected.write(i + 1 < lines.size() || text[text.length - 1] == '\n' ? new byte[] {'\n'} : new byte[0]);
            }
        }
        return expected.toString(StandardCharsets.ISO_8859_1);
    }

    /** What a store reads ahead of a damaged line is lost, so it must not read far ahead where all lines are damaged. */
    @Test
    void ifAllLinesAreDamagedFewAreReadAhead() throws Exception {
        byte[] text = "line\n".repeat(3_000).getBytes(StandardCharsets.UTF_8);
        Set<Long> all = new TreeSet<>();
        for (long i = 0; i < 3_000; i++) {
            all.add(i);
        }
        print(new LinesInMemory(text, all), false, 0, 3_000);
        assertEquals(List.copyOf(all), damaged);
        assertTrue(lookups < 3_000 * 20, lookups + " lookups");
    }

    /** The bytes before the damage have been printed, and the next line does not continue them. */
    @Test
    void theLineAfterAPartOfADamagedOneBeginsOnANewLine() throws Exception {
        LinesInMemory lines = new LinesInMemory("a\nbb\nc\n".getBytes(StandardCharsets.UTF_8), Set.of());
        LineParts parts = new LineParts(
                2,
                2,
                part -> part == 0
                        ? CompletableFuture.completedFuture(new byte[] {'b'})
                        : CompletableFuture.failedFuture(new LineDamagedException(1, "gone")));
        lines.scripted.put(1L, CompletableFuture.completedFuture(new Lookup.FoundInParts(parts)));
        print(lines, false, 0, 3);
        assertEquals("a\nb\nc\n", printed());
        assertEquals(List.of(1L), damaged);
        print(lines, true, 0, 3);
        assertEquals("1\ta\n2\tb\n3\tc\n", printed());
    }

    /** A store reads batches of lines, of which the one with the failure is not printed. */
    @Test
    void theLinesBeforeAFailureOfTheStoreArePrinted() {
        String text = "a\nb\nc\n".repeat(1_000);
        LinesInMemory lines = new LinesInMemory(text.getBytes(StandardCharsets.UTF_8), Set.of());
        lines.scripted.put(2_998L, CompletableFuture.failedFuture(new StoreUnavailableException("unreachable")));
        assertThrows(StoreUnavailableException.class, () -> print(lines, false, 0, 3_000));
        assertTrue(text.startsWith(printed()), "the bytes are right");
        int missing = 2_998 - (int) printed().lines().count();
        assertTrue(missing >= 0 && missing < 256, missing + " lines before the failure are not printed");
    }
}
