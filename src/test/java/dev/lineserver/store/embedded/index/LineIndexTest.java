package dev.lineserver.store.embedded.index;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.line.LineBatch;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class LineIndexTest {
    @TempDir
    Path directory;

    private int files;

    /** Writes an index of lines with the given lengths, in batches of random sizes, and reads it. */
    private LineIndex index(int lines, IntUnaryOperator lengthOf) throws Exception {
        Path file = write(lines, lengthOf);
        return read(file, lines, end(lines, lengthOf));
    }

    private Path write(int lines, IntUnaryOperator lengthOf) throws Exception {
        Path file = directory.resolve("index-" + files++);
        Random random = new Random(lines);
        try (FileChannel channel = FileChannel.open(file, CREATE_NEW, WRITE)) {
            LineIndexWriter writer = new LineIndexWriter(channel::write);
            for (int at = 0; at < lines; ) {
                int count = lengthOf.applyAsInt(at) > 1 << 20 ? 1 : Math.min(lines - at, 1 + random.nextInt(700));
                int from = random.nextInt(100);
                int[] ends = new int[count];
                int end = from;
                for (int i = 0; i < count; i++) {
                    end += lengthOf.applyAsInt(at + i);
                    ends[i] = end++;
                }
                writer.add(new LineBatch(new byte[0], from, ends, 0, count, true, at, 0));
                at += count;
            }
            writer.finish();
        }
        return file;
    }

    private static LineIndex read(Path file, long lines, long end) throws IOException {
        LineIndex index = LineIndexFile.allocate(file, lines, end);
        LineIndexFile.fill(file, index);
        return index;
    }

    private static long end(int lines, IntUnaryOperator lengthOf) {
        return lines + IntStream.range(0, lines).mapToLong(lengthOf::applyAsInt).sum();
    }

    private void assertExact(int lines, IntUnaryOperator lengthOf) throws Exception {
        LineIndex index = index(lines, lengthOf);
        assertEquals(lines, index.lineCount());
        long start = 0;
        for (int i = 0; i < lines; i++) {
            assertEquals(start, index.start(i), "start of line index " + i);
            assertEquals(lengthOf.applyAsInt(i), index.length(i), "length of line index " + i);
            start += lengthOf.applyAsInt(i) + 1L;
        }
        assertEquals(start, index.end());
    }

    @TestFactory
    Stream<DynamicTest> startsAndLengthsAreExact() {
        int[] random = new Random(4).ints(3_000, 0, 300).toArray();
        int[] skewed = new Random(5)
                .ints(3_000, 0, 1 << 20)
                .map(i -> i % 50 == 0 ? i : i % 7)
                .toArray();
        return Stream.of(
                DynamicTest.dynamicTest("none", () -> assertExact(0, _ -> 0)),
                DynamicTest.dynamicTest("one", () -> assertExact(1, _ -> 5)),
                DynamicTest.dynamicTest("all empty", () -> assertExact(2_000, _ -> 0)),
                DynamicTest.dynamicTest("all equal", () -> assertExact(2_000, _ -> 99)),
                DynamicTest.dynamicTest(
                        "equal except the last of a block", () -> assertExact(1_024, i -> i == 511 ? 8 : 7)),
                DynamicTest.dynamicTest(
                        "equal except the first of a block", () -> assertExact(1_025, i -> i == 512 ? 8 : 7)),
                DynamicTest.dynamicTest("one short of a block", () -> assertExact(127, i -> i % 9)),
                DynamicTest.dynamicTest("a block", () -> assertExact(128, i -> i % 9)),
                DynamicTest.dynamicTest("one more than a block", () -> assertExact(129, i -> i % 9)),
                DynamicTest.dynamicTest("random", () -> assertExact(3_000, i -> random[i])),
                DynamicTest.dynamicTest("skewed", () -> assertExact(3_000, i -> skewed[i])),
                DynamicTest.dynamicTest("huge first", () -> assertExact(600, i -> i == 0 ? 256 << 20 : 1)),
                DynamicTest.dynamicTest("huge last", () -> assertExact(600, i -> i == 599 ? 200 << 20 : 1)),
                DynamicTest.dynamicTest("beyond 2^32 bytes", () -> assertExact(600, i -> (200 << 20) + i)),
                DynamicTest.dynamicTest(
                        "a file larger than a buffer", () -> assertExact(400_000, i -> skewed[i % 3_000])));
    }

    @Test
    void takesAtMostOneAndAHalfBytesPerLineOfText() throws Exception {
        Random random = new Random(6);
        int[] lengths = random.ints(200_000, 0, 200).toArray();
        LineIndex index = index(lengths.length, i -> lengths[i]);
        long bytes = ((long) index.words().length + index.directory().length) * Long.BYTES;
        assertTrue(bytes <= 1.5 * lengths.length, bytes + " bytes");
    }

    @Test
    void aChangeOfAnyByteIsDetected() throws Exception {
        byte[] good = Files.readAllBytes(write(700, i -> i % 50));
        for (int at = 0; at < good.length; at++) {
            byte[] bad = good.clone();
            bad[at] ^= 0x10;
            assertDamaged(bad, "byte " + at);
        }
    }

    @Test
    void aTruncatedFileIsDetected() throws Exception {
        byte[] good = Files.readAllBytes(write(700, i -> i % 50));
        for (int length = 0; length < good.length; length++) {
            assertDamaged(java.util.Arrays.copyOf(good, length), "length " + length);
        }
    }

    @Test
    void anIndexOfAnotherContentIsDetected() throws Exception {
        Path file = write(700, i -> i % 50);
        long end = end(700, i -> i % 50);
        assertEquals(700, read(file, 700, end).lineCount());
        for (long lines : new long[] {-1, Long.MIN_VALUE, 0, 640, 699, 701, 769, 1 << 20, Long.MAX_VALUE}) {
            assertThrows(IOException.class, () -> read(file, lines, end), lines + " lines");
        }
        assertThrows(IOException.class, () -> read(file, 700, end - 1));
    }

    @Test
    void aForeignFileIsDetected() throws Exception {
        assertDamaged(
                "not an index at all, but long enough to be one; really\n"
                        .repeat(9)
                        .getBytes(StandardCharsets.UTF_8),
                "text");
        assertDamaged(new byte[4096], "zeros");
    }

    private void assertDamaged(byte[] bytes, String what) throws Exception {
        Path file = directory.resolve("damaged");
        Files.write(file, bytes);
        assertThrows(IOException.class, () -> read(file, 700, end(700, i -> i % 50)), what);
    }
}
