package dev.lineserver.store;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

final class IngestRateTest {
    @ParameterizedTest
    @CsvSource({
        "1, 1, false",
        "050000, 50000, false",
        "999999999, 999999999, false",
        "500kB, 500000, true",
        "20MB, 20000000, true",
        "2gb, 2000000000, true",
        "1KiB, 1024, true",
        "20MiB, 20971520, true",
        "999999999GiB, 1073741822926258176, true",
    })
    void aNumberIsInLinesAndAUnitMakesItBytes(String text, long perSecond, boolean inBytes) {
        assertEquals(new IngestRate(perSecond, inBytes), IngestRate.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "0", "0MB", "-1", "1.5MB", "20 MB", "20M", "20B", "20MB/s", "1000000000", "fast", "20TB"})
    void otherTextIsRefused(String text) {
        IllegalArgumentException failure = assertThrows(IllegalArgumentException.class, () -> IngestRate.parse(text));
        assertEquals(
                "'" + text + "' is not a rate: use lines per second, such as 50000,"
                        + " or bytes per second, such as 500kB, 20MB or 20MiB",
                failure.getMessage());
    }

    @Test
    void aRateIsPositive() {
        assertThrows(IllegalArgumentException.class, () -> new IngestRate(0, true));
    }
}
