package dev.lineserver.store.aerospike;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

import com.aerospike.client.cluster.Node;
import io.netty.channel.EventLoopGroup;
import org.jspecify.annotations.Nullable;

import dev.lineserver.line.Limits;
import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Plan;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.TextShape;

/** Versions in an Aerospike cluster: each line a record, each version a set, all else in one {@link Registry}. */
public final class AerospikeStore implements LineStore {
    /** What a record may take beside the bytes of its line: header, names, and checks of the server's. */
    private static final int RECORD_OVERHEAD_BYTES = 512;

    /** A registry with 4,000 datasets fits one record, if their sources' names are not longer than this. */
    private static final int LONGEST_SOURCE_NAME = 120;

    private final Cluster cluster;
    private final RegistryRecord registry;
    private final RecordReads reads;
    private final Housekeeping housekeeping;

    private AerospikeStore(Cluster cluster) {
        this.cluster = cluster;
        this.registry = new RegistryRecord(cluster);
        this.reads = new RecordReads(cluster, registry);
        this.housekeeping = new Housekeeping(cluster, registry);
    }

    /**
     * Connects to a cluster and looks whether it will do.
     *
     * @param shared event loops that lookups come in on, left running by {@link #close}; null for own ones
     * @throws dev.lineserver.store.StoreUnavailableException where no node can be reached at present
     * @throws StoreFailedException where the cluster is not the one meant, refuses the user, lacks the namespace, or is
     *     too old
     */
    public static AerospikeStore connect(AerospikeSettings settings, @Nullable EventLoopGroup shared)
            throws StoreException {
        return new AerospikeStore(Cluster.connect(settings, shared));
    }

    @Override
    public boolean isPlannedFirst() {
        return true;
    }

    @Override
    public List<DatasetListing> datasets() throws StoreException {
        return registry.read().datasets().values().stream()
                .<DatasetListing>map(published -> new DatasetListing.Described(published.manifest()))
                .toList();
    }

    @Override
    public Optional<Manifest> newest(DatasetName dataset) throws StoreException {
        return Optional.ofNullable(registry.read().datasets().get(dataset.value()))
                .map(Registry.Published::manifest);
    }

    @Override
    public Snapshot open(Manifest manifest) throws StoreException {
        Registry current = registry.read();
        Registry.Published newest = current.datasets().get(manifest.dataset().value());
        if (newest == null) {
            throw new StoreFailedException(
                    "Aerospike " + cluster.name() + " has no dataset " + manifest.dataset() + " any more");
        }
        if (!newest.manifest().equals(manifest)) {
            throw new StoreUnavailableException("version " + manifest.version() + " of " + manifest.dataset()
                    + " has been replaced: open the newest");
        }
        LineRecords records = new LineRecords(cluster.settings.namespace(), current.lineSet(newest.set()));
        return new AerospikeSnapshot(manifest, records, reads, registry);
    }

    @Override
    public Build begin(BuildRequest request) throws StoreException {
        refuseWhileWritesAreStopped();
        int longestRecord = longestRecord();
        housekeeping.sweep();
        SetChoice choice = new SetChoice(cluster);
        String dataset = request.dataset().value();
        String build = UUID.randomUUID().toString();
        Registry after = registry.update("beginning a version of " + dataset, current -> {
            long now = Housekeeping.now();
            Lease held = current.leases().get(dataset);
            if (held != null && held.build().equals(build)) {
                return current;
            }
            refuseWhileHeld(held, dataset, now);
            Registry.Published newest = current.datasets().get(dataset);
            long version = newest == null ? 1 : newest.manifest().version() + 1;
            LineSet set = choice.choose(current, dataset, version, now);
            Lease ours = housekeeping.extended(new Lease(build, owner(request), set.name(), now));
            return current.with(ours, set);
        });
        Lease lease = after.leases().get(dataset);
        if (lease == null) {
            throw new IllegalStateException("the registry was written without its lease");
        }
        LineSet set = after.lineSet(lease.set());
        return new AerospikeBuild(
                cluster, new HeldLease(registry, housekeeping, shortened(request), lease, set), longestRecord);
    }

    @Override
    public boolean drop(DatasetName dataset) throws StoreException {
        boolean[] wasThere = new boolean[1];
        registry.update("dropping " + dataset, current -> {
            boolean there = current.datasets().containsKey(dataset.value());
            wasThere[0] |= there;
            return there ? current.dropped(dataset.value(), Housekeeping.now()) : current;
        });
        housekeeping.sweep();
        if (wasThere[0]) {
            housekeeping.sweepAfterGrace();
        }
        return wasThere[0];
    }

    @Override
    public Plan plan(TextShape shape) throws StoreException {
        return ClusterPlan.of(shape, cluster, longestRecord());
    }

    /** Waits until versions this store has superseded or dropped are truncated, which takes the grace. */
    @Override
    public void close() {
        housekeeping.close();
        cluster.close();
    }

    private int longestRecord() throws StoreException {
        long smallest = Long.MAX_VALUE;
        for (Map<String, String> figures : cluster.namespaceFigures().values()) {
            long max = InfoText.number(figures, "max-record-size", 0);
            smallest = Math.min(smallest, max > 0 ? max : cluster.settings.maxRecordBytes());
        }
        return Math.toIntExact(Math.min(Limits.WHOLE_LINE_BYTES, smallest - RECORD_OVERHEAD_BYTES));
    }

    private void refuseWhileWritesAreStopped() throws StoreException {
        for (Map.Entry<Node, Map<String, String>> node :
                cluster.namespaceFigures().entrySet()) {
            if ("true".equals(node.getValue().get("stop_writes"))) {
                throw new StoreFailedException("Aerospike node " + node.getKey()
                        + " has stopped taking writes in namespace " + cluster.settings.namespace()
                        + ": it is out of memory or disk. Add nodes or storage, or drop datasets");
            }
        }
    }

    private static void refuseWhileHeld(@Nullable Lease held, String dataset, long now) throws StoreFailedException {
        if (held != null && held.until() > now) {
            throw new StoreFailedException(dataset + " is being ingested already, by " + held.owner()
                    + ". Wait for it; if it is dead, its lease ends in "
                    + Math.ceilDiv(held.until() - now, 1_000L) + " s");
        }
    }

    private static String owner(BuildRequest request) {
        String host = System.getenv().getOrDefault("HOSTNAME", "an unnamed host");
        return "process " + ProcessHandle.current().pid() + " on " + host + " from '"
                + shortened(request).sourceName() + "' since " + Instant.now().truncatedTo(ChronoUnit.SECONDS);
    }

    /** The end of a path tells more than its beginning. */
    private static BuildRequest shortened(BuildRequest request) {
        String name = request.sourceName();
        return name.length() <= LONGEST_SOURCE_NAME
                ? request
                : new BuildRequest(
                        request.dataset(),
                        "…" + name.substring(name.length() - LONGEST_SOURCE_NAME + 1),
                        request.file(),
                        request.copy());
    }
}
