package dev.lineserver.serving;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.LineStore;
import dev.lineserver.store.StoreException;

/**
 * Calls the store at intervals, never twice at once. Requests do not depend on it, so no failure is fatal, not even an
 * {@code Error}: it is logged unless it equals the previous one, and later calls follow.
 *
 * <p>The version watch calls {@link #startIfDue}.
 */
final class BackgroundTask {
    private static final System.Logger LOG = System.getLogger(BackgroundTask.class.getName());

    /** A call of the store, which may block. */
    interface StoreCall {
        void call(LineStore store) throws StoreException;
    }

    private final Duration interval;
    private final StoreCall task;
    private final String complaint;
    private final LongSupplier nanoTime;
    private final Executor executor;
    /** The last call, running or complete. Never fails. */
    private volatile CompletableFuture<Void> last = CompletableFuture.completedFuture(null);
    /** The time from which the store may be called again. */
    private volatile long dueNanos;
    /** The reason why the last call failed; null if it succeeded. Used by one call at a time. */
    private volatile @Nullable String failure;

    /**
     * @param firstDelay the delay before the first call
     * @param interval the delay between the end of one call and the start of the next
     * @param complaint begins the message about a failure
     * @param executor runs the calls, which may block
     */
    BackgroundTask(
            Duration firstDelay,
            Duration interval,
            StoreCall task,
            String complaint,
            LongSupplier nanoTime,
            Executor executor) {
        this.interval = interval;
        this.task = task;
        this.complaint = complaint;
        this.nanoTime = nanoTime;
        this.executor = executor;
        dueNanos = nanoTime.getAsLong() + firstDelay.toNanos();
    }

    /** Starts a call, unless the last one is running or has ended too recently. Does not block. */
    void startIfDue(LineStore store) {
        if (!last.isDone() || nanoTime.getAsLong() - dueNanos < 0) {
            return;
        }
        try {
            last = CompletableFuture.runAsync(() -> call(store), executor)
                    .exceptionally(thrown -> {
                        fail(String.valueOf(StoreException.causeOf(thrown)));
                        return null;
                    })
                    .thenRun(() -> dueNanos = nanoTime.getAsLong() + interval.toNanos());
        } catch (RejectedExecutionException _) {
            // The server is ending.
        }
    }

    /** Completes when the last call has ended. Never fails. */
    CompletableFuture<Void> ended() {
        return last;
    }

    private void call(LineStore store) {
        try {
            task.call(store);
            failure = null;
        } catch (StoreException e) {
            fail(e.getMessage());
        }
    }

    private void fail(String message) {
        // An interrupt means that Datasets is being closed: there is no other call.
        if (!Thread.currentThread().isInterrupted() && !message.equals(failure)) {
            LOG.log(System.Logger.Level.WARNING, complaint + ": " + message + "; trying again");
        }
        failure = message;
    }
}
