package dev.lineserver.serving;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;

/**
 * The versions of one dataset that are open or being opened, by number. A refresh opens the current version; a kept version
 * is opened by the first request that names it. The table owns one reference to each open version.
 *
 * <pre>
 * entry     meaning                  a request that names the version   next state
 * none      the version is not open  begins to open it                  OPENING
 * OPENING   the store is opening it  waits                              OPEN or FAILED; none if it is not listed any more
 * OPEN      requests can read it     reads it                           none if it is not listed any more or is idle
 * FAILED    the store could not      fails for the same reason, or      OPENING; none if it is not listed any more
 *                                    begins again after a delay
 * </pre>
 *
 * <p>Requests call {@link #acquire} and {@link #openForRequest} on any thread. The refresh of the dataset calls
 * {@link #openNow}, {@link #releaseAllBut}, {@link #retain} and {@link #maintain}, one call at a time.
 */
final class VersionTable {
    private static final System.Logger LOG = System.getLogger(VersionTable.class.getName());
    /** A kept version is closed if no request has named it for this time. Opening it again costs one request a wait. */
    static final Duration IDLE_TIMEOUT = Duration.ofMinutes(1);

    private final LineStore store;
    private final LongSupplier nanoTime;
    private final Executor executor;
    private final Predicate<Manifest> isStored;
    private final Map<Long, TableEntry> entries = new ConcurrentHashMap<>();
    /** Versions that have left the table and may still have readers. */
    private final List<OpenVersion> released = new CopyOnWriteArrayList<>();
    /** True after {@link #close}. Guarded by this. */
    private boolean closed;

    /**
     * @param executor runs tasks that may block
     * @param isStored called on such a thread after a version could not be opened; false if the store does not have it any
     *     more, so that this is no fault
     */
    VersionTable(LineStore store, LongSupplier nanoTime, Executor executor, Predicate<Manifest> isStored) {
        this.store = store;
        this.isStored = isStored;
        this.nanoTime = nanoTime;
        this.executor = executor;
    }

    /** One attempt to open a version, and its result. At most one of {@code version} and {@code failure} is not null. */
    private static final class TableEntry {
        final Manifest manifest;
        /** Completed when the attempt has ended. Never fails: completion with null needs no heap, a failure would. */
        final CompletableFuture<Void> ended = new CompletableFuture<>();

        volatile @Nullable OpenVersion version;
        volatile @Nullable Throwable failure;
        /** The time from which a request may begin another attempt. Written before {@code failure}. */
        long retryNanos;
        /** True if a request that names the version has begun the attempt or waits for it. Guarded by the table. */
        boolean requested;
        /** The time at which an open version becomes idle unless a request names it. Guarded by the table. */
        long idleNanos;

        TableEntry(Manifest manifest) {
            this.manifest = manifest;
        }
    }

    /** Acquires an open version for a request that names it; returns null if it is not open. Never blocks. */
    @Nullable
    OpenVersion acquire(long number) {
        TableEntry entry = entries.get(number);
        OpenVersion version = entry == null ? null : entry.version;
        return version != null && version.acquireByNumber() ? version : null;
    }

    /**
     * Begins to open a version in the background, unless that is under way or has just failed. Never blocks.
     *
     * @return completed when the version is open, so that {@link #acquire} finds it; fails with the reason if it cannot be
     *     opened
     */
    CompletionStage<Void> openForRequest(Manifest manifest) {
        TableEntry entry;
        String lastFailure;
        synchronized (this) {
            if (closed) {
                return CompletableFuture.failedFuture(
                        new StoreUnavailableException("dataset " + manifest.dataset() + " is being closed"));
            }
            TableEntry known = find(manifest);
            if (known != null && (known.failure == null || nanoTime.getAsLong() - known.retryNanos < 0)) {
                known.requested = true;
                return outcome(known);
            }
            lastFailure = known == null ? null : messageOf(known.failure);
            entry = begin(manifest);
            entry.requested = true;
        }
        try {
            executor.execute(() -> open(entry, lastFailure));
        } catch (RuntimeException | Error e) {
            // Also if there is no memory for another thread: an attempt that never ends would block the dataset.
            boolean stopping = e instanceof RejectedExecutionException;
            fail(entry, stopping ? new StoreUnavailableException("the server is stopping", e) : e);
            entry.ended.complete(null);
            if (!stopping && !e.toString().equals(lastFailure)) {
                LOG.log(System.Logger.Level.ERROR, manifest.versionName() + " cannot be opened: " + e);
            }
        }
        return outcome(entry);
    }

    private static CompletionStage<Void> outcome(TableEntry entry) {
        return entry.ended.thenRun(() -> {
            Throwable failure = entry.failure;
            if (failure != null) {
                throw new CompletionException(failure);
            }
        });
    }

    private static @Nullable String messageOf(@Nullable Throwable failure) {
        return failure instanceof StoreException ? failure.getMessage() : failure == null ? null : failure.toString();
    }

    /** Opens a version for requests, and logs the outcome before they continue. */
    private void open(TableEntry entry, @Nullable String lastFailure) {
        try {
            open(entry);
            String failure = messageOf(entry.failure);
            if (failure == null) {
                LOG.log(
                        System.Logger.Level.INFO,
                        "opened " + entry.manifest.versionName() + " for requests that name it");
            } else if (Thread.currentThread().isInterrupted()) {
                // Datasets is being closed: nobody waits for the version any more.
                return;
            } else if (isStored.test(entry.manifest) && !failure.equals(lastFailure)) {
                LOG.log(System.Logger.Level.ERROR, entry.manifest.versionName() + " cannot be opened: " + failure);
            }
        } finally {
            entry.ended.complete(null);
        }
    }

