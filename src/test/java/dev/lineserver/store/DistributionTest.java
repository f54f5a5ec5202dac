package dev.lineserver.store;

import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

final class DistributionTest {
    @Test
    void durationsHaveThreeBoundsADecadeFromTenMicrosecondsToTenSeconds() {
        long[] bounds = Distribution.ofDurations().bounds();
        assertEquals(19, bounds.length);
        assertEquals(TimeUnit.MICROSECONDS.toNanos(10), bounds[0]);
        assertEquals(TimeUnit.MICROSECONDS.toNanos(25), bounds[1]);
        assertEquals(TimeUnit.SECONDS.toNanos(10), bounds[18]);
        assertArrayEquals(LongStream.of(bounds).sorted().distinct().toArray(), bounds);
    }

    /** Each value is counted at the smallest bound that is not below it, or above the last one. */
    @Test
    void everyValueIsCountedOnceAtItsBound() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (Distribution values : new Distribution[] {Distribution.ofDurations(), Distribution.ofSizes()}) {
            long[] bounds = values.bounds();
            long[] recorded = LongStream.concat(
                            LongStream.of(bounds).flatMap(bound -> LongStream.of(bound - 1, bound, bound + 1)),
                            random.longs(1_000, 0, 2 * bounds[bounds.length - 1]))
                    .toArray();
            LongStream.of(recorded).forEach(values::record);
            assertEquals(LongStream.of(recorded).sum(), values.sum(), "seed " + seed);
            long[] counts = values.counts();
            for (int i = 0; i <= bounds.length; i++) {
                long least = i == 0 ? 0 : bounds[i - 1] + 1;
                long most = i == bounds.length ? Long.MAX_VALUE : bounds[i];
                assertEquals(
                        LongStream.of(recorded)
                                .filter(value -> value >= least && value <= most)
                                .count(),
                        counts[i],
                        "bucket " + i + ", seed " + seed);
            }
        }
    }
}
