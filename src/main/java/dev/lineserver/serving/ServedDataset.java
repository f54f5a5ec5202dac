package dev.lineserver.serving;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
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
    /** A probe that takes longer counts as failed. Longer than any store's own deadline for a lookup by default. */
    private static final Duration PROBE_PATIENCE = Duration.ofSeconds(3);
    /** One damaged line says nothing of the others; as many probes of different lines in a row do. */
    private static final int DAMAGED_PROBES = 3;

    /** Delays between attempts to open a version whose opening failed for a reason that does not heal by itself. */
    private static final Duration FIRST_RETRY_DELAY = Duration.ofSeconds(1);

    private static final Duration LONGEST_RETRY_DELAY = Duration.ofSeconds(30);

    private final DatasetName name;
    private final LongSupplier nanoTime;
    private final List<OpenVersion> superseded = new ArrayList<>();
    private volatile @Nullable OpenVersion current;
    /** Why the newest version that the store lists cannot be opened; null if it is open. */
    private volatile @Nullable String openFailure = "it is being opened";
    /** Why the open version's last check failed; null if it passed. */
    private volatile @Nullable String checkFailure;
    /** Why the last lookups failed; null if the last one succeeded. */
    private volatile @Nullable String lookupFailure;

    private volatile @Nullable Probe probe;
    private int damagedProbes;
    /** The version that a refresh last tried to open; written and read by refreshes only, as is when to try it again. */
    private @Nullable Manifest attempted;

    private long retryNanos;
    private Duration retryDelay = FIRST_RETRY_DELAY;
    private boolean closed;

    /** A lookup that shows whether lookups succeed. */
    private record Probe(OpenVersion version, long startNanos) {}

    ServedDataset(DatasetName name, LongSupplier nanoTime) {
        this.name = name;
        this.nanoTime = nanoTime;
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
            if (version == null || version.acquire()) {
                return version;
            }
            // Between the switch to a newer version and the release of this one: the next read of the field sees the
            // newer.
            Thread.onSpinWait();
        }
    }

    /** Why lookups do not succeed at present; empty if they do. */
    public Optional<String> unavailability() {
        String reason = checkFailure == null ? lookupFailure : checkFailure;
        if (current == null) {
            reason = openFailure;
        } else if (reason == null && isProbeLate()) {
            reason = "a lookup has not been answered for more than " + PROBE_PATIENCE.toSeconds() + " s";
        }
        return Optional.ofNullable(reason).map(text -> "dataset " + name + " cannot be read: " + text);
    }

    private boolean isProbeLate() {
        Probe waiting = probe;
        return waiting != null && nanoTime.getAsLong() - waiting.startNanos > PROBE_PATIENCE.toNanos();
    }

    /** Whether an older version is served because the newest that the store lists cannot be opened. */
    public boolean isOutdated() {
        return openFailure != null && current != null;
    }

    /** Opens the listed version unless it is open, then does what {@link #refreshOpenVersions} does. */
    void refresh(LineStore store, DatasetListing listing) {
        try {
            switch (listing) {
                case DatasetListing.Described(Manifest newest) -> openUnlessOpen(store, newest);
                case DatasetListing.Unreadable(DatasetName _, StoreException failure) -> throw failure;
            }
        } catch (StoreUnavailableException e) {
            openFailure = logged(openFailure, e.getMessage());
            retryNanos = nanoTime.getAsLong();
        } catch (StoreException e) {
            backOff(e.getMessage());
        } catch (RuntimeException | Error e) {
            backOff("the newest version cannot be opened: " + e);
        } finally {
            refreshOpenVersions();
        }
    }

    /** Keeps superseded versions readable for their requests, and finds out whether the open version can be read. */
    void refreshOpenVersions() {
        superseded.removeIf(OpenVersion::isClosed);
        superseded.forEach(OpenVersion::hold);
        OpenVersion version = acquire();
        if (version == null) {
            return;
        }
        try {
            probe(version);
            version.check();
            checkFailure = null;
        } catch (StoreException e) {
            checkFailure = logged(checkFailure, e.getMessage());
        } finally {
            version.release();
        }
    }

    private void openUnlessOpen(LineStore store, Manifest newest) throws StoreException {
        OpenVersion open = current;
        if (open != null && open.manifest().equals(newest)) {
            openFailure = null;
        } else if (!newest.equals(attempted) || nanoTime.getAsLong() - retryNanos >= 0) {
            attempted = newest;
            install(new OpenVersion(store.open(newest)));
            openFailure = null;
            retryDelay = FIRST_RETRY_DELAY;
        }
    }

    /** Delays the next attempt to open the same version: somebody must change something before it can succeed. */
    private void backOff(String reason) {
        openFailure = logged(openFailure, reason);
        retryNanos = nanoTime.getAsLong() + retryDelay.toNanos();
        Duration doubled = retryDelay.multipliedBy(2);
        retryDelay = doubled.compareTo(LONGEST_RETRY_DELAY) < 0 ? doubled : LONGEST_RETRY_DELAY;
    }

    private synchronized void install(OpenVersion version) {
        OpenVersion replaced = closed ? version : current;
        if (!closed) {
            Manifest manifest = version.manifest();
            current = version;
            checkFailure = null;
            lookupFailure = null;
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

    private void probe(OpenVersion version) {
        Probe waiting = probe;
        if ((waiting != null && waiting.version.equals(version)) || !version.acquire()) {
            return;
        }
        Probe started = new Probe(version, nanoTime.getAsLong());
        probe = started;
        long lineCount = version.manifest().lineCount();
        // Another line each time, so that one damaged line does not stand for all.
        long lineIndex = lineCount == 0 ? 0 : Math.floorMod(started.startNanos, lineCount);
        version.lookup(lineIndex).whenComplete((lookup, failure) -> {
            version.release();
            probeEnded(started, lookup, failure);
        });
    }

    private synchronized void probeEnded(Probe ended, @Nullable Lookup lookup, @Nullable Throwable failure) {
        if (!ended.equals(probe)) {
            return;
        }
        probe = null;
        damagedProbes = lookup instanceof Lookup.Damaged ? damagedProbes + 1 : 0;
        if (failure != null) {
            lookupFailure = logged(
                    lookupFailure,
                    String.valueOf(StoreException.causeOf(failure).getMessage()));
        } else if (damagedProbes == 0) {
            lookupFailure = null;
        } else if (damagedProbes >= DAMAGED_PROBES) {
            lookupFailure = logged(lookupFailure, "lines are missing or damaged; ingest the file again");
        }
    }

    /** Logs a failure, once as long as it stays the same; returns it. */
    private String logged(@Nullable String before, String failure) {
        if (!failure.equals(before)) {
            OpenVersion open = current;
            String served =
                    open == null ? "" : "; serving version " + open.manifest().version();
            LOG.log(System.Logger.Level.ERROR, "dataset " + name + ": " + failure + served);
        }
        return failure;
    }

    /** Releases the open version; a version that is being opened meanwhile is released as soon as it is open. */
    synchronized void close() {
        closed = true;
        OpenVersion last = current;
        current = null;
        openFailure = "it is being closed";
        if (last != null) {
            last.release();
        }
    }
}
