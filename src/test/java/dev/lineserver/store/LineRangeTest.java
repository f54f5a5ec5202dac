package dev.lineserver.store;

import java.nio.ByteBuffer;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

class LineRangeTest {
    /** Several blocks, because the address of one may be right by chance. */
    @ParameterizedTest
    @ValueSource(ints = {1, 63, 64, 65, 4_000, 262_144})
    void aBlockHasTheSizeAndBeginsAtACacheLine(int bytes) {
        for (int i = 0; i < 20; i++) {
            ByteBuffer block = LineRange.allocateBlock(bytes);
            assertEquals(bytes, block.capacity());
            assertEquals(bytes, block.remaining());
            assertEquals(0, block.alignmentOffset(0, LineRange.ALIGNMENT));
        }
    }
}
