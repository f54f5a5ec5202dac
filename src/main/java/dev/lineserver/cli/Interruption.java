package dev.lineserver.cli;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * On SIGINT or SIGTERM, interrupts the thread that runs the command, and keeps the process until the command has rolled
 * back. The JVM runs the hook below on a thread of its own, and exits with 130 or 143 when it returns.
 */
final class Interruption implements AutoCloseable {
    private static final Duration LONGEST_ROLL_BACK = Duration.ofSeconds(5);

    private final Thread command = Thread.currentThread();
    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean underWay;

    /** To be closed by the same thread. */
    Interruption() {
        Runtime.getRuntime().addShutdownHook(new Thread(this::interrupt, "interruption"));
    }

    private void interrupt() {
        if (ended.getCount() == 0) {
            return;
        }
        underWay = true;
        command.interrupt();
        try {
            ended.await(LONGEST_ROLL_BACK.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether a signal came in. Whatever fails from then on may have failed because of it. */
    boolean isUnderWay() {
        return underWay;
    }

    /** Later signals end the process as they would without this. */
    @Override
    public void close() {
        ended.countDown();
    }
}
