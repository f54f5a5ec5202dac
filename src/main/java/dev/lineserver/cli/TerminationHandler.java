package dev.lineserver.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * On SIGHUP, SIGINT or SIGTERM, interrupts the thread that runs the command, and keeps the process alive until the command
 * has rolled back. The JVM runs the shutdown hook on a thread of its own, and exits with 129, 130 or 143 when the hook
 * returns.
 */
final class TerminationHandler implements AutoCloseable {
    private static final Duration ROLLBACK_TIMEOUT = Duration.ofSeconds(5);

    private final Thread command = Thread.currentThread();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean signalReceived;

    /** Registers the hook for the current thread, which must also close this handler. */
    TerminationHandler() {
        Runtime.getRuntime().addShutdownHook(new Thread(this::interrupt, "termination-handler"));
    }

    private void interrupt() {
        // The hook also runs when the process exits normally: then there is nothing to interrupt.
        if (ended.getCount() == 0) {
            return;
        }
        // Set before the interrupt, so that the interrupted command sees it.
        signalReceived = true;
        command.interrupt();
        try {
            ended.await(ROLLBACK_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Returns true after a signal. Any later exception may be a consequence of the interruption. */
    boolean isSignalReceived() {
        return signalReceived;
    }

    /** Releases the hook. The process ends now if a signal was received, and at once on a later signal. */
    @Override
    public void close() {
        ended.countDown();
    }
}
