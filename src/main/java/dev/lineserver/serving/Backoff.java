package dev.lineserver.serving;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** When to try again what has failed: after a second, and after twice as long each time that it fails again. */
final class Backoff {
    private static final long FIRST_DELAY_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final LongSupplier nanoTime;
    private long failedNanos;
    private long delayNanos;

    Backoff(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Whether the delay after the last failure has passed. */
    boolean isOver() {
        return delayNanos == 0 || nanoTime.getAsLong() - failedNanos >= delayNanos;
    }

    /** Begins the delay after a failure; it is never longer than {@code longest}. */
    void begin(Duration longest) {
        failedNanos = nanoTime.getAsLong();
        delayNanos = Math.clamp(2 * delayNanos, FIRST_DELAY_NANOS, longest.toNanos());
    }

    /** Forgets all failures. */
    void end() {
        delayNanos = 0;
    }
}
