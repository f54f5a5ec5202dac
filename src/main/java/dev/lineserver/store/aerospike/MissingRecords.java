package dev.lineserver.store.aerospike;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.aerospike.registry.LineSet;
import dev.lineserver.store.aerospike.registry.Registry;
import dev.lineserver.store.aerospike.registry.Versions;

/**
 * Decides whether the records that a version misses are lost. They are not while nodes of the cluster are away, which may
 * hold them, nor if the registry no longer lists the version, whose set may have been truncated. Used by any thread.
 */
final class MissingRecords {
    private static final System.Logger LOG = System.getLogger(MissingRecords.class.getName());

    /**
     * Age up to which a copy of the registry is reused. Shorter than the grace: a set that was live when the copy was
     * read cannot have been truncated since.
     */
    private static final long REGISTRY_FRESH_NANOS = TimeUnit.SECONDS.toNanos(1);

    /** Share of the deadline of a lookup in which it must be known whether a missing record is lost. */
    private static final int CONFIRMATION_DIVISOR = 4;

    private final AerospikeStore store;
    private final Manifest manifest;
    private final LineSet set;
    private final int nodes;
    private final AtomicBoolean reported = new AtomicBoolean();
    private @Nullable CompletableFuture<Registry> registry;
    private long registryReadAt;

    /** @param nodes number of nodes of the cluster when the version was stored; 0 if it is unknown */
    MissingRecords(AerospikeStore store, Manifest manifest, LineSet set, int nodes) {
        this.store = store;
        this.manifest = manifest;
        this.set = set;
        this.nodes = nodes;
    }

    /**
     * Completes if a record that is missing, or holds no line, is lost; otherwise, or if nobody knows, fails with a
     * {@link StoreUnavailableException}.
     */
    CompletionStage<Void> confirmLoss() {
        return recentRegistry().thenAccept(latest -> {
            LineSet current = latest.sets().get(set.name());
            boolean live =
                    current != null && current.state() == LineSet.SetState.LIVE && current.build() == set.build();
            // An empty registry means that the registry record was lost with the lines: dropping the last dataset
            // leaves a registry that still lists the sets.
            if (!live && !latest.equals(Registry.empty())) {
                throw new CompletionException(new StoreUnavailableException("version " + manifest.version() + " of "
                        + manifest.dataset()
                        + " was replaced or dropped, and its lines have been deleted (they are kept"
                        + " for requests in progress, for at most " + Versions.MAX_HOLD.toMinutes()
                        + " minutes): request the newest version"));
            }
            if (reported.compareAndSet(false, true)) {
                LOG.log(
                        System.Logger.Level.ERROR,
                        "lines of {0} version {1} are missing from set {2} of namespace {3}: data was lost, ingest the"
                                + " file again (logged once for each version)",
                        manifest.dataset(),
                        manifest.version(),
                        set.name(),
                        store.cluster.settings.namespace());
            }
        });
    }

    /**
     * Returns a copy of the registry that is at most {@link #REGISTRY_FRESH_NANOS} old, or being read. Many lines may
     * be missing at once, and their lookups share one read. It runs on a virtual thread, because it blocks and lookups
     * complete on event loops. It fails in time for an answer to the request, because a node may be silent.
     */
    private synchronized CompletableFuture<Registry> recentRegistry() {
        CompletableFuture<Registry> recent = registry;
        long now = System.nanoTime();
        if (recent == null || (recent.isDone() && now - registryReadAt > REGISTRY_FRESH_NANOS)) {
            recent = CompletableFuture.supplyAsync(this::readRegistry, Thread::startVirtualThread)
                    .orTimeout(confirmationMillis(), TimeUnit.MILLISECONDS)
                    .exceptionallyAsync(this::unconfirmed, Thread::startVirtualThread);
            registry = recent;
            registryReadAt = now;
        }
        return recent;
    }

    private long confirmationMillis() {
        return Math.max(1, store.cluster.settings.lookupDeadline().toMillis() / CONFIRMATION_DIVISOR);
    }

    private Registry unconfirmed(Throwable failure) {
        String why = StoreException.causeOf(failure) instanceof StoreException known
                ? known.getMessage()
                : "the cluster did not answer within " + confirmationMillis() + " ms";
        throw new CompletionException(new StoreUnavailableException(
                "a record of " + manifest.dataset() + " version " + manifest.version()
                        + " is missing, and nobody knows yet whether it is lost: " + why,
                failure));
    }

    private Registry readRegistry() {
        try {
            store.cluster.requireWhole(nodes);
            return store.registry.failingFast().read();
        } catch (StoreException e) {
            throw new CompletionException(e);
        }
    }
}
