package dev.lineserver.store;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

final class LinesPerRecordTest {
    @ParameterizedTest
    @CsvSource({"1, 1", "16, 16", "0064, 64", "4096, 4096", "auto, 0"})
    void aNumberOrAutoIsAccepted(String text, int count) {
        assertEquals(count, LinesPerRecord.parse(text).count());
        assertEquals(
                LinesPerRecord.parse(text),
                LinesPerRecord.parse(LinesPerRecord.parse(text).toString()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "4097", "99999999999", "1.5", "AUTO", "many", " 1", ""})
    void anythingElseIsRefused(String text) {
        IllegalArgumentException refusal =
                assertThrows(IllegalArgumentException.class, () -> LinesPerRecord.parse(text));
        assertEquals("'" + text + "' is neither a number from 1 to 4096 nor auto", refusal.getMessage());
    }

    @ParameterizedTest
    @CsvSource({
        "1000, 100000, 163",
        "1, 100000, 1",
        "1000, 1000, 4096",
        "0, 0, 1",
        "5000000000, 500000000000, 163",
    })
    void autoFillsRecordsOf16KiB(long lines, long bytes, int expected) {
        assertEquals(expected, LinesPerRecord.AUTO.of(lines, bytes, 1 << 20));
    }

    @Test
    void aNumberDoesNotDependOnTheText() {
        assertEquals(16, new LinesPerRecord(16).of(1, 1 << 30, 1 << 20));
    }
}
