package dev.lineserver.serving;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.LineStore;
import dev.lineserver.store.StoreException;

/**
 * Calls {@link LineStore#reclaimInBackground} twice a minute, never twice at once. Requests do not depend on it, so no
 * failure is fatal, not even an {@code Error}: it is logged unless it equals the previous one, and later calls follow.
 *
 * <p>The version watch calls {@link #startIfDue}.
 */
final class BackgroundReclaim {
    private static final System.Logger LOG = System.getLogger(BackgroundReclaim.class.getName());
    /** The delay between the end of one call and the start of the next. */
    private static final Duration INTERVAL = Duration.ofSeconds(30);

    private final LongSupplier nanoTime;
    private final Executor executor;
    /** The last call, running or complete. Never fails. */
    private volatile CompletableFuture<Void> last = CompletableFuture.completedFuture(null);
    /** The time from which the store may be called again. */
    private volatile long dueNanos;
    /** The reason why the last call failed; null if it succeeded. Used by one call at a time. */
    private volatile @Nullable String failure;

    /** @param executor runs the calls, which may block */
    BackgroundReclaim(LongSupplier nanoTime, Executor executor) {
        this.nanoTime = nanoTime;
        this.executor = executor;
        dueNanos = nanoTime.getAsLong() + INTERVAL.toNanos();
    }

    /** Starts a call, unless the last one is running or has ended too recently. Does not block. */
    void startIfDue(LineStore store) {
        if (last.isDone() && nanoTime.getAsLong() - dueNanos >= 0) {
            last = CompletableFuture.runAsync(() -> reclaim(store), executor)
                    .exceptionally(thrown -> {
                        fail(String.valueOf(StoreException.causeOf(thrown)));
                        return null;
                    })
                    .thenRun(() -> dueNanos = nanoTime.getAsLong() + INTERVAL.toNanos());
        }
    }

    /** Completes when the last call has ended. Never fails. */
    CompletableFuture<Void> ended() {
        return last;
    }

    private void reclaim(LineStore store) {
        try {
            store.reclaimInBackground();
            failure = null;
        } catch (StoreException e) {
            fail(e.getMessage());
        }
    }

    private void fail(String message) {
        if (!message.equals(failure)) {
            LOG.log(System.Logger.Level.WARNING, "leftovers could not be removed: " + message + "; trying again");
        }
        failure = message;
    }
}
