package dev.lineserver.store;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** Tests counts with the words that follow them. */
final class QuantitiesTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0       | 0 lines         | 0 lines
            1       | 1 line          | 1 line
            2       | 2 lines         | 2 lines
            1234567 | 1,234,567 lines | 1234567 lines
            """)
    void aCountIsFollowedByTheWordForIt(long count, String counted, String ungrouped) {
        assertEquals(counted, Quantities.counted(count, "line", "lines"));
        assertEquals(ungrouped, Quantities.ungrouped(count, "line", "lines"));
    }
}
