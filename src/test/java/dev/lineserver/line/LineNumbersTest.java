package dev.lineserver.line;

import java.math.BigInteger;
import java.util.Random;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

final class LineNumbersTest {
    @Test
    void numbersAndIndicesAreInverse() {
        Random random = new Random(3);
        for (int first : new int[] {0, 1}) {
            LineNumbers numbers = new LineNumbers(first);
            for (int round = 0; round < 10_000; round++) {
                long number = first + (random.nextLong() >>> (8 + random.nextInt(55)));
                assertEquals(number, numbers.number(numbers.index(Long.toString(number))));
                assertEquals(numbers.index(Long.toString(number)), numbers.index("000" + number));
            }
        }
    }

    @Test
    void numbersBeyondAnyIndexAreBeyondTheEnd() {
        LineNumbers numbers = new LineNumbers(1);
        assertEquals(999_999_999_999_999_998L, numbers.index("999999999999999999"));
        assertEquals(Long.MAX_VALUE, numbers.index("1000000000000000000"));
        assertEquals(Long.MAX_VALUE, numbers.index(BigInteger.TWO.pow(64).toString()));
        assertEquals(Long.MAX_VALUE, numbers.index("9".repeat(5_000)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "+1", "1.5", "1e3", "0x1", " 1", "1 ", "one", "١", "%31", "1/", "0", "000"})
    void textThatIsNotALineNumberIsRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> new LineNumbers(1).index(text));
    }

    @Test
    void theFirstNumberIsZeroOrOne() {
        assertEquals(0, new LineNumbers(0).index("0"));
        assertThrows(IllegalArgumentException.class, () -> new LineNumbers(2));
        assertThrows(IllegalArgumentException.class, () -> new LineNumbers(-1));
    }
}
