package dev.lineserver.serving;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Runs a check again and again on one daemon thread, whatever the check throws, until closed. */
final class VersionWatch implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(VersionWatch.class.getName());
    /** Longest that {@link #close} waits for a check in progress. */
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(1);

    private final Supplier<Duration> check;
    private final Duration delayAfterFailure;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;

    /**
     * Starts the thread. The first check runs after {@code delayAfterFailure}.
     *
     * @param check returns the delay before the next check
     * @param delayAfterFailure the delay before the next check if one throws
     */
    VersionWatch(Supplier<Duration> check, Duration delayAfterFailure) {
        this.check = check;
        this.delayAfterFailure = delayAfterFailure;
        thread = Thread.ofPlatform().daemon().name("version-watch").start(this::run);
    }

    private void run() {
        Duration delay = delayAfterFailure;
        while (!isClosedAfter(delay)) {
            delay = runOnce();
        }
    }

    private Duration runOnce() {
        try {
            return check.get();
        } catch (Throwable failure) {
            // The top of this thread: a server whose watch ended would serve an old version for good.
            logQuietly(failure);
            return delayAfterFailure;
        }
    }

    private static void logQuietly(Throwable failure) {
        try {
            LOG.log(System.Logger.Level.ERROR, "checking for new versions failed unexpectedly; trying again", failure);
        } catch (RuntimeException | Error outOfMemoryAgain) {
            // The next check may find more memory; this thread must reach it.
        }
    }

    private boolean isClosedAfter(Duration delay) {
        try {
            return closed.await(delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException endedByClose) {
            return true;
        }
    }

    /** Ends the thread; interrupts a check in progress and waits for it, at most a second. */
    @Override
    public void close() {
        closed.countDown();
        thread.interrupt();
        try {
            thread.join(CLOSE_PATIENCE);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
