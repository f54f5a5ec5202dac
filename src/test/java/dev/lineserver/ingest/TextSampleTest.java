package dev.lineserver.ingest;

import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.line.Limits;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Plan;
import dev.lineserver.store.TextShape;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class TextSampleTest {
    private static final int BLOCKS = 8;
    private static final int FILE_BYTES = 16 << 20;

    @TempDir
    Path directory;

    private Path write(byte[] content) throws Exception {
        return Files.write(directory.resolve("text"), content);
    }

    /** Returns lines whose lengths are random below a bound that is itself random for each line. */
    private static byte[] text(Random random, int longest) {
        ByteArrayOutputStream text = new ByteArrayOutputStream(FILE_BYTES + longest);
        byte[] line = new byte[longest];
        Arrays.fill(line, (byte) 'x');
        while (text.size() < FILE_BYTES) {
            text.write(line, 0, random.nextInt(1 + random.nextInt(longest)));
            text.write('\n');
        }
        return text.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 40, 3_000, 200_000})
    void theEstimateIsCloseToTheShape(int longest) throws Exception {
        Path file = write(text(new Random(longest), longest));
        TextShape exact;
        TextShape estimate;
        long error;
        try (Source source = Source.open(file.toString())) {
            TextSample sample = TextSample.of(source, BLOCKS).orElseThrow();
            error = sample.error();
            estimate = sample.shape(true);
        }
        try (Source source = Source.open(file.toString())) {
            exact = Planning.shape(source, true, false, Progress.SILENT);
        }
        assertEquals(exact.byteCount(), estimate.byteCount());
        assertEquals(exact.copied(), estimate.copied());
        assertWithin(error + 1, exact.lineCount(), estimate.lineCount());
        assertTrue(longest > 3_000 || error < exact.lineCount() * 0.1, error + " of " + exact.lineCount());
        assertTrue(estimate.longestLine() <= exact.longestLine(), "the longest is one that was seen");
        assertTrue(estimate.longestLine() >= exact.longestLine() * 0.5);
        long classified = Arrays.stream(estimate.linesByLength()).sum();
        assertWithin(estimate.lineCount() / 50 + 1, estimate.lineCount(), classified);
        for (int from : new int[] {0, 1, 30}) {
            assertEquals(share(exact, from), share(estimate, from), 0.1, "share of lines from range " + from + " on");
        }
    }

    private static void assertWithin(long bound, long expected, long actual) {
        assertTrue(Math.abs(expected - actual) <= bound, actual + " is not " + expected + " ± " + bound);
    }

    private static double share(TextShape shape, int from) {
        long[] lines = shape.linesByLength();
        return (double) Arrays.stream(lines, from, lines.length).sum() / shape.lineCount();
    }

    @Test
    void aFileWithoutNewlinesIsOneLongLine() throws Exception {
        Path file = write(new byte[FILE_BYTES]);
        try (Source source = Source.open(file.toString())) {
            TextShape shape = TextSample.of(source, BLOCKS).orElseThrow().shape(false);
            assertEquals(1, shape.lineCount());
            assertEquals(Limits.BLOCK_BYTES, shape.longestLine());
            assertEquals(FILE_BYTES, shape.bytesInLongerLines());
            assertEquals(1, shape.linesByLength()[shape.linesByLength().length - 1]);
            assertFalse(shape.copied());
        }
    }

    @Test
    void theEndAndLongLinesAreSampled() throws Exception {
        byte[] text = new byte[FILE_BYTES];
        Arrays.fill(text, FILE_BYTES - Limits.BLOCK_BYTES, FILE_BYTES, (byte) '\n');
        try (Source source = Source.open(write(text).toString())) {
            assertEquals(
                    FILE_BYTES / BLOCKS,
                    TextSample.of(source, BLOCKS).orElseThrow().shape(false).lineCount());
        }
        byte[] lines = new byte[FILE_BYTES];
        for (int i = 99_999; i < lines.length; i += 100_000) {
            lines[i] = '\n';
        }
        Path file = write(lines);
        try (Source source = Source.open(file.toString())) {
            TextShape shape = TextSample.of(source, BLOCKS).orElseThrow().shape(false);
            assertEquals(99_999 * shape.lineCount(), shape.bytesInLongerLines());
            Files.write(file, new byte[1], StandardOpenOption.APPEND);
            assertThrows(SourceException.class, () -> TextSample.of(source, BLOCKS));
        }
    }

    @Test
    void aSmallFileIsReadWholeAndALargeOneIsEstimated() throws Exception {
        RecordingStore store = new RecordingStore();
        Planning planning = new Planning(store, false, 0, LinesPerRecord.ONE, false);
        Path file = write(Archives.ascii("one\ntwo\n"));
        assertEquals(store.plan, planning.ofSample(List.of(file.toString()), Progress.SILENT));
        assertNotNull(store.lastShape);
        assertEquals(2, store.lastShape.lineCount());

        byte[] line = new byte[64];
        line[63] = '\n';
        byte[] large = new byte[TextSample.BLOCKS * Limits.BLOCK_BYTES + line.length];
        for (int i = 0; i < large.length; i += line.length) {
            System.arraycopy(line, 0, large, i, line.length);
        }
        write(large);
        Plan plan = planning.ofSample(List.of(file.toString()), Progress.SILENT);
        assertEquals("sample", plan.figures().getFirst().name());
        assertEquals(64 << 20, plan.figures().getFirst().value());
        assertEquals("lines-error", plan.figures().getLast().name());
        assertWithin(plan.figures().getLast().value() + 1, large.length / line.length, store.lastShape.lineCount());
    }

    /** The estimate has a margin of a tenth, and never says that a text grows. */
    @Test
    void thePlanOfACompressedCopyEstimatesItsSize() throws Exception {
        RecordingStore store = new RecordingStore();
        byte[] large = new byte[(TextSample.BLOCKS + 1) * Limits.BLOCK_BYTES];
        Random random = new Random(9);
        for (int i = 0; i < large.length; i++) {
            large[i] = (byte) (i % 100 == 99 ? '\n' : i % 100 < 50 ? 'a' + random.nextInt(16) : 'x');
        }
        // Half of the text consists of characters of four bits each.
        double expected = 0.25 + 0.05;
        for (boolean sampled : new boolean[] {false, true}) {
            Path file = write(large);
            for (boolean compress : new boolean[] {true, false}) {
                Planning planning = new Planning(store, false, 0, LinesPerRecord.ONE, compress);
                Plan _ = sampled
                        ? planning.ofSample(List.of(file.toString()), Progress.SILENT)
                        : planning.ofWhole(List.of(file.toString()), Progress.SILENT);
                assertNotNull(store.lastShape);
                assertEquals(compress ? expected : 1, store.lastShape.compression(), 0.05);
                assertEquals(compress, store.lastShape.copied());
                assertEquals((long) (large.length * store.lastShape.compression()), store.lastShape.storedBytes());
            }
        }
        byte[] noise = new byte[1 << 10];
        random.nextBytes(noise);
        // All lines are in the first batch.
        noise[noise.length - 1] = '\n';
        Plan _ = new Planning(store, false, 0, LinesPerRecord.ONE, true)
                .ofWhole(List.of(write(noise).toString()), Progress.SILENT);
        assertNotNull(store.lastShape);
        assertEquals(1, store.lastShape.compression());
    }

    @Test
    void aCompressedFileIsRefused() throws Exception {
        Path file = write(Archives.gzip(new byte[100]));
        SourceException failure = assertThrows(
                SourceException.class,
                () -> new Planning(new RecordingStore(), false, 0, LinesPerRecord.ONE, false)
                        .ofSample(List.of(file.toString()), Progress.SILENT));
        assertEquals(
                file + " must be read from its beginning to its end, because it is compressed, a stream or several"
                        + " files; leave out --sample",
                failure.getMessage());
    }
}
