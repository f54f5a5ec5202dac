package dev.lineserver.store.embedded;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;

/**
 * Reads on the calling thread as long as reads come from RAM, and on threads of its own as long as they have to wait for
 * the disk, so that a cold read does not hold up what else the caller has to do.
 *
 * <p>Nothing says beforehand whether a read will wait. So the first two slow ones are waited for, since a lone one may have
 * been put aside by the scheduler; from then on reads go to the other threads, until {@value #FAST_READS_TO_COME_BACK} of
 * them were fast. See {@code src/docs/decisions/008-cold-reads-leave-the-event-loop.md}.
 */
final class DiskReads implements AutoCloseable {
    /** Reading and handing over a line from RAM takes 2 to 10 µs; the fastest disks take 50 to 100. */
    static final long SLOW_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

    /** A slow read that has no other one this close before it says nothing of the disk. */
    static final int READS_BETWEEN_SLOW_ONES = 128;

    static final int FAST_READS_TO_COME_BACK = 64;

    /** As many as a solid-state disk likes to have waiting. */
    private static final int THREADS = 32;

    private static final int MOST_WAITING = 16_384;
    private static final long THREADS_STAY_SECONDS = 30;

    private final AtomicInteger fastReadsMissing = new AtomicInteger();
    private final LongAdder readsDone = new LongAdder();
    /** How many reads were done when the last slow one was. */
    private final AtomicLong lastSlowRead = new AtomicLong(-READS_BETWEEN_SLOW_ONES);

    private final LongSupplier nanoTime;
    private final ThreadPoolExecutor threads;

    DiskReads() {
        this(System::nanoTime, MOST_WAITING);
    }

    /** @param mostWaiting reads, beyond which more are refused */
    DiskReads(LongSupplier nanoTime, int mostWaiting) {
        this.nanoTime = nanoTime;
        threads = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                THREADS_STAY_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(mostWaiting),
                Thread.ofPlatform().daemon().name("disk-reads-", 0).factory());
        threads.allowCoreThreadTimeOut(true);
    }

    /** A read that may have to wait for the disk. */
    @FunctionalInterface
    interface Read<T> {
        T read() throws StoreException;
    }

    /**
     * Reads here and now, or later elsewhere.
     *
     * @return what was read, or what it failed with; {@link StoreUnavailableException} where too many wait already
     */
    <T> CompletableFuture<T> read(Read<T> read) {
        if (fastReadsMissing.get() == 0) {
            CompletableFuture<T> done = new CompletableFuture<>();
            timed(read, done);
            return done;
        }
        CompletableFuture<T> later = new CompletableFuture<>();
        try {
            threads.execute(() -> timed(read, later));
        } catch (RejectedExecutionException e) {
            later.completeExceptionally(
                    new StoreUnavailableException("too many reads are waiting for the disk; ask again", e));
        }
        return later;
    }

    private <T> void timed(Read<T> read, CompletableFuture<T> result) {
        long start = nanoTime.getAsLong();
        try {
            T value = read.read();
            note(nanoTime.getAsLong() - start);
            result.complete(value);
        } catch (StoreException | RuntimeException e) {
            note(nanoTime.getAsLong() - start);
            result.completeExceptionally(e);
        }
    }

    private void note(long nanos) {
        readsDone.increment();
        if (nanos > SLOW_NANOS) {
            long done = readsDone.sum();
            if (done - lastSlowRead.getAndSet(done) <= READS_BETWEEN_SLOW_ONES) {
                fastReadsMissing.set(FAST_READS_TO_COME_BACK);
            }
        } else if (fastReadsMissing.get() > 0) {
            fastReadsMissing.updateAndGet(missing -> Math.max(0, missing - 1));
        }
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
