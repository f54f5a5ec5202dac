package dev.lineserver.serving;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.ControlCharacters;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.StoredVersion;

/**
 * A dataset that the store lists, with its open versions: the current one, if it could be opened, and the kept ones that
 * requests have named.
 *
 * <pre>
 * current version   lookups succeed   state        requests          readiness
 * not open          –                 unreadable   503               DOWN
 * open              yes               readable     answered          UP, even if a newer version cannot be opened
 * open              no                unreadable   as lookups fail   DOWN
 * </pre>
 *
 * <p>The state of a kept version concerns only the requests that name it.
 *
 * <p>Requests call {@link #acquire()}, {@link #acquire(long)} and {@link #open} on any thread, and never block. The version
 * watch calls {@link #list}. {@link #refresh} and {@link #refreshOpenVersions} may block; {@link Datasets} calls them on its
 * refresh threads, one call at a time per dataset. {@link #close} is called by the version watch or at the end of the
 * program, possibly during a refresh.
 *
 * <p>A version passes through these steps: {@link #refresh} opens it and installs it as the current one; another version
 * supersedes it; it stays open as a kept version if requests name it and the store still lists it; its requests end, and
 * the last one closes it. {@link VersionTable} has the steps of a kept version.
 */
public final class ServedDataset {
    private static final System.Logger LOG = System.getLogger(ServedDataset.class.getName());
    private static final Pattern NUMBER = Pattern.compile("\\d+");
    /** The reason why no version is open once {@link #close} has begun. */
    static final String BEING_CLOSED = "it is being closed";

    private final DatasetName name;
    private final LongSupplier nanoTime;
    private final LookupProbe probe;
    private final VersionTable versions;

    private final KnownVersions known;
    /** This dataset owns one reference to it. */
    private volatile @Nullable OpenVersion current;
    /** The reason why the newest listed version is not open; null if it is the current one. */
    private volatile @Nullable String openFailure = "it is being opened";
    /** The reason why lookups on the current version fail; null if they succeed. Its check may have failed as well. */
    private volatile @Nullable String lookupFailure;
    /** The version that a refresh last tried to open. Like the next two fields, used by refreshes only. */
    private @Nullable Manifest lastAttempted;
    /** The value of {@link #lastAttempted} at the last failure to open a version or to list the versions. */
    private @Nullable Manifest lastFailed;
    /** The time from which that version may be tried again. */
    private long retryNanos;

    /** True after {@link #close}. Guarded by this. */
    private boolean closed;

    /**
     * @param store opens the versions
     * @param listing the first listing of the dataset
     * @param lookupTimeout a lookup that takes longer counts as failed
     * @param executor runs tasks that may block
     */
    ServedDataset(
            LineStore store, DatasetListing listing, LongSupplier nanoTime, Duration lookupTimeout, Executor executor) {
        name = listing.name();
        known = new KnownVersions(listing);
        this.nanoTime = nanoTime;
        probe = new LookupProbe(nanoTime, lookupTimeout);
        versions = new VersionTable(store, nanoTime, executor, manifest -> known.isStored(store, manifest));
    }

    /** Replaces the listing. Does not block. */
    void list(DatasetListing newListing) {
        known.list(newListing);
    }

    /** The name of the dataset. */
    public String name() {
        return name.value();
    }

    /** The number of open versions, including those that are not served any more and still have readers. */
    public int openVersions() {
        return versions.openVersions();
    }

    /** The manifest of the current version; empty if it is not open. */
    public Optional<Manifest> manifest() {
        return Optional.ofNullable(current).map(OpenVersion::manifest);
    }

    /**
     * The versions that the store has according to the last listing that describes them, held ones included; empty if there
     * has not been any.
     */
    public Optional<DatasetVersions> versions() {
        return known.versions();
    }

    /** The published version with this number; empty if the last listing that describes the versions has none. */
    public Optional<StoredVersion> published(long number) {
        return known.published(number);
    }

    /** The reason why the versions cannot be listed at present; empty if {@link #versions} is up to date. */
    public Optional<String> listingFailure() {
        return known.last() instanceof DatasetListing.Unreadable(DatasetName _, StoreException failure)
                ? Optional.of("the versions of dataset " + name + " cannot be listed: " + failure.getMessage())
                : Optional.empty();
    }

