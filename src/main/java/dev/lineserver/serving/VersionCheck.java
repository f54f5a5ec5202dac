package dev.lineserver.serving;

import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;

/**
 * Runs {@link Snapshot#check} on one open version, at most one at a time. Each is a task of its own, because it may read the
 * whole content, and the refresh that starts it must go on. The version stays open until the check has ended.
 *
 * <p>One thread at a time calls {@link #start}; any thread calls the other methods.
 */
final class VersionCheck {
    private static final System.Logger LOG = System.getLogger(VersionCheck.class.getName());

    private final OpenVersion version;
    /** The last check, running or complete. Never fails. */
    private volatile CompletableFuture<Void> last = CompletableFuture.completedFuture(null);
    /** The reason why the last complete check failed; null if it succeeded. Set by one check at a time. */
    private volatile @Nullable String failure;

    VersionCheck(OpenVersion version) {
        this.version = version;
    }

    /** Starts a check unless one is running. Does not block. */
    void start(Executor executor) {
        if (isRunning()) {
            return;
        }
        try {
            last = CompletableFuture.runAsync(this::run, executor);
        } catch (RejectedExecutionException _) {
            // Datasets is being closed: the result no longer matters.
        }
    }

    boolean isRunning() {
        return !last.isDone();
    }

    /** The reason why the last complete check failed; empty if it succeeded. */
    Optional<String> failure() {
        return Optional.ofNullable(failure);
    }

    /** Completes when the check that was started last has ended. Never fails. */
    CompletableFuture<Void> ended() {
        return last;
    }

    private void run() {
        // After an interrupt, Datasets is being closed. A read would close the file for the requests that read it.
        if (Thread.currentThread().isInterrupted() || !version.acquire()) {
            return;
        }
        try {
            version.snapshot.check();
            failure = null;
        } catch (StoreException e) {
            fail(String.valueOf(e.getMessage()));
        } catch (RuntimeException | Error e) {
            fail(e.toString());
        } finally {
            version.release();
        }
    }

    /** Records a failure, and logs it unless it equals the previous one. */
    private void fail(String message) {
        // An interrupt means that Datasets is being closed: the check has not found anything.
        if (Thread.currentThread().isInterrupted()) {
            return;
        }
        if (!message.equals(failure)) {
            LOG.log(System.Logger.Level.ERROR, version.manifest().versionName() + ": " + message);
        }
        failure = message;
    }
}
