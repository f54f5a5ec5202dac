package dev.lineserver.ingest;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.HexFormat;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Zstandard in every form that the format allows; the encoder is the reference implementation. */
final class ZstdFramesTest {
    private static final int SEED = 20261128;
    private static final byte[] MAGIC = HexFormat.of().parseHex("28b52ffd");
    private static final int SINGLE_SEGMENT = 0x20;
    private static final int CHECKSUM = 4;
    private static final int[] DICTIONARY_BYTES = {0, 1, 2, 4};
    private static final int LONGEST_BLOCK = 128 << 10;

    private static byte[] read(byte[] archive) throws IOException {
        return read(archive, Integer.MAX_VALUE);
    }

    private static byte[] read(byte[] archive, long maxWindow) throws IOException {
        try (ZstdFrames frames = new ZstdFrames(new ByteArrayInputStream(archive), maxWindow)) {
            return frames.readAllBytes();
        }
    }

    private static byte[] number(long value, int bytes) {
        byte[] littleEndian = new byte[bytes];
        for (int i = 0; i < bytes; i++) {
            littleEndian[i] = (byte) (value >>> (8 * i));
        }
        return littleEndian;
    }

    private static byte[] random(Random random, int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    /** A frame with any valid descriptor, and up to three blocks that are not compressed. Appends its content. */
    private static byte[] frame(Random random, ByteArrayOutputStream content) {
        ByteArrayOutputStream blocks = new ByteArrayOutputStream();
        ByteArrayOutputStream unpacked = new ByteArrayOutputStream();
        for (int left = random.nextInt(3); left >= 0; left--) {
            boolean run = random.nextBoolean();
            int length = random.nextInt(300);
            byte[] data = random(random, run ? 1 : length);
            blocks.writeBytes(number((long) length << 3 | (run ? 2 : 0) | (left == 0 ? 1 : 0), 3));
            blocks.writeBytes(data);
            for (int i = 0; i < length; i++) {
                unpacked.write(data[run ? 0 : i]);
            }
        }
        content.writeBytes(unpacked.toByteArray());
        boolean checksum = random.nextBoolean();
        int dictionary = random.nextInt(4);
        int size = unpacked.size();
        // A size below 256 cannot be stored in two bytes, nor a larger one in one.
        int sizeCode = size < 256 ? random.nextInt(2) * 2 : 1 + random.nextInt(3);
        boolean singleSegment = random.nextBoolean() && (sizeCode != 0 || size < 256);
        int sizeBytes = sizeCode == 0 ? singleSegment ? 1 : 0 : 1 << sizeCode;
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.writeBytes(MAGIC);
        frame.write(sizeCode << 6 | (singleSegment ? SINGLE_SEGMENT : 0) | (checksum ? CHECKSUM : 0) | dictionary);
        if (!singleSegment) {
            frame.write(random.nextInt(13 << 3));
        }
        frame.writeBytes(new byte[DICTIONARY_BYTES[dictionary]]);
        frame.writeBytes(number(sizeCode == 1 ? size - 256 : size, sizeBytes));
        frame.writeBytes(blocks.toByteArray());
        XxHash64 hash = new XxHash64();
        hash.update(unpacked.toByteArray(), 0, size);
        frame.writeBytes(number(hash.value(), checksum ? Integer.BYTES : 0));
        return frame.toByteArray();
    }

    @Test
    void framesWithAnyHeaderAreUnpackedAndSkippableOnesSkipped() throws Exception {
        Random random = new Random(SEED);
        for (int round = 0; round < 3_000; round++) {
            ByteArrayOutputStream archive = new ByteArrayOutputStream();
            ByteArrayOutputStream expected = new ByteArrayOutputStream();
            for (int left = random.nextInt(4); left > 0; left--) {
                boolean skippable = random.nextInt(3) == 0;
                archive.writeBytes(
                        skippable
                                ? Archives.skippable(random.nextInt(16), random.nextInt(300))
                                : frame(random, expected));
            }
            assertArrayEquals(expected.toByteArray(), read(archive.toByteArray()), "round " + round);
            ByteArrayOutputStream single = new ByteArrayOutputStream();
            ZstdFrames frames = new ZstdFrames(new ByteArrayInputStream(archive.toByteArray()));
            for (int next = frames.read(); next >= 0; next = frames.read()) {
                single.write(next);
            }
            assertArrayEquals(expected.toByteArray(), single.toByteArray(), "byte by byte, round " + round);
        }
    }

    /** From a single letter to noise: each has its own tables, streams, distances and blocks. */
    private static byte[] content(Random random) {
        byte[] content = new byte[random.nextInt(random.nextInt(10) == 0 ? 1_500_000 : 20_000)];
        int letters = 1 + random.nextInt(256);
        int repeats = random.nextInt(60);
        for (int at = 0; at < content.length; ) {
            if (at > 0 && random.nextInt(100) < repeats) {
                int distance = 1 + random.nextInt(Math.min(at, 1 << (1 + random.nextInt(20))));
                for (int left = random.nextInt(1 << (2 + random.nextInt(12)));
                        left > 0 && at < content.length;
                        left--) {
                    content[at] = content[at++ - distance];
                }
            } else {
                content[at++] = (byte) (random.nextInt(letters) * random.nextInt(2));
            }
        }
        return content;
    }

    @Test
    void theContentOfEveryEncoderIsUnpacked() throws Exception {
        Random random = new Random(SEED);
        for (int round = 0; round < 600; round++) {
            byte[] content = content(random);
            int level = random.nextInt(24) - 2;
            int windowLog = random.nextInt(3) == 0 ? 10 + random.nextInt(15) : 0;
            byte[] archive = Archives.zstd(content, level, true, windowLog);
            String message = "round " + round + " of seed " + SEED + ", level " + level + ", window " + windowLog;
            assertArrayEquals(content, read(archive), message);
        }
    }

    private static byte[] singleSegment(int sizeCode, long size) {
        int bytes = 1 << sizeCode;
        byte[] stored = number(sizeCode == 1 ? size - 256 : size, bytes);
        return Archives.join(MAGIC, new byte[] {(byte) (sizeCode << 6 | SINGLE_SEGMENT)}, stored, number(1, 3));
    }

    private static byte[] windowed(int exponent, int mantissa) {
        return Archives.join(MAGIC, new byte[] {0, (byte) (exponent << 3 | mantissa)}, number(1, 3));
    }

    private static void assertRefused(String message, byte[] archive) {
        IOException e = assertThrows(IOException.class, () -> read(archive));
        assertEquals(message, e.getMessage());
    }

    private static void assertWindow(long window, int log, byte[] archive) {
        IOException e = assertThrows(IOException.class, () -> read(archive, window - 1));
        assertEquals(
                "unpacking it takes a window of " + (window >> 20) + " MiB, and the limit is " + ((window - 1) >> 20)
                        + " MiB, a third of the heap; unpack it in a pipe: zstd -dc --long=" + log
                        + " FILE | line-server ingest -",
                e.getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "1, 65791, 17",
        "2, 65792, 17",
        "2, 134217728, 27",
        "2, 4294967295, 32",
        "3, 4294967296, 32",
        "3, 9223372036854775807, 63"
    })
    void theWindowOfASingleSegmentIsItsContent(int sizeCode, long size, int log) {
        assertWindow(size, log, singleSegment(sizeCode, size));
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 1024, 10",
        "0, 7, 1920, 11",
        "13, 1, 9437184, 24",
        "21, 0, 2147483648, 31",
        "31, 7, 4123168604160, 42"
    })
    void aWindowIsOneOfEightSizesForEachPowerOfTwo(int exponent, int mantissa, long window, int log) throws Exception {
        assertWindow(window, log, windowed(exponent, mantissa));
        if (window < Integer.MAX_VALUE) {
            assertArrayEquals(new byte[0], read(windowed(exponent, mantissa), window));
        }
    }

