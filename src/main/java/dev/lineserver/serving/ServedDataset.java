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
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;

/**
 * One dataset that the store lists: its open version, if one could be opened.
 *
 * <pre>
 * open version   lookups succeed   state        requests          readiness
 * no             –                 unreadable   503               DOWN
 * yes            yes               readable     answered          UP, even if a newer version cannot be opened
 * yes            no                unreadable   as lookups fail   DOWN
 * </pre>
 *
 * <p>Requests call {@link #acquire} on any thread. {@link #refresh} is called by one thread at a time; it may block.
 */
public final class ServedDataset {
    private static final System.Logger LOG = System.getLogger(ServedDataset.class.getName());
    /** One damaged line says nothing of the others; as many different lines in a row do. */
    private static final int MAX_DAMAGED_PROBES = 3;

    private final DatasetName name;
    private final LongSupplier nanoTime;
    private final Duration lookupTimeout;
    /** Versions that were open and may still be read. */
    private final List<OpenVersion> superseded = new CopyOnWriteArrayList<>();

    private volatile @Nullable OpenVersion current;
    /** Why the newest version that the store lists cannot be opened; null if it is open. */
    private volatile @Nullable String openFailure = "it is being opened";
    /** Why lines of the open version cannot be read; null if they can. */
    private volatile @Nullable String readFailure;
    /** The version that a refresh last tried to open. */
    private @Nullable Manifest lastAttempted;
    /** When to try that again. */
    private long retryNanos;

    private int consecutiveDamagedProbes;
    private boolean closed;

    /** @param lookupTimeout a lookup that takes longer counts as failed */
    ServedDataset(DatasetName name, LongSupplier nanoTime, Duration lookupTimeout) {
        this.name = name;
        this.nanoTime = nanoTime;
        this.lookupTimeout = lookupTimeout;
    }

    /** Name of the dataset. */
    public String name() {
        return name.value();
    }

    /** Describes the open version; empty if there is none. */
    public Optional<Manifest> manifest() {
        return Optional.ofNullable(current).map(OpenVersion::manifest);
    }

    /**
     * Acquires the open version for one request.
     *
     * @return the version, which the caller must release; null if none is open, for the reason that {@link #unavailability}
     *     gives
     */
    public @Nullable OpenVersion acquire() {
        while (true) {
            OpenVersion version = current;
            // A version that is closed already was replaced: the next read of the field sees the newer.
            if (version == null || version.acquire()) {
                return version;
            }
        }
    }

    /** Why lookups do not succeed at present; empty if they do. */
    public Optional<String> unavailability() {
        return Optional.ofNullable(current == null ? openFailure : readFailure)
                .map(reason -> "dataset " + name + " cannot be read: " + reason);
    }

    /** Whether an older version is served because the newest that the store lists cannot be opened. */
    public boolean isOutdated() {
        return openFailure != null && current != null;
    }

    /** Opens the listed version unless it is open, then does what {@link #refreshOpenVersions} does. */
    void refresh(LineStore store, DatasetListing listing) {
        try {
            switch (listing) {
                case DatasetListing.Described(Manifest newest) -> openIfNotCurrent(store, newest);
                case DatasetListing.Unreadable(DatasetName _, StoreException failure) -> throw failure;
            }
        } catch (StoreUnavailableException e) {
            openFailure = logIfChanged(openFailure, e.getMessage());
        } catch (StoreException e) {
            failAndDelayRetry(e.getMessage());
        } catch (RuntimeException | Error e) {
            failAndDelayRetry("the newest version cannot be opened: " + e);
        } finally {
            refreshOpenVersions();
        }
    }

    private void failAndDelayRetry(String failure) {
        openFailure = logIfChanged(openFailure, failure);
        retryNanos = nanoTime.getAsLong() + Datasets.RETRY_DELAY.toNanos();
    }

    private void openIfNotCurrent(LineStore store, Manifest newest) throws StoreException {
        OpenVersion open = current;
        if (open == null || !open.manifest().equals(newest)) {
            if (newest.equals(lastAttempted) && nanoTime.getAsLong() - retryNanos < 0) {
                return;
            }
            lastAttempted = newest;
            retryNanos = nanoTime.getAsLong();
            install(new OpenVersion(store.open(newest)));
        }
        openFailure = null;
    }

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
        if (replaced != null) {
            superseded.add(replaced);
            replaced.release();
        }
    }

    /** Keeps superseded versions readable for their requests, and finds out whether the open version can be read. */
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
                // Known before the check, which may take long.
                readFailure = logIfChanged(readFailure, failure);
            }
            version.snapshot.check();
            readFailure = failure;
        } catch (StoreException e) {
            readFailure = logIfChanged(readFailure, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            version.release();
        }
    }

    /** Looks a line up, another one each time; returns why lines cannot be read, or null if they can. */
    private @Nullable String probeLookup(OpenVersion version) throws InterruptedException {
        long lineCount = version.manifest().lineCount();
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

    /** Logs a failure, once as long as it stays the same; returns it. */
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
     * Releases the open version; a version that is being opened meanwhile is released as soon as it is open.
     *
     * @return completed when all versions are closed
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
