package dev.lineserver.store.embedded;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;

/**
 * Runs reads on the calling thread, an event loop, as long as they are served from RAM, and on threads of its own as long
 * as they wait for the disk, so that a cold read does not block the other requests of its loop.
 *
 * <p>Nothing tells beforehand whether a read will wait. So the loop waits for the first two slow ones, since the scheduler
 * may have suspended the thread of a single one; further reads go to the other threads, until
 * {@value #FAST_READS_TO_COME_BACK} of them were fast. See {@code src/docs/decisions/008-cold-reads-leave-the-event-loop.md}.
 */
final class DiskReads implements AutoCloseable {
    /** A read from RAM takes 2 to 10 µs; one from the fastest disks takes 50 to 100. */
    static final long SLOW_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

    /** A slow read with no other one this close before it says nothing about the disk. */
    static final int READS_BETWEEN_SLOW_ONES = 128;

    static final int FAST_READS_TO_COME_BACK = 64;

    private static final long NANOS_BETWEEN_FAILURES = TimeUnit.MILLISECONDS.toNanos(5);

    /** A queue as deep as solid-state disks serve well. */
    private static final int THREADS = 32;

    static final int MOST_WAITING = 16_384;
    private static final long THREADS_STAY_SECONDS = 30;

    /** Fast reads after which a slow one is forgotten; beyond {@link #READS_BETWEEN_SLOW_ONES} the disk is slow. */
    private final AtomicInteger fastReadsMissing = new AtomicInteger();

    private final LongSupplier nanoTime;
    private final ThreadPoolExecutor threads;

    /** @param mostWaiting reads; further ones are refused */
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
    interface Task {
        void read() throws StoreException;

        /** Called after the read, on its thread. */
        void done();

        /** Called instead if the read has failed or could not be made. */
        boolean completeExceptionally(Throwable failure);
    }

    /** Reads on the calling thread, or on another if the disk is slow. */
    void run(Task task) {
        if (fastReadsMissing.get() <= READS_BETWEEN_SLOW_ONES) {
            runHere(task);
        } else {
            runElsewhere(task);
        }
    }

    /** Reads on another thread; for reads that take long even from RAM. */
    void runElsewhere(Task task) {
        try {
            threads.execute(() -> {
                try {
                    runHere(task);
                } catch (OutOfMemoryError e) {
                    fail(task, e);
                }
            });
        } catch (RejectedExecutionException e) {
            String why = threads.isShutdown() ? "the store is closed" : "too many reads wait for the disk; try again";
            task.completeExceptionally(new StoreUnavailableException(why, e));
        }
    }

    /** With a full heap not even a failure can be handed over, until other requests have ended. */
    private static void fail(Task task, OutOfMemoryError failure) {
        boolean completed = false;
        while (!completed) {
            try {
                task.completeExceptionally(failure);
                completed = true;
            } catch (OutOfMemoryError e) {
                LockSupport.parkNanos(NANOS_BETWEEN_FAILURES);
            }
        }
    }

    private void runHere(Task task) {
        try {
            long start = nanoTime.getAsLong();
            try {
                task.read();
            } finally {
                note(nanoTime.getAsLong() - start);
            }
            task.done();
        } catch (StoreException | RuntimeException | Error e) {
            task.completeExceptionally(e);
        }
    }

    private void note(long nanos) {
        if (nanos > SLOW_NANOS) {
            fastReadsMissing.updateAndGet(
                    missing -> READS_BETWEEN_SLOW_ONES + (missing == 0 ? 0 : FAST_READS_TO_COME_BACK));
        } else if (fastReadsMissing.get() > 0) {
            fastReadsMissing.updateAndGet(missing -> Math.max(0, missing - 1));
        }
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