    /**
     * Acquires a version for a request that names its number.
     *
     * @return the version, which the caller must release; null if it is not open, and then {@link #open} may open it
     */
    public @Nullable OpenVersion acquire(long number) {
        return versions.acquire(number);
    }

    /**
     * Opens a version for requests that name its number, unless it is open.
     *
     * @param version a published version of {@link #versions}
     * @return completed when {@link #acquire(long)} finds the version; fails if it cannot be opened
     */
    public CompletionStage<Void> open(StoredVersion version) {
        try {
            return versions.openForRequest(version.describe());
        } catch (StoreException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    /**
     * Acquires the current version for one request.
     *
     * @return the version, which the caller must release; null if no version is open, and then {@link #unavailability} gives
     *     the reason
     */
    public @Nullable OpenVersion acquire() {
        while (true) {
            OpenVersion version = current;
            // A refresh replaces the current version before it releases the old one. So if the version that was read
            // here is already closed, the next read sees another one, or null.
            if (version == null || version.acquire()) {
                return version;
            }
        }
    }

    /** The reason why lookups fail at present; empty if they succeed. */
    public Optional<String> unavailability() {
        OpenVersion version = current;
        return Optional.ofNullable(version == null ? openFailure : lookupFailure)
                .or(() -> version == null ? Optional.empty() : version.check.failure())
                .map(reason -> "dataset " + name + " cannot be read: " + reason);
    }

    /** Completes when the check of the current version that was started last has ended. Never fails. */
    CompletableFuture<Void> checkEnded() {
        OpenVersion version = current;
        return version == null ? CompletableFuture.completedFuture(null) : version.check.ended();
    }

    /** Returns true if an older version is served because the newest listed one cannot be opened. */
    public boolean isOutdated() {
        return openFailure != null && current != null;
    }

    /** Opens the listed version unless it is the current one, and then calls {@link #refreshOpenVersions}. */
    void refresh() {
        try {
            switch (known.last()) {
                case DatasetListing.Described(DatasetVersions described) -> {
                    Optional<StoredVersion> newest = described.current();
                    if (newest.isPresent()) {
                        openIfNotCurrent(newest.get().describe());
                    }
                }
                case DatasetListing.Unreadable(DatasetName _, StoreException failure) -> throw failure;
            }
        } catch (StoreUnavailableException e) {
            // Without a delay: the next check tries again.
            recordOpenFailure(e.getMessage());
        } catch (StoreException | RuntimeException | Error e) {
            failAndDelayRetry(describe(e));
        } finally {
            versions.retain(known::contain, current);
            // Also after a failure: requests go on reading the version that is open.
            refreshOpenVersions();
        }
    }

    /** Records a failure that another attempt would probably repeat. */
    private void failAndDelayRetry(String failure) {
        recordOpenFailure(failure);
        retryNanos = nanoTime.getAsLong() + Datasets.RETRY_DELAY.toNanos();
    }

    private void recordOpenFailure(String failure) {
        // The failure of another version is logged, even if its message differs by a number only.
        openFailure = logIfChanged(Objects.equals(lastAttempted, lastFailed) ? openFailure : null, failure);
        lastFailed = lastAttempted;
    }

    private void openIfNotCurrent(Manifest newest) throws StoreException {
        OpenVersion open = current;
        if (open == null || !open.manifest().equals(newest)) {
            if (newest.equals(lastAttempted) && nanoTime.getAsLong() - retryNanos < 0) {
                // Too early for another attempt: openFailure keeps its reason.
                return;
            }
            lastAttempted = newest;
            retryNanos = nanoTime.getAsLong();
            install(openNewest(newest));
        } else {
            openFailure = null;
        }
    }

    /**
     * Opens a version. If the heap is too small, closes the kept versions, and tries once more.
     *
     * @throws StoreUnavailableException if that was in vain: a request or a check may still read one of them, so the next
     *     check of the version watch tries again, and nothing is closed then
     */
    private OpenVersion openNewest(Manifest newest) throws StoreException {
        try {
            return versions.openNow(newest);
        } catch (StoreException | Error e) {
            if (!isLackOfHeap(e) || !versions.releaseAllBut(current)) {
                throw e;
            }
            LOG.log(
                    System.Logger.Level.WARNING,
                    "dataset " + name + ": closed the kept versions, to free heap for version " + newest.version());
            try {
                return versions.openNow(newest);
            } catch (StoreException | Error again) {
                if (isLackOfHeap(again)) {
                    throw new StoreUnavailableException(describe(again), again);
                }
                throw again;
            }
        }
    }

    private static String describe(Throwable failure) {
        return failure instanceof StoreException
                ? String.valueOf(failure.getMessage())
                : "the newest version cannot be opened: " + failure;
    }

    private static boolean isLackOfHeap(Throwable failure) {
        return failure instanceof OutOfMemoryError || failure.getCause() instanceof OutOfMemoryError;
    }

    /**
     * Makes a version the current one, and releases the one that it supersedes. Does nothing if the dataset was closed while
     * the version was being opened.
     */
    private synchronized void install(OpenVersion version) {
        if (closed || !version.acquire()) {
            return;
        }
        OpenVersion replaced = current;
        Manifest manifest = version.manifest();
        current = version;
        openFailure = null;
        lookupFailure = null;
        LOG.log(
                System.Logger.Level.INFO,
                "serving " + manifest.versionName() + ": "
                        + Quantities.ungrouped(manifest.lineCount(), "line", "lines") + ", from "
                        + ControlCharacters.escape(manifest.sourceName()));
        // The current version has been replaced above: a request that fails to acquire the old one finds the new one.
        if (replaced != null) {
            replaced.release();
        }
    }

    /**
     * Asks the store to keep the versions that it no longer lists for the requests that still read them, starts a check of
     * each open version, and finds out whether lookups on the current version succeed.
     */
    void refreshOpenVersions() {
        if (Thread.currentThread().isInterrupted()) {
            // Datasets is being closed. A read would close the file for the requests that still read it.
            return;
        }
        OpenVersion version = acquire();
        try {
            // Before the next check starts.
            boolean checking = version != null && version.check.isRunning();
            versions.maintain(version);
            if (version != null) {
                probe(version, checking);
            }
        } catch (InterruptedException e) {
            // Datasets is being closed: the result no longer matters.
            Thread.currentThread().interrupt();
        } finally {
            if (version != null) {
                version.release();
            }
        }
    }

    private void probe(OpenVersion version, boolean checking) throws InterruptedException {
        if (!known.contain(version.manifest())) {
            // The newest version could not be opened, so this one is still needed.
            version.snapshot.keepAlive();
        }
        String failure = probe.failure(version);
        if (failure != null) {
            lookupFailure = logIfChanged(lookupFailure, failure);
        } else if (!checking && version.check.failure().isEmpty()) {
            // During a check or after a failed one, a line that can be read proves little: others cannot.
            lookupFailure = null;
        }
    }

    /**
     * Logs a failure unless it equals the previous one but for numbers, so that a lasting failure is logged once. A failed
     * lookup names its line, and each check looks up another one.
     *
     * @return {@code failure}
     */
    private String logIfChanged(@Nullable String before, String failure) {
        boolean known = before != null && withoutNumbers(failure).equals(withoutNumbers(before));
        // An interrupt means that Datasets is being closed: nothing has failed.
        if (!known && !isClosed() && !Thread.currentThread().isInterrupted()) {
            String served = manifest()
                    .map(manifest -> "; serving version " + manifest.version())
                    .orElse("");
            LOG.log(System.Logger.Level.ERROR, "dataset " + name + ": " + failure + served);
        }
        return failure;
    }

    private static String withoutNumbers(String message) {
        return NUMBER.matcher(message).replaceAll("");
    }

    /**
     * Withdraws the dataset: releases its versions, and makes a running refresh release the version that it opens.
     *
     * @return a future that completes when all versions up to now have been closed
     */
    synchronized CompletableFuture<Void> close() {
        closed = true;
        openFailure = BEING_CLOSED;
        // First: a refresh in progress that finds no current version would open it again.
        CompletableFuture<Void> ended = versions.close();
        OpenVersion last = current;
        current = null;
        if (last != null) {
            last.release();
        }
        return ended;
    }

    private synchronized boolean isClosed() {
        return closed;
    }
}