    /**
     * Opens a version on the calling thread, or waits if it is being opened already. Returns at once if it is open.
     *
     * @throws StoreException if the store cannot open the version, or the dataset is being closed; a
     *     {@code RuntimeException} or {@code Error} of the store is thrown as well
     */
    OpenVersion openNow(Manifest manifest) throws StoreException {
        TableEntry known;
        TableEntry entry;
        synchronized (this) {
            if (closed) {
                throw new StoreUnavailableException(ServedDataset.BEING_CLOSED);
            }
            known = find(manifest);
            entry = known == null || known.failure != null ? begin(manifest) : known;
        }
        if (entry != known) {
            try {
                open(entry);
            } finally {
                entry.ended.complete(null);
            }
        }
        entry.ended.join();
        OpenVersion version = entry.version;
        if (version != null) {
            return version;
        }
        switch (entry.failure) {
            case StoreException e -> throw e;
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            case null, default -> throw new IllegalStateException(entry.failure);
        }
    }

    /** Returns the entry of a version if it is that of the same manifest. */
    private @Nullable TableEntry find(Manifest manifest) {
        TableEntry entry = entries.get(manifest.version());
        return entry != null && entry.manifest.equals(manifest) ? entry : null;
    }

    /** Adds an entry, and releases the version of the one that it replaces. The caller must then call {@link #open}. */
    private TableEntry begin(Manifest manifest) {
        TableEntry entry = new TableEntry(manifest);
        TableEntry replaced = entries.put(manifest.version(), entry);
        if (replaced != null && replaced.version != null) {
            release(replaced.version);
        }
        return entry;
    }

    /** Sets the version or the failure of an entry. The caller completes {@link TableEntry#ended} in any case. */
    private void open(TableEntry entry) {
        try {
            addOpened(entry, new OpenVersion(store.open(entry.manifest)));
        } catch (StoreException | RuntimeException | Error e) {
            fail(entry, e);
        }
    }

    private void fail(TableEntry entry, Throwable failure) {
        long delay = failure instanceof StoreUnavailableException ? 0 : Datasets.RETRY_DELAY.toNanos();
        entry.retryNanos = nanoTime.getAsLong() + delay;
        entry.failure = failure;
    }

    /** Completes an entry, unless it left the table while the store opened the version. */
    private synchronized void addOpened(TableEntry entry, OpenVersion version) {
        if (!closed && entries.get(entry.manifest.version()) == entry) {
            entry.idleNanos = nanoTime.getAsLong() + (entry.requested ? IDLE_TIMEOUT.toNanos() : 0);
            entry.version = version;
        } else {
            release(version);
            fail(
                    entry,
                    new StoreUnavailableException(entry.manifest.versionName() + " was withdrawn while it was opened"));
        }
    }

    private void release(OpenVersion version) {
        released.add(version);
        version.release();
        // The list references the index. The caller may be about to allocate the heap that the index occupies.
        if (version.closed.isDone()) {
            released.remove(version);
        }
    }

    /**
     * Removes the versions that are not listed any more, and those that are idle. They are closed after their last reader.
     *
     * @param listed tells whether the store has a published version with this manifest
     * @param current the version that requests without a number read; it stays
     */
    synchronized void retain(Predicate<Manifest> listed, @Nullable OpenVersion current) {
        long now = nanoTime.getAsLong();
        entries.values().removeIf(entry -> {
            OpenVersion version = entry.version;
            if (version == null) {
                return !listed.test(entry.manifest);
            }
            if (version.clearRequested()) {
                entry.idleNanos = now + IDLE_TIMEOUT.toNanos();
            }
            boolean needed = version == current || (listed.test(entry.manifest) && now - entry.idleNanos < 0);
            if (!needed) {
                release(version);
            }
            return !needed;
        });
    }

    /** The number of open versions, including released ones that still have readers. */
    int openVersions() {
        long open =
                entries.values().stream().filter(entry -> entry.version != null).count();
        return Math.toIntExact(open
                + released.stream().filter(version -> !version.closed.isDone()).count());
    }

    /**
     * Removes all open versions except the current one.
     *
     * @return false if there was none
     */
    synchronized boolean releaseAllBut(@Nullable OpenVersion current) {
        return entries.values().removeIf(entry -> {
            OpenVersion version = entry.version;
            if (version == null || version == current) {
                return false;
            }
            release(version);
            return true;
        });
    }

    /**
     * Asks the store to keep released versions for the requests that still read them, and starts a check of each open
     * version. May block.
     */
    void maintain(@Nullable OpenVersion current) {
        released.removeIf(version -> version.closed.isDone());
        released.forEach(version -> version.snapshot.keepAlive());
        // The table lacks the current version if another manifest has taken its number.
        if (current != null) {
            current.check.start(executor);
        }
        for (TableEntry entry : entries.values()) {
            OpenVersion version = entry.version;
            if (version != null && version != current) {
                version.check.start(executor);
            }
        }
    }

    /**
     * Releases all versions, and makes attempts in progress release theirs.
     *
     * @return a future that completes when these attempts have ended, and all versions have been closed
     */
    synchronized CompletableFuture<Void> close() {
        closed = true;
        releaseAllBut(null);
        Stream<CompletableFuture<Void>> attempts = entries.values().stream().map(entry -> entry.ended);
        Stream<CompletableFuture<Void>> versions = released.stream().map(version -> version.closed);
        CompletableFuture<Void> all =
                CompletableFuture.allOf(Stream.concat(attempts, versions).toArray(CompletableFuture[]::new));
        entries.clear();
        return all;
    }
}
