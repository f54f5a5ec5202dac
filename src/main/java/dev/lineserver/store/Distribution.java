package dev.lineserver.store;

import java.time.Duration;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * Counts how many values lie between fixed bounds, and adds them up. Safe for use by several threads. Threads that record
 * at the same time hardly slow each other down, and a reader may see a value in the counts and not yet in the sum.
 */
public final class Distribution {
    private static final long[] DURATIONS = durations();
    private static final long[] SIZES = {1, 2, 4, 8, 16, 32, 64, 128, 256};

    private final long[] bounds;
    private final LongAdder[] counts;
    private final LongAdder sum = new LongAdder();

    private Distribution(long[] bounds) {
        this.bounds = bounds;
        counts = Stream.generate(LongAdder::new).limit(bounds.length + 1L).toArray(LongAdder[]::new);
    }

    /** Creates a distribution of durations in nanoseconds, with bounds from 10 µs to 10 s. */
    public static Distribution ofDurations() {
        return new Distribution(DURATIONS);
    }

    /** Creates a distribution of sizes, with bounds from 1 to 256. */
    public static Distribution ofSizes() {
        return new Distribution(SIZES);
    }

    /** Returns 10, 25, 50, 100, 250 … µs, up to 10 s. */
    private static long[] durations() {
        long largest = Duration.ofSeconds(10).toNanos();
        return LongStream.iterate(
                        Duration.ofNanos(10_000).toNanos(), decade -> decade <= largest, decade -> decade * 10)
                .flatMap(decade -> LongStream.of(decade, decade * 5 / 2, decade * 5))
                .filter(bound -> bound <= largest)
                .toArray();
    }

    /** Counts a value, which must not be negative. */
    public void record(long value) {
        int bucket = 0;
        // Most values are below the first few bounds, so that a binary search would compare as often.
        while (bucket < bounds.length && value > bounds[bucket]) {
            bucket++;
        }
        counts[bucket].increment();
        sum.add(value);
    }

    /** Returns the inclusive upper bounds, in ascending order. */
    public long[] bounds() {
        return bounds.clone();
    }

    /** Returns the number of values up to each bound and above the one before, and the number above the last bound. */
    public long[] counts() {
        return Stream.of(counts).mapToLong(LongAdder::sum).toArray();
    }

    /** Returns the sum of all values. */
    public long sum() {
        return sum.sum();
    }
}
