package dev.lineserver.store;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class QueueLimitTest {
    private static final long MAX_WAIT = 1_000;
    private static final int MIN = 10;
    private static final int MAX = 500;

    private final QueueLimit limit = new QueueLimit(MAX_WAIT, MIN, MAX);

    /** The time at which a test begins. {@link System#nanoTime} may be negative, or become negative. */
    private long origin;

    private void recordLeft(int count, long now) {
        limit.recordLeft(count, origin + now);
    }

    private boolean admits(int length, long now) {
        return limit.admits(length, length == 0, origin + now);
    }

    /** Returns the number of items that an empty queue would admit in all. */
    private int capacity(long now) {
        int length = 1;
        while (admits(length, now)) {
            length++;
        }
        return length;
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1_000_000, Long.MAX_VALUE - 15 * MAX_WAIT / 2})
    void aQueueThatWasEmptyAdmitsABurst(long first) {
        origin = first;
        assertTrue(admits(0, 5_000));
        assertEquals(MAX, capacity(5_000));
        assertEquals(MAX, capacity(5_000 + MAX_WAIT - 1));
        assertEquals(MIN, capacity(5_000 + MAX_WAIT), "nothing has left");
        assertTrue(admits(0, 7_000));
        assertEquals(MAX, capacity(7_000));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1_000_000, Long.MAX_VALUE - 15 * MAX_WAIT / 2})
    void aQueueInUseAdmitsAsManyItemsAsLeftItWithinTheMaxWait(long first) {
        origin = first;
        assertEquals(MAX, capacity(0));
        for (long now = 0; now < 10 * MAX_WAIT; now += 10) {
            recordLeft(1, now);
            assertFalse(now >= MAX_WAIT && !isWithin(95, 105, capacity(now)), () -> "100 items left");
        }
        for (long now = 10 * MAX_WAIT; now < 20 * MAX_WAIT; now += 10) {
            recordLeft(3, now);
        }
        assertTrue(isWithin(295, 305, capacity(20 * MAX_WAIT - 1)));
        for (long now = 20 * MAX_WAIT; now < 30 * MAX_WAIT; now += 10) {
            recordLeft(9, now);
        }
        assertEquals(MAX, capacity(30 * MAX_WAIT - 1));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1_000_000, Long.MAX_VALUE - 15 * MAX_WAIT / 2})
    void aStalledQueueShrinksWithinTwiceTheMaxWait(long first) {
        origin = first;
        assertEquals(MAX, capacity(0));
        for (long now = 0; now < 2 * MAX_WAIT; now += 10) {
            recordLeft(3, now);
        }
        assertTrue(isWithin(140, 160, capacity(2 * MAX_WAIT + MAX_WAIT / 2)));
        assertEquals(MIN, capacity(3 * MAX_WAIT));
        assertEquals(MIN, capacity(30 * MAX_WAIT));
    }

    /** Reads leave in batches, so that the queue of a busy store is empty after each. */
    @ParameterizedTest
    @ValueSource(longs = {0, -1_000_000, Long.MAX_VALUE - 15 * MAX_WAIT / 2})
    void aQueueThatIsTakenAsAWholeAdmitsNoBurst(long first) {
        origin = first;
        for (long now = 0; now < 5 * MAX_WAIT; now += MAX_WAIT / 2) {
            recordLeft(50, now);
            assertTrue(limit.admits(0, false, origin + now));
            assertTrue(now < MAX_WAIT || isWithin(50, 150, capacity(now)), "50 to 100 items left");
        }
    }

    private static boolean isWithin(int least, int most, int value) {
        return value >= least && value <= most;
    }
}