    @Test
    void aFrameNeedsNoWindowLargerThanItsContent() throws Exception {
        byte[] header = Archives.join(MAGIC, new byte[] {(byte) 0x80, (byte) (31 << 3)}, number(3, 4));
        assertArrayEquals(new byte[3], read(Archives.join(header, number(3 << 3 | 3, 3), new byte[1]), 3));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4})
    void aContentOfAnotherSizeIsRefused(int size) {
        String message = "its zstd data is damaged (a frame is not as long as its header says); fetch it again";
        byte[] header = Archives.join(MAGIC, new byte[] {SINGLE_SEGMENT, 3});
        assertRefused(message, Archives.join(header, number((long) size << 3 | 3, 3), new byte[1]));
    }

    @Test
    void anInvalidHeaderOfAFrameIsRefused() {
        String message = "its zstd data is damaged (the header of a frame is invalid); fetch it again";
        assertRefused(message, Archives.join(MAGIC, new byte[] {SINGLE_SEGMENT | 8, 1}, number(1, 3)));
        assertRefused(message, singleSegment(3, -1));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void aFrameThatNeedsADictionaryIsRefused(int code) {
        byte[] dictionary = number(1L << (8 * DICTIONARY_BYTES[code] - 1), DICTIONARY_BYTES[code]);
        assertRefused(
                "it was compressed with a dictionary; unpack it with zstd -d -D DICTIONARY",
                Archives.join(MAGIC, new byte[] {(byte) code, 0}, dictionary, number(1, 3)));
    }

    @Test
    void aBlockUpToTheLimitIsUnpackedAndALargerOneRefused() throws Exception {
        byte[] header = Archives.join(MAGIC, new byte[] {0, 10 << 3});
        byte[] data = random(new Random(SEED), LONGEST_BLOCK);
        assertArrayEquals(data, read(Archives.join(header, number(LONGEST_BLOCK << 3 | 1, 3), data)));
        assertArrayEquals(
                new byte[LONGEST_BLOCK], read(Archives.join(header, number(LONGEST_BLOCK << 3 | 3, 3), new byte[1])));
        String message = "its zstd data is damaged (the header of a block is invalid); fetch it again";
        byte[] longer = new byte[LONGEST_BLOCK + 1];
        assertRefused(message, Archives.join(header, number((LONGEST_BLOCK + 1) << 3 | 1, 3), longer));
        assertRefused(message, Archives.join(header, number((LONGEST_BLOCK + 1) << 3 | 3, 3), longer));
        assertRefused(message, Archives.join(header, number(1 << 3 | 3 << 1 | 1, 3), longer));
    }

    @Test
    void dataThatIsNotAFrameIsRefused() {
        IOException e = assertThrows(
                IOException.class, () -> read(Archives.join(Archives.zstd(new byte[9]), Archives.ascii("text"))));
        assertTrue(String.valueOf(e.getMessage()).contains("data that is not a frame follows a frame"), e.getMessage());
    }
}
