package dev.lineserver.cli;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine.Help.Ansi;

import dev.lineserver.store.Quantities;

import static org.junit.jupiter.api.Assertions.assertEquals;

final class ConsoleProgressTest {
    private static final long MIB = 1 << 20;

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private long now = Long.MAX_VALUE - 1;
    private final ConsoleProgress progress = new ConsoleProgress(
            "ingest", new Messages(new PrintStream(printed, true, StandardCharsets.UTF_8), Ansi.OFF), () -> now);

    /** Passes time, and reports a position in MiB at its end. */
    private void update(double seconds, double position, long size) {
        now += Math.round(seconds * 1e9);
        progress.update(Math.round(position * MIB), size, 1_000);
    }

    private List<String> reports() {
        return printed.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void theRateAndTheRemainingTimeAreThoseOfTheLastSeconds() {
        double position = 0;
        update(0, position, 10_000 * MIB);
        for (int i = 0; i < 300; i++) {
            position += i < 150 ? 8 : 0.5;
            update(0.1, position, 10_000 * MIB);
        }
        assertEquals(
                "line-server: ingest: 240.0 MiB of 9.8 GiB, 2 %, 1,000 lines, 80.0 MiB/s, 2 min left",
                reports().getFirst());
        update(30, position + 150, 10_000 * MIB);
        assertEquals(
                "line-server: ingest: 1.4 GiB of 9.8 GiB, 14 %, 1,000 lines, 5.0 MiB/s, 29 min left",
                reports().getLast());
    }

    @Test
    void withoutASizeOrWithoutProgressNoTimeIsPromised() {
        update(4, 0, -1);
        update(3, 1_023, -1);
        update(30, 1_023, 2_046 * MIB);
        update(30, 2_046, 2_046 * MIB);
        assertEquals(
                List.of(
                        "line-server: ingest: 1023.0 MiB, 1,000 lines, 341.0 MiB/s",
                        "line-server: ingest: 1023.0 MiB of 2.0 GiB, 50 %, 1,000 lines, 0 B/s",
                        "line-server: ingest: 2.0 GiB of 2.0 GiB, 100 %, 1,000 lines, 34.1 MiB/s, 0 s left"),
                reports());
    }

    @Test
    void whatAnEarlierIngestHasDoneIsNotPartOfTheRate() {
        update(0, 1_000, 2_000 * MIB);
        update(10, 1_100, 2_000 * MIB);
        assertEquals(
                List.of("line-server: ingest: 1.1 GiB of 2.0 GiB, 55 %, 1,000 lines, 10.0 MiB/s, 90 s left"),
                reports());
    }

    @Test
    void reportsBecomeRarerDownToOneEachMinute() {
        for (int second = 0; second <= 3_600; second++) {
            update(second == 0 ? 0 : 1, second, 3_600 * MIB);
        }
        // After 3, 6, 9, 12, 15, 18, 22, 27 … 256, 308 seconds, and then each minute.
        assertEquals(21 + 54, reports().size());
    }

    @ParameterizedTest
    @CsvSource({"0.4, 0 s", "119.4, 119 s", "120, 2 min", "7199, 120 min", "7200, 2.0 h", "360000, 100.0 h"})
    void anEstimateHasTwoOrThreeDigits(double seconds, String expected) {
        assertEquals(expected, Quantities.coarse(seconds));
    }
}
