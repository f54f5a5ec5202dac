package dev.lineserver.store.embedded;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

import dev.lineserver.store.QueueLimit;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;

/**
 * Runs reads on the calling event loop while the operating system serves them from RAM, and on a pool of disk threads
 * while they wait for the disk. Otherwise a cold read would block all other requests of its event loop.
 *
 * <p>A program cannot tell in advance whether a read will wait, so this class measures each read. One slow read is not
 * evidence of a slow disk, because the scheduler may have suspended its thread; two slow reads in short succession are.
 * All threads share one counter, {@link #fastReadsRequired}, which is the state:
 *
 * <pre>
 * counter     state                     next read on     fast read   slow read
 * 0           in RAM                    calling thread   stays 0     128
 * 1 … 128     one slow read was seen    calling thread   minus 1     192
 * 129 … 192   the disk is slow          disk thread      minus 1     192
 * </pre>
 *
 * <p>Thus {@value #FAST_READS_TO_RETURN} consecutive fast reads return to the calling thread, and
 * {@value #FAST_READS_TO_FORGET} more forget the slow ones. A read is validated and completed on the thread that made
 * it. See {@code src/docs/decisions/008-cold-reads-leave-the-event-loop.md} for the measurements.
 */
final class DiskReads implements AutoCloseable {
    /**
     * A read that takes longer is slow, beside one nanosecond for each byte. A line from RAM takes 2 to 10 µs, and one from
     * the fastest disks 50 to 100 µs; RAM gives several bytes in a nanosecond.
     */
    static final long SLOW_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

    /** After this many fast reads, one slow read is forgotten. */
    static final int FAST_READS_TO_FORGET = 128;

    /** After this many consecutive fast reads on disk threads, reads return to the calling thread. */
    static final int FAST_READS_TO_RETURN = 64;

    private static final long OUT_OF_MEMORY_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    /** Reads in progress at once. Solid-state disks reach their full rate at about this queue depth. */
    private static final int THREADS = 32;

    /** Reads that may wait for a disk thread, if {@link QueueLimit} does not refuse them earlier. */
    static final int MAX_QUEUED = 16_384;

    /** Time that a read may wait for a disk thread. Then further ones fail at once, so that clients can ask elsewhere. */
    static final long MAX_WAIT_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** Reads that may wait although the disk has not answered as many within {@link #MAX_WAIT_NANOS}. */
    static final int MIN_QUEUED = 8 * THREADS;

    private static final String TOO_MANY = "too many reads wait for the disk; try again";

    private static final long KEEP_ALIVE_SECONDS = 30;

    /** Number of fast reads until slow ones are forgotten. Above {@link #FAST_READS_TO_FORGET}, the disk is slow. */
    private final AtomicInteger fastReadsRequired = new AtomicInteger();

    private final LongSupplier nanoTime;
    private final QueueLimit limit;
    private final ThreadPoolExecutor threads;

    /** @param maxQueued reads that may wait for a disk thread; further ones fail at once */
    DiskReads(LongSupplier nanoTime, int maxQueued) {
        this.nanoTime = nanoTime;
        limit = new QueueLimit(MAX_WAIT_NANOS, MIN_QUEUED, maxQueued);
        threads = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                KEEP_ALIVE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(maxQueued),
                Thread.ofPlatform().daemon().name("disk-reads-", 0).factory());
        threads.allowCoreThreadTimeOut(true);
    }

    /**
     * A read that may have to wait for the disk. {@code run} calls {@link #read}, and then one of the other methods.
     */
    interface DiskRead {
        /** Returns the number of bytes to read, or more if they must be unpacked, too. */
        int length();

        /** Reads the bytes. This is the measured part. */
        void read() throws StoreException;

        /** Called after a successful read, on the same thread. */
        void afterRead();

        /** Called if the read failed or was not attempted. */
        boolean completeExceptionally(Throwable failure);
    }

    /** Reads on the calling thread, or on a disk thread if the disk is slow. */
    void run(DiskRead read) {
        if (fastReadsRequired.get() <= FAST_READS_TO_FORGET) {
            readAndComplete(read);
        } else {
            runOnDiskThread(read);
        }
    }

    /** Reads on a disk thread. Called directly for reads that would occupy an event loop too long even from RAM. */
    void runOnDiskThread(DiskRead read) {
        // The threads take one read at a time, so that the queue is not empty while reads have to wait.
        int queued = threads.getQueue().size();
        if (!limit.admits(queued, queued == 0, nanoTime.getAsLong())) {
            read.completeExceptionally(StoreUnavailableException.refusal(TOO_MANY, null));
            return;
        }
        try {
            threads.execute(() -> {
                limit.recordLeft(1, nanoTime.getAsLong());
                try {
                    readAndComplete(read);
                } catch (OutOfMemoryError e) {
                    // Completing the read has failed as well. Without another attempt, its request would never end.
                    failWhenHeapIsFree(read, e);
                }
            });
        } catch (RejectedExecutionException e) {
            String why = threads.isShutdown() ? "the store is closed" : TOO_MANY;
            read.completeExceptionally(new StoreUnavailableException(why, e));
        }
    }

    /**
     * Fails a read although the heap is full. Completing a stage allocates, so this retries until other requests have
     * released memory. It blocks only a disk thread.
     */
    private static void failWhenHeapIsFree(DiskRead read, OutOfMemoryError failure) {
        boolean completed = false;
        while (!completed) {
            try {
                read.completeExceptionally(failure);
                completed = true;
            } catch (OutOfMemoryError e) {
                LockSupport.parkNanos(OUT_OF_MEMORY_PAUSE_NANOS);
            }
        }
    }

    private void readAndComplete(DiskRead read) {
        try {
            long start = nanoTime.getAsLong();
            try {
                read.read();
            } finally {
                // Failed reads count, too, because a failing disk may be slow.
                recordDuration(nanoTime.getAsLong() - start - read.length());
            }
            read.afterRead();
        } catch (StoreException | RuntimeException | Error e) {
            read.completeExceptionally(e);
        }
    }

    private void recordDuration(long nanos) {
        if (nanos > SLOW_NANOS) {
            fastReadsRequired.updateAndGet(
                    required -> FAST_READS_TO_FORGET + (required == 0 ? 0 : FAST_READS_TO_RETURN));
        } else if (fastReadsRequired.get() > 0) {
            // The plain read above spares all event loops a write to a shared cache line in the common state, 0.
            fastReadsRequired.updateAndGet(required -> Math.max(0, required - 1));
        }
    }

    @Override
    public void close() {
        threads.shutdown();
    }
}
