package dev.lineserver.store;

/**
 * Bounds a queue by the time that its items wait, so that an overloaded store answers what it can and refuses the rest at
 * once. With a bound on the number only, a slow store would keep every item until its client has given up, and then do the
 * work in vain.
 *
 * <p>The first item of a queue of length n waits for n items to leave. So a queue may be as long as the number of items that
 * left it within the last {@code maxWaitNanos}. This number says nothing about a store that was idle a moment ago; until
 * a store has been in use for that time, only {@code maxLength} bounds the queue, which admits a burst. A queue that is
 * empty because all of its items have just been taken is in use.
 *
 * <p>The number of the last interval is estimated by two counters: all of the current interval, and as much of the previous
 * one as still lies within {@code maxWaitNanos}, as if its items had left evenly.
 *
 * <p>Thread-safe: each method holds the monitor for a few instructions.
 */
public final class QueueLimit {
    private final long maxWaitNanos;
    private final int minLength;
    private final int maxLength;

    private boolean started;
    private long intervalStart;
    private long leftInInterval;
    private long leftInPrevious;
    private long busySince;
    private boolean busy;

    /**
     * @param maxWaitNanos time that an item may wait, in nanoseconds; positive
     * @param minLength length that is always admitted, at least 1: as many items as are taken from the queue at once
     * @param maxLength length that is never exceeded, so that the heap is not
     */
    public QueueLimit(long maxWaitNanos, int minLength, int maxLength) {
        this.maxWaitNanos = maxWaitNanos;
        this.minLength = Math.min(minLength, maxLength);
        this.maxLength = maxLength;
    }

    /**
     * Returns true if an item may be added to the queue.
     *
     * @param length present length of the queue
     * @param idle true if an item that is added now would leave the queue at once
     * @param now time in nanoseconds, as {@link System#nanoTime()}
     */
    public synchronized boolean admits(int length, boolean idle, long now) {
        if (idle) {
            busy = false;
        } else if (!busy) {
            busy = true;
            busySince = now;
        }
        if (length < minLength) {
            return true;
        }
        return length < maxLength && (now - busySince < maxWaitNanos || length < leftWithinMaxWait(now));
    }

    /**
     * Records that items have left the queue to be answered.
     *
     * @param count number of items
     * @param now time in nanoseconds, as {@link System#nanoTime()}
     */
    public synchronized void recordLeft(int count, long now) {
        startInterval(now);
        leftInInterval += count;
    }

    private long leftWithinMaxWait(long now) {
        startInterval(now);
        double ofPrevious = 1 - (double) (now - intervalStart) / maxWaitNanos;
        return leftInInterval + Math.round(leftInPrevious * ofPrevious);
    }

    /** Starts another interval if the current one has ended. */
    private void startInterval(long now) {
        if (!started) {
            // Any time may be the first one: System.nanoTime() may be negative.
            started = true;
            intervalStart = now;
        }
        long intervals = (now - intervalStart) / maxWaitNanos;
        if (intervals > 0) {
            leftInPrevious = intervals == 1 ? leftInInterval : 0;
            leftInInterval = 0;
            intervalStart += intervals * maxWaitNanos;
        }
    }
}
