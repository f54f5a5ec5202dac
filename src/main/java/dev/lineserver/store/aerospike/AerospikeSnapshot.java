package dev.lineserver.store.aerospike;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.aerospike.registry.LifeCycle;
import dev.lineserver.store.aerospike.registry.LineSet;
import dev.lineserver.store.aerospike.registry.Registry;

/** A version in its set. */
final class AerospikeSnapshot implements Snapshot {
    private static final System.Logger LOG = System.getLogger(AerospikeSnapshot.class.getName());

    /** Shorter than any grace: a set that this registry shows as live has not been truncated since. */
    private static final long REGISTRY_FRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Manifest manifest;
    private final LineSet set;
    private final LineRecords records;
    private final RecordReads reads;
    private final LifeCycle lifeCycle;
    private final long holdIntervalNanos;
    private final AtomicBoolean damageReported = new AtomicBoolean();
    private volatile boolean closed;
    private long lastHold;
    private @Nullable CompletableFuture<Registry> registry;
    private long registryReadAt;

    /** @param grace time for which the set is kept if nobody holds it */
    AerospikeSnapshot(
            Manifest manifest,
            LineSet set,
            LineRecords records,
            RecordReads reads,
            LifeCycle lifeCycle,
            Duration grace) {
        this.manifest = manifest;
        this.set = set;
        this.records = records;
        this.reads = reads;
        this.lifeCycle = lifeCycle;
        this.holdIntervalNanos = grace.toNanos() / 2;
        this.lastHold = System.nanoTime() - holdIntervalNanos;
    }

    @Override
    public Manifest manifest() {
        return manifest;
    }

    @Override
    public CompletionStage<Lookup> lookup(long lineIndex) {
        if (lineIndex >= manifest.lineCount()) {
            return CompletableFuture.completedFuture(new Lookup.PastTheEnd(manifest.lineCount()));
        }
        if (closed) {
            return CompletableFuture.failedFuture(new StoreUnavailableException(
                    "version " + manifest.version() + " of " + manifest.dataset() + " is closed"));
        }
        LineLookup lookup = new LineLookup(this, lineIndex);
        reads.read(records.line(lineIndex), lookup);
        return lookup;
    }

    /** Reads the last line, which exists only if the version does. */
    @Override
    public void check() throws StoreException {
        long last = manifest.lineCount() - 1;
        String doing = last < 0 ? "reading the registry" : "reading " + describe(last);
        try {
            Object found = (last < 0 ? reads.readRegistry() : lookup(last).toCompletableFuture()).get();
            if (found instanceof Lookup.Damaged(String what)) {
                throw new StoreFailedException(describe(last) + " cannot be read: " + what + ". Ingest the file again");
            }
        } catch (ExecutionException e) {
            throw e.getCause() instanceof StoreException failure
                    ? failure
                    : new StoreUnavailableException(doing + " failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreUnavailableException(doing + " was interrupted", e);
        }
    }

    @Override
    public void hold() {
        synchronized (this) {
            long now = System.nanoTime();
            if (now - lastHold < holdIntervalNanos) {
                return;
            }
            lastHold = now;
        }
        try {
            lifeCycle.hold(set);
        } catch (StoreException e) {
            LOG.log(
                    Level.WARNING,
                    "{0} version {1} is still being read but could not be held: {2}",
                    manifest.dataset(),
                    manifest.version(),
                    e.getMessage());
        }
    }

    LineRecords records() {
        return records;
    }

    RecordReads reads() {
        return reads;
    }

    String describe(long lineIndex) {
        return "line index " + lineIndex + " of " + manifest.dataset() + " version " + manifest.version();
    }

    /**
     * Concludes a read whose record is missing or belongs to another version: data was lost, or the version was replaced
     * or dropped and its set has been truncated since. If the registry is gone too, everything was lost: a store that was
     * emptied properly has one.
     *
     * @param onDamage completes the read if data was lost
     */
    void conclude(CompletableFuture<?> read, Runnable onDamage) {
        CompletableFuture<?> _ = latestRegistry().whenComplete((current, failure) -> {
            if (failure != null) {
                read.completeExceptionally(failure);
            } else if (current.equals(Registry.EMPTY) || isLive(current.sets().get(set.name()))) {
                reportDamage();
                onDamage.run();
            } else {
                read.completeExceptionally(new StoreUnavailableException("version " + manifest.version() + " of "
                        + manifest.dataset() + " was replaced or dropped and its lines are deleted (it was kept for"
                        + " requests in progress, for at most " + LifeCycle.LONGEST_HOLD.toMinutes()
                        + " minutes): request the newest version"));
            }
        });
    }

    private boolean isLive(@Nullable LineSet current) {
        return current != null && current.state() == LineSet.State.LIVE && current.uses() == set.uses();
    }

    /** Many lines may be missing at once: they share a read of the registry, and none is read twice within a second. */
    private synchronized CompletableFuture<Registry> latestRegistry() {
        CompletableFuture<Registry> latest = registry;
        long now = System.nanoTime();
        if (latest == null || (latest.isDone() && now - registryReadAt > REGISTRY_FRESH_NANOS)) {
            latest = reads.readRegistry();
            registry = latest;
            registryReadAt = now;
        }
        return latest;
    }

    private void reportDamage() {
        if (damageReported.compareAndSet(false, true)) {
            LOG.log(
                    Level.ERROR,
                    "lines of {0} version {1} are missing from set {2} of namespace {3}: data was lost, ingest the"
                            + " file again. Logged once per version; every such request is counted",
                    manifest.dataset(),
                    manifest.version(),
                    records.set,
                    records.namespace);
        }
    }

    @Override
    public void close() {
        closed = true;
    }
}
