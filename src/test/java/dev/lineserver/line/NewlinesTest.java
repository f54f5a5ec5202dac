package dev.lineserver.line;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

final class NewlinesTest {
    @Test
    void marksExactlyTheBytesThatAreNotNewlines() {
        Random random = new Random(1);
        byte[] near = {0x0A, 0x0B, 0x09, 0x0A, (byte) 0x8A, 0x00, (byte) 0xFF, 0x7F, (byte) 0x80, 0x0A};
        for (int round = 0; round < 200_000; round++) {
            long word = 0;
            long expected = 0;
            for (int lane = 0; lane < Long.BYTES; lane++) {
                byte b = near[random.nextInt(near.length)];
                word |= (b & 0xFFL) << (8 * lane);
                expected |= b == '\n' ? 0 : 0x80L << (8 * lane);
            }
            assertEquals(expected, Newlines.topBitUnlessNewline(word), Long.toHexString(word));
        }
    }

    @Test
    void findsTheSamePositionsAsALoop() {
        Random random = new Random(2);
        for (int round = 0; round < 3_000; round++) {
            byte[] bytes = new byte[random.nextInt(300)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = random.nextInt(3) == 0 ? (byte) '\n' : (byte) random.nextInt();
            }
            int from = random.nextInt(bytes.length + 1);
            int to = from + random.nextInt(bytes.length - from + 1);
            int[] expected =
                    IntStream.range(from, to).filter(i -> bytes[i] == '\n').toArray();
            int[] positions = new int[to - from];
            int count = Newlines.find(bytes, from, to, positions);
            assertArrayEquals(expected, Arrays.copyOf(positions, count), "round " + round);
        }
    }
}
