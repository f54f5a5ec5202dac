package dev.lineserver.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * On SIGINT or SIGTERM, interrupts the thread that runs the command, and keeps the process until the command has rolled
 * back. The JVM runs the hook below on a thread of its own, and exits with 130 or 143 when it returns.
 */
final class TerminationHandler implements AutoCloseable {
    private static final Duration ROLLBACK_TIMEOUT = Duration.ofSeconds(5);

    private final Thread command = Thread.currentThread();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean signalReceived;

    /** To be closed by the same thread. */
    TerminationHandler() {
        Runtime.getRuntime().addShutdownHook(new Thread(this::interrupt, "terminationHandler"));
    }

    private void interrupt() {
        if (ended.getCount() == 0) {
            return;
        }
        signalReceived = true;
        command.interrupt();
        try {
            ended.await(ROLLBACK_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether a signal came in. Whatever fails from then on may have failed because of it. */
    boolean isSignalReceived() {
        return signalReceived;
    }

    /** Later signals end the process as they would without this. */
    @Override
    public void close() {
        ended.countDown();
    }
}
