package dev.lineserver.serving;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.ControlCharacters;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.StoredVersion;

/**
 * A dataset that the store lists, with its open version, if one could be opened.
 *
 * <pre>
 * open version   lookups succeed   state        requests          readiness
 * no             –                 unreadable   503               DOWN
 * yes            yes               readable     answered          UP, even if a newer version cannot be opened
 * yes            no                unreadable   as lookups fail   DOWN
 * </pre>
 *
 * <p>Requests call {@link #acquire} on any thread, and never block. {@link #refresh} and {@link #refreshOpenVersions} may
 * block; {@link Datasets} calls them on its refresh threads, one call at a time per dataset. {@link #close} is called by the
 * version watch or at the end of the program, possibly during a refresh.
 *
 * <p>A version passes through these steps: {@link #refresh} opens it and installs it as the current one; a newer version
 * supersedes it; its requests end, and the last one closes it.
 */
public final class ServedDataset {
    private static final System.Logger LOG = System.getLogger(ServedDataset.class.getName());
    /**
     * Damaged probes in a row after which the whole version counts as unreadable. One damaged line says nothing about the
     * others.
     */
    private static final int MAX_DAMAGED_PROBES = 3;

    private final DatasetName name;
    private final LongSupplier nanoTime;
    private final Duration lookupTimeout;
    /** Versions that are no longer current and may still have readers. */
    private final List<OpenVersion> superseded = new CopyOnWriteArrayList<>();

    private volatile @Nullable OpenVersion current;
    /** The reason why the newest listed version is not open; null if it is the current one. */
    private volatile @Nullable String openFailure = "it is being opened";
    /** The reason why lookups on the current version fail; null if they succeed. */
    private volatile @Nullable String readFailure;
    /** The version that a refresh last tried to open. Like the next two fields, used by refreshes only. */
    private @Nullable Manifest lastAttempted;
    /** The time from which that version may be tried again. */
    private long retryNanos;

    private int consecutiveDamagedProbes;
    /** True after {@link #close}. Guarded by this. */
    private boolean closed;

    /** @param lookupTimeout a lookup that takes longer counts as failed */
    ServedDataset(DatasetName name, LongSupplier nanoTime, Duration lookupTimeout) {
        this.name = name;
        this.nanoTime = nanoTime;
        this.lookupTimeout = lookupTimeout;
    }

    /** The name of the dataset. */
    public String name() {
        return name.value();
    }

    /** The manifest of the open version; empty if no version is open. */
    public Optional<Manifest> manifest() {
        return Optional.ofNullable(current).map(OpenVersion::manifest);
    }

    /**
     * Acquires the open version for one request.
     *
     * @return the version, which the caller must release; null if no version is open, and then {@link #unavailability} gives
     *     the reason
     */
    public @Nullable OpenVersion acquire() {
        while (true) {
            OpenVersion version = current;
            // A refresh replaces the current version before it releases the old one. So if the version that was read
            // here
            // is already closed, the next read sees another one, or null.
            if (version == null || version.acquire()) {
                return version;
            }
        }
    }

    /** The reason why lookups fail at present; empty if they succeed. */
    public Optional<String> unavailability() {
        return Optional.ofNullable(current == null ? openFailure : readFailure)
                .map(reason -> "dataset " + name + " cannot be read: " + reason);
    }

    /** Returns true if an older version is served because the newest listed one cannot be opened. */
    public boolean isOutdated() {
        return openFailure != null && current != null;
    }

    /** Opens the listed version unless it is the current one, and then calls {@link #refreshOpenVersions}. */
    void refresh(LineStore store, DatasetListing listing) {
        try {
            switch (listing) {
                case DatasetListing.Described(DatasetVersions versions) -> {
                    Optional<StoredVersion> newest = versions.current();
                    if (newest.isPresent()) {
                        openIfNotCurrent(store, newest.get().describe());
                    }
                }
                case DatasetListing.Unreadable(DatasetName _, StoreException failure) -> throw failure;
            }
        } catch (StoreUnavailableException e) {
            // Without a delay: the next check tries again.
            openFailure = logIfChanged(openFailure, e.getMessage());
        } catch (StoreException e) {
            failAndDelayRetry(e.getMessage());
        } catch (RuntimeException | Error e) {
            failAndDelayRetry("the newest version cannot be opened: " + e);
        } finally {
            // Also after a failure: requests go on reading the version that is open.
            refreshOpenVersions();
        }
    }

