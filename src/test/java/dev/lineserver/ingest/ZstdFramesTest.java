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

/** The headers of frames and blocks, in every form that the format allows. No block is unpacked here. */
final class ZstdFramesTest {
    private static final int SEED = 20261128;
    private static final byte[] EMPTY_FRAME = HexFormat.of().parseHex("28b52ffd2000010000");
    private static final byte[] MAGIC = HexFormat.of().parseHex("28b52ffd");
    private static final int SINGLE_SEGMENT = 0x20;
    private static final int CHECKSUM = 4;
    private static final int[] DICTIONARY_BYTES = {0, 1, 2, 4};
    private static final int LONGEST_BLOCK = 128 << 10;

    private static byte[] read(byte[] archive) throws IOException {
        try (ZstdFrames frames = new ZstdFrames(new ByteArrayInputStream(archive))) {
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

    /** A frame with any valid descriptor, and up to three blocks of any type. */
    private static byte[] frame(Random random) {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        boolean singleSegment = random.nextBoolean();
        boolean checksum = random.nextBoolean();
        int dictionary = random.nextInt(4);
        int sizeCode = random.nextInt(4);
        int sizeBytes = sizeCode == 0 ? singleSegment ? 1 : 0 : 1 << sizeCode;
        frame.writeBytes(MAGIC);
        frame.write(sizeCode << 6 | (singleSegment ? SINGLE_SEGMENT : 0) | (checksum ? CHECKSUM : 0) | dictionary);
        if (!singleSegment) {
            frame.write(random.nextInt(13 << 3));
        }
        frame.writeBytes(new byte[DICTIONARY_BYTES[dictionary]]);
        frame.writeBytes(number(random.nextInt(1 << 20), sizeBytes));
        for (int left = random.nextInt(3); left >= 0; left--) {
            int type = random.nextInt(3);
            int length = random.nextInt(300);
            frame.writeBytes(number((long) length << 3 | type << 1 | (left == 0 ? 1 : 0), 3));
            frame.writeBytes(random(random, type == 1 ? 1 : length));
        }
        frame.writeBytes(random(random, checksum ? Integer.BYTES : 0));
        return frame.toByteArray();
    }

    @Test
    void theLibraryGetsAnEmptyFrameAndThenAllDataFramesUnchanged() throws Exception {
        Random random = new Random(SEED);
        for (int round = 0; round < 3_000; round++) {
            ByteArrayOutputStream archive = new ByteArrayOutputStream();
            ByteArrayOutputStream expected = new ByteArrayOutputStream();
            expected.writeBytes(EMPTY_FRAME);
            for (int left = random.nextInt(4); left > 0; left--) {
                boolean skippable = random.nextInt(3) == 0;
                byte[] frame = skippable ? Archives.skippable(random.nextInt(16), random.nextInt(300)) : frame(random);
                archive.writeBytes(frame);
                expected.writeBytes(skippable ? new byte[0] : frame);
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

    @ParameterizedTest
    @CsvSource({"0, 0", "0, 255", "1, 256", "1, 65791", "2, 65792", "2, 134217728", "3, 134217728"})
    void aSingleSegmentUpToTheLimitIsPassedOn(int sizeCode, long size) throws Exception {
        byte[] archive = singleSegment(sizeCode, size);
        assertArrayEquals(Archives.join(EMPTY_FRAME, archive), read(archive));
    }

    @ParameterizedTest
    @CsvSource({
        "2, 134217729, 128, 28",
        "2, 268435456, 256, 28",
        "2, 4294967295, 4095, 32",
        "3, 4294967296, 4096, 32",
        "3, 9223372036854775807, 8796093022207, 63"
    })
    void aLargerSingleSegmentIsRefusedWithTheCommandThatUnpacksIt(int sizeCode, long size, long mebibytes, int log) {
        assertRefused(
                "unpacking it takes a window of " + mebibytes
                        + " MiB, and the limit is 128 MiB without zstd; install zstd, or"
                        + " unpack it with zstd -d --long=" + log,
                singleSegment(sizeCode, size));
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "0, 7", "12, 7", "13, 0"})
    void aWindowUpToTheLimitIsPassedOn(int exponent, int mantissa) throws Exception {
        byte[] archive = windowed(exponent, mantissa);
        assertArrayEquals(Archives.join(EMPTY_FRAME, archive), read(archive));
    }

    @ParameterizedTest
    @CsvSource({"13, 1, 9, 24", "13, 7, 15, 24", "14, 0, 16, 24", "21, 0, 2048, 31", "31, 7, 3932160, 42"})
    void aLargerWindowIsRefusedWithTheCommandThatUnpacksIt(int exponent, int mantissa, long mebibytes, int log) {
        assertRefused(
                "unpacking it takes a window of " + mebibytes
                        + " MiB, and the limit is 8 MiB without zstd; install zstd, or"
                        + " unpack it with zstd -d --long=" + log,
                windowed(exponent, mantissa));
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
    void aBlockUpToTheLimitIsPassedOnAndALargerOneRefused() throws Exception {
        byte[] header = Archives.join(MAGIC, new byte[] {CHECKSUM, 0});
        byte[] checksum = {1, 2, 3, 4};
        byte[] longest = Archives.join(header, number(LONGEST_BLOCK << 3 | 1, 3), new byte[LONGEST_BLOCK], checksum);
        assertArrayEquals(Archives.join(EMPTY_FRAME, longest), read(longest));
        byte[] longestRun = Archives.join(header, number(LONGEST_BLOCK << 3 | 3, 3), new byte[1], checksum);
        assertArrayEquals(Archives.join(EMPTY_FRAME, longestRun), read(longestRun));
        String message = "its zstd data is damaged (the header of a block is invalid); fetch it again";
        byte[] data = new byte[LONGEST_BLOCK + 1];
        assertRefused(message, Archives.join(header, number((LONGEST_BLOCK + 1) << 3 | 1, 3), data, checksum));
        assertRefused(message, Archives.join(header, number(1 << 3 | 3 << 1 | 1, 3), data));
    }

    @Test
    void dataThatIsNotAFrameIsRefused() {
        IOException e = assertThrows(
                IOException.class, () -> read(Archives.join(Archives.zstd(new byte[9]), Archives.ascii("text"))));
        assertTrue(String.valueOf(e.getMessage()).contains("data that is not a frame follows a frame"), e.getMessage());
    }
}
