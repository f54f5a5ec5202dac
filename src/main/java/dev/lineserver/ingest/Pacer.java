package dev.lineserver.ingest;

import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.LineBatch;
import dev.lineserver.store.IngestRate;

/**
 * Delays the batches of an ingest so that they keep within a rate: each batch is due when those before it have taken the
 * time that the rate gives them. An ingest that was late does not catch up, except for {@link #SLACK_NANOS}, so a store
 * that was slow for a while receives no burst afterwards. Used by one thread.
 */
final class Pacer {
    /** Makes up for sleeps that last longer than intended. */
    static final long SLACK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final long NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    private final @Nullable IngestRate rate;
    private final Clock clock;
    private long due;

    /** Measures time, and lets it pass. */
    interface Clock {
        Clock SYSTEM = new Clock() {
            @Override
            public long nanoTime() {
                return System.nanoTime();
            }

            @Override
            public void sleep(long nanos) throws InterruptedException {
                TimeUnit.NANOSECONDS.sleep(nanos);
            }
        };

        long nanoTime();

        void sleep(long nanos) throws InterruptedException;
    }

    /** @param rate null for no limit */
    Pacer(@Nullable IngestRate rate, Clock clock) {
        this.rate = rate;
        this.clock = clock;
        this.due = clock.nanoTime();
    }

    /** Returns when the next batch is due. */
    void await(LineBatch batch) throws InterruptedException {
        if (rate == null) {
            return;
        }
        long early = due - clock.nanoTime();
        if (early > 0) {
            clock.sleep(early);
        }
        due = Math.max(due, clock.nanoTime() - SLACK_NANOS) + nanos(rate, batch);
    }

    private static long nanos(IngestRate rate, LineBatch batch) {
        long amount = rate.inBytes() ? batch.byteCount() : batch.count();
        // Less than 2^61, because a batch has less than 2^31 bytes.
        return Math.ceilDiv(amount * NANOS_PER_SECOND, rate.perSecond());
    }
}