    /** Records a failure that another attempt would probably repeat. */
    private void failAndDelayRetry(String failure) {
        openFailure = logIfChanged(openFailure, failure);
        retryNanos = nanoTime.getAsLong() + Datasets.RETRY_DELAY.toNanos();
    }

    private void openIfNotCurrent(LineStore store, Manifest newest) throws StoreException {
        OpenVersion open = current;
        if (open == null || !open.manifest().equals(newest)) {
            if (newest.equals(lastAttempted) && nanoTime.getAsLong() - retryNanos < 0) {
                // Too early for another attempt: openFailure keeps its reason.
                return;
            }
            lastAttempted = newest;
            retryNanos = nanoTime.getAsLong();
            install(new OpenVersion(store.open(newest)));
        }
        openFailure = null;
    }

    /**
     * Makes a version the current one, and releases the one that it supersedes. If the dataset was closed while the version
     * was being opened, the version itself is released at once.
     */
    private synchronized void install(OpenVersion version) {
        OpenVersion replaced = closed ? version : current;
        if (!closed) {
            Manifest manifest = version.manifest();
            current = version;
            readFailure = null;
            LOG.log(
                    System.Logger.Level.INFO,
                    "serving dataset " + name + " version " + manifest.version() + ": " + manifest.lineCount()
                            + " lines, from " + ControlCharacters.escape(manifest.sourceName()));
        }
        // The current version has been replaced above: a request that fails to acquire the old one finds the new one.
        if (replaced != null) {
            superseded.add(replaced);
            replaced.release();
        }
    }

    /**
     * Asks the store to keep superseded versions for the requests that still read them, and finds out whether lookups on
     * the current version succeed.
     */
    void refreshOpenVersions() {
        superseded.removeIf(version -> version.closed.isDone());
        superseded.forEach(version -> version.snapshot.keepAlive());
        OpenVersion version = acquire();
        if (version == null) {
            return;
        }
        try {
            String failure = probeLookup(version);
            if (failure != null) {
                // Published before the check, which may take long. A success is published only after the check.
                readFailure = logIfChanged(readFailure, failure);
            }
            version.snapshot.check();
            readFailure = failure;
        } catch (StoreException e) {
            readFailure = logIfChanged(readFailure, e.getMessage());
        } catch (InterruptedException e) {
            // Datasets is being closed: the result no longer matters.
            Thread.currentThread().interrupt();
        } finally {
            version.release();
        }
    }

    /**
     * Looks up one line, a different one each time.
     *
     * @return the reason why lines cannot be read; null if they can
     */
    private @Nullable String probeLookup(OpenVersion version) throws InterruptedException {
        long lineCount = version.manifest().lineCount();
        // An empty dataset has no line: past the end is then the expected outcome, and a success.
        long lineIndex = lineCount == 0 ? 0 : Math.floorMod(nanoTime.getAsLong(), lineCount);
        try {
            Lookup lookup =
                    version.lookup(lineIndex).toCompletableFuture().get(lookupTimeout.toNanos(), TimeUnit.NANOSECONDS);
            consecutiveDamagedProbes = lookup instanceof Lookup.Damaged ? consecutiveDamagedProbes + 1 : 0;
            return consecutiveDamagedProbes < MAX_DAMAGED_PROBES
                    ? null
                    : "lines are missing or damaged; ingest the file again";
        } catch (TimeoutException e) {
            return "a lookup has not been answered for more than " + lookupTimeout.toSeconds() + " s";
        } catch (ExecutionException | RuntimeException | Error e) {
            return String.valueOf(StoreException.causeOf(e).getMessage());
        }
    }

    /**
     * Logs a failure unless it equals the previous one, so that a lasting failure is logged once.
     *
     * @return {@code failure}
     */
    private String logIfChanged(@Nullable String before, String failure) {
        if (!failure.equals(before)) {
            String served = manifest()
                    .map(manifest -> "; serving version " + manifest.version())
                    .orElse("");
            LOG.log(System.Logger.Level.ERROR, "dataset " + name + ": " + failure + served);
        }
        return failure;
    }

    /**
     * Withdraws the dataset: releases the current version, and makes a running refresh release the version that it opens.
     *
     * @return a future that completes when all versions up to now have been closed
     */
    synchronized CompletableFuture<Void> close() {
        closed = true;
        openFailure = "it is being closed";
        OpenVersion last = current;
        current = null;
        if (last != null) {
            superseded.add(last);
            last.release();
        }
        return CompletableFuture.allOf(
                superseded.stream().map(version -> version.closed).toArray(CompletableFuture[]::new));
    }
}
