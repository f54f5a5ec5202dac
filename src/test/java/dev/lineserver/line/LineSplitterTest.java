package dev.lineserver.line;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

import dev.lineserver.store.Samples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

final class LineSplitterTest {
    private final List<byte[]> lines = new ArrayList<>();
    private final ByteArrayOutputStream joined = new ByteArrayOutputStream();

    private LineSplitter<RuntimeException> split(byte[] content, int blockSize, int longest) throws Exception {
        lines.clear();
        joined.reset();
        LineSplitter<RuntimeException> splitter = new LineSplitter<>(longest, this::take);
        byte[] block = new byte[blockSize];
        int[] newlines = new int[blockSize];
        for (int at = 0; at < content.length; at += blockSize) {
            int length = Math.min(blockSize, content.length - at);
            System.arraycopy(content, at, block, 0, length);
            splitter.add(block, length, newlines, Newlines.find(block, 0, length, newlines));
            Arrays.fill(block, (byte) '?');
        }
        splitter.finish();
        return splitter;
    }

    private void take(LineBatch batch) {
        assertEquals(lines.size(), batch.firstLineIndex());
        assertEquals(joined.size(), batch.firstByteOffset());
        for (int i = 0; i < batch.count(); i++) {
            lines.add(Arrays.copyOfRange(batch.bytes(), batch.start(i), batch.end(i)));
            assertEquals(batch.length(i), lines.getLast().length);
        }
        joined.write(batch.bytes(), batch.start(0), batch.byteCount());
        assertSlices(batch);
    }

    /** Each slice has the same lines, bytes and place as in the batch; only the last one can lack a terminator. */
    private static void assertSlices(LineBatch batch) {
        int middle = batch.count() / 2;
        int[][] slices = {{0, batch.count()}, {0, middle}, {middle, batch.count() - middle}, {batch.count() - 1, 1}};
        for (int[] bounds : slices) {
            if (bounds[1] == 0) {
                continue;
            }
            LineBatch slice = batch.slice(bounds[0], bounds[1]);
            assertEquals(bounds[1], slice.count());
            assertEquals(batch.firstLineIndex() + bounds[0], slice.firstLineIndex());
            assertEquals(batch.start(bounds[0]) - batch.start(0), slice.firstByteOffset() - batch.firstByteOffset());
            assertEquals(batch.start(bounds[0]), slice.start(0));
            int last = bounds[0] + bounds[1] - 1;
            assertEquals(batch.end(last), slice.end(slice.count() - 1));
            boolean terminated = batch.terminated() || last < batch.count() - 1;
            assertEquals(terminated, slice.terminated());
            assertEquals(batch.end(last) + (terminated ? 1 : 0) - batch.start(bounds[0]), slice.byteCount());
        }
    }

    @Test
    void theFirstLineMayBeALaterOneOfTheSource() throws Exception {
        List<Long> indices = new ArrayList<>();
        LineSplitter<RuntimeException> splitter =
                new LineSplitter<>(9, 7, batch -> indices.add(batch.firstLineIndex()));
        byte[] block = "a\nb\nc".getBytes(StandardCharsets.US_ASCII);
        splitter.add(block, block.length, new int[] {1, 3}, 2);
        splitter.finish();
        assertEquals(List.of(7L, 9L), indices);
        assertEquals(10, splitter.lineCount());
    }

    @TestFactory
    Stream<DynamicTest> lineLaw() {
        return Samples.all().entrySet().stream()
                .flatMap(sample -> Stream.of(1, 2, 7, 64 << 10)
                        .filter(blockSize -> blockSize > 7 || sample.getValue().length < 1 << 20)
                        .map(blockSize -> DynamicTest.dynamicTest(
                                sample.getKey() + " in blocks of " + blockSize,
                                () -> assertSplits(sample.getValue(), blockSize))));
    }

    private void assertSplits(byte[] content, int blockSize) throws Exception {
        LineSplitter<RuntimeException> splitter = split(content, blockSize, Limits.LONGEST_LINE_BYTES);
        List<byte[]> expected = Samples.linesOf(content);
        assertEquals(expected.size(), lines.size());
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), lines.get(i), "line index " + i);
        }
        assertArrayEquals(content, joined.toByteArray());
        assertEquals(expected.size(), splitter.lineCount());
        assertEquals(content.length, splitter.byteCount());
        assertEquals(expected.stream().mapToInt(line -> line.length).max().orElse(0), splitter.longestLine());
    }

    @Test
    void theLongestLinePassesAndOneByteMoreIsRefused() throws Exception {
        byte[] fits = "ab\n12345\nc\n".getBytes(StandardCharsets.US_ASCII);
        byte[] tooLong = "ab\n123456\nc\n".getBytes(StandardCharsets.US_ASCII);
        byte[] tooLongUnterminated = "ab\n123456".getBytes(StandardCharsets.US_ASCII);
        for (int blockSize : new int[] {1, 2, 5}) {
            split(fits, blockSize, 5);
            assertEquals(3, lines.size());
            for (byte[] content : List.of(tooLong, tooLongUnterminated)) {
                LineTooLongException e = assertThrows(LineTooLongException.class, () -> split(content, blockSize, 5));
                assertEquals("line 2, which starts at byte 3, is longer than 5 bytes", e.getMessage());
            }
        }
    }
}
