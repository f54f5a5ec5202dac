package dev.lineserver.serving;

import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.LineStore;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

/**
 * The store of {@link Datasets}: opened by the first attempt that succeeds, and listed at each check of the version watch. The watch,
 * and before it {@link Datasets#start}, call the methods that change it; any thread calls the others, {@link #close} included.
 */
final class WatchedStore {
    private static final System.Logger LOG = System.getLogger(Datasets.class.getName());

    private final Datasets.StoreOpener opener;
    private final LongSupplier nanoTime;
    private volatile @Nullable LineStore store;
    /** The reason why the last attempt to open or list the store failed; null if it succeeded. */
    private volatile @Nullable String failure = "the store has not been opened yet";

    private volatile long lastListingNanos;
    /** True after {@link #close}. Set before {@link #store} is closed, and under the same lock. */
    private volatile boolean closed;

    /** The time from which the store may be listed again. */
    private long retryNanos;

    WatchedStore(Datasets.StoreOpener opener, LongSupplier nanoTime) {
        this.opener = opener;
        this.nanoTime = nanoTime;
        lastListingNanos = nanoTime.getAsLong();
        retryNanos = lastListingNanos;
    }

    /** Returns false for a while after a failure that lasts until a person changes something. */
    boolean isDue() {
        return nanoTime.getAsLong() - retryNanos >= 0;
    }

    /** Returns the store, which this call opens if that has not yet succeeded. May block. */
    LineStore open() throws StoreException {
        LineStore open = store;
        if (open != null) {
            return open;
        }
        LineStore opened = opener.open();
        synchronized (this) {
            if (!closed) {
                store = opened;
                return opened;
            }
        }
        opened.close();
        throw new StoreUnavailableException("the server is stopping");
    }

    /** Closes the store, also if {@link #open} is just opening it. */
    synchronized void close() {
        closed = true;
        opened().ifPresent(LineStore::close);
    }

    /** The store, if it has been opened. */
    Optional<LineStore> opened() {
        return Optional.ofNullable(store);
    }

    void recordListing() {
        lastListingNanos = nanoTime.getAsLong();
        failure = null;
    }

    /** Records a failure to open or list the store, and logs it unless it equals the previous one. */
    void recordFailure(StoreException e) {
        // After a close, or in the thread that it interrupts, nothing has failed.
        boolean stopping = closed || Thread.currentThread().isInterrupted();
        if (!stopping && !e.getMessage().equals(failure)) {
            LOG.log(System.Logger.Level.ERROR, e.getMessage() + "; trying again");
        }
        failure = e.getMessage();
        if (e instanceof StoreFailedException) {
            retryNanos = nanoTime.getAsLong() + Datasets.RETRY_DELAY.toNanos();
        }
    }

    /** The reason why the store cannot be listed at present; empty if it can. */
    Optional<String> failure() {
        return Optional.ofNullable(failure);
    }

    Duration timeSinceLastListing() {
        return Duration.ofNanos(nanoTime.getAsLong() - lastListingNanos);
    }
}
