package dev.lineserver.cli;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

import dev.lineserver.store.Await;
import dev.lineserver.store.Snapshot;

/**
 * Keeps the versions that a command reads, as a server does for its requests: while it is open, a thread of its own calls
 * {@link Snapshot#keepAlive}. Without these calls, a version that is replaced or dropped during the command may become
 * unreadable. The command closes this first, and the snapshots afterwards.
 */
final class KeepAlive implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(KeepAlive.class.getName());
    /** As often as the interface requires. */
    private static final Duration INTERVAL = Duration.ofMillis(500);
    /** For a call in flight, which takes milliseconds unless the store is out of reach. */
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);

    private final List<Snapshot> snapshots;
    private final ScheduledExecutorService thread = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("keep-alive").factory());

    KeepAlive(Snapshot... snapshots) {
        this.snapshots = List.of(snapshots);
        long pause = INTERVAL.toNanos();
        Future<?> _ = thread.scheduleWithFixedDelay(this::keepAlive, pause, pause, TimeUnit.NANOSECONDS);
    }

    private void keepAlive() {
        try {
            snapshots.forEach(Snapshot::keepAlive);
        } catch (RuntimeException | Error e) {
            // The executor would drop a task that throws.
            LOG.log(System.Logger.Level.ERROR, "keeping the versions that this command reads failed unexpectedly", e);
        }
    }

    @Override
    public void close() {
        thread.shutdown();
        boolean _ = Await.termination(thread, CLOSE_TIMEOUT);
    }
}
