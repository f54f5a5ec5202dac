package dev.lineserver.ingest;

import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.LineBatch;
import dev.lineserver.line.LineSplitter;
import dev.lineserver.store.IngestRate;

/**
 * Passes the lines of an ingest on so that they keep within a rate: in slices, each of which is due when those before it
 * have taken the time that the rate gives them. An ingest that was late does not catch up, except for {@link #SLACK_NANOS},
 * so a store that was slow for a while receives no burst afterwards. Used by one thread.
 */
final class Pacer {
    /** Makes up for sleeps that last longer than intended. */
    static final long SLACK_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** A batch may hold the lines of minutes. A slice holds those of this period, or a single line. */
    static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    private static final long NANOS_PER_SECOND = TimeUnit.SECONDS.toNanos(1);

    private final @Nullable IngestRate rate;
    private final long unlimitedLines;
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

    /**
     * @param rate null for no limit
     * @param unlimitedLines number of lines at the beginning of the source that are not delayed
     */
    Pacer(@Nullable IngestRate rate, long unlimitedLines, Clock clock) {
        this.rate = rate;
        this.unlimitedLines = unlimitedLines;
        this.clock = clock;
        this.due = clock.nanoTime();
    }

    /** Passes all lines of a batch on, each when it is due. */
    <X extends Exception> void pass(LineBatch batch, LineSplitter.BatchSink<X> sink) throws X, InterruptedException {
        if (rate == null) {
            sink.accept(batch);
            return;
        }
        int first = Math.clamp(unlimitedLines - batch.firstLineIndex(), 0, batch.count());
        if (first > 0) {
            sink.accept(batch.slice(0, first));
        }
        while (first < batch.count()) {
            LineBatch slice = slice(rate, batch, first);
            await(nanos(rate, slice));
            sink.accept(slice);
            first += slice.count();
        }
    }

    private static LineBatch slice(IngestRate rate, LineBatch batch, int first) {
        LineBatch slice = batch.slice(first, 1);
        for (int lines = 2; first + lines <= batch.count() && nanos(rate, slice) < SLICE_NANOS; lines++) {
            slice = batch.slice(first, lines);
        }
        return slice;
    }

    private void await(long nanos) throws InterruptedException {
        long early = due - clock.nanoTime();
        if (early > 0) {
            clock.sleep(early);
        }
        due = Math.max(due, clock.nanoTime() - SLACK_NANOS) + nanos;
    }

    private static long nanos(IngestRate rate, LineBatch batch) {
        long amount = rate.inBytes() ? batch.byteCount() : batch.count();
        // Less than 2^61, because a batch has less than 2^31 bytes.
        return Math.ceilDiv(amount * NANOS_PER_SECOND, rate.perSecond());
    }
}
