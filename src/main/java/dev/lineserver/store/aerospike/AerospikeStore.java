package dev.lineserver.store.aerospike;

import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import io.netty.channel.EventLoopGroup;

import dev.lineserver.line.Limits;
import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.Leftover;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Plan;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.StoredVersion;
import dev.lineserver.store.TextShape;
import dev.lineserver.store.aerospike.registry.LifeCycle;
import dev.lineserver.store.aerospike.registry.LineSet;
import dev.lineserver.store.aerospike.registry.Registry;

/**
 * Keeps versions in an Aerospike cluster: each line is a record, each version a set, and everything else is in one
 * {@link Registry}. Lookups run on event loops and never block; all other methods block.
 */
public final class AerospikeStore implements LineStore {
    /** Bytes of a record that are not available to its line: headers, names, and checks of the server. */
    private static final int RECORD_OVERHEAD_BYTES = 512;

    /** The server's default of {@code max-record-size}, for a node that does not report one. */
    private static final int DEFAULT_RECORD_BYTES = 1 << 20;

    private final ConnectedCluster cluster;
    final RegistryRecord registry;
    final RecordReader reader;
    final LifeCycle lifeCycle;

    private AerospikeStore(ConnectedCluster cluster) {
        this.cluster = cluster;
        this.registry = new RegistryRecord(cluster);
        this.reader = new RecordReader(cluster);
        AerospikeSettings.WriteLimits writes = cluster.settings.writes();
        this.lifeCycle = new LifeCycle(registry, writes.lease(), writes.grace(), InstantSource.system());
    }

    /**
     * Connects to a cluster and checks that it can be used.
     *
     * @param loops event loops that run the commands, best those that call {@link Snapshot#lookup}: then a lookup never
     *     changes threads. {@link #close} leaves them running
     * @throws StoreUnavailableException if no node is reachable
     * @throws StoreFailedException if the cluster has another name, refuses the user, lacks the namespace, or is too
     *     old
     */
    public static AerospikeStore connect(AerospikeSettings settings, EventLoopGroup loops) throws StoreException {
        return new AerospikeStore(ConnectedCluster.connect(settings, loops));
    }

    @Override
    public boolean requiresPlan() {
        return true;
    }

    @Override
    public List<DatasetListing> datasets() throws StoreException {
        List<DatasetListing> datasets = new ArrayList<>();
        for (Registry.PublishedVersion newest : registry.read().datasets().values()) {
            try {
                datasets.add(new DatasetListing.Described(versions(requireKnownLayout(newest))));
            } catch (StoreFailedException e) {
                datasets.add(new DatasetListing.Unreadable(newest.manifest().dataset(), e));
            }
        }
        return datasets;
    }

    @Override
    public Optional<DatasetVersions> versions(DatasetName dataset) throws StoreException {
        Registry.PublishedVersion newest = registry.read().datasets().get(dataset.value());
        return newest == null ? Optional.empty() : Optional.of(versions(requireKnownLayout(newest)));
    }

    private static DatasetVersions versions(Manifest newest) {
        return new DatasetVersions(
                newest.dataset(),
                List.of(StoredVersion.of(StoredVersion.State.CURRENT, newest)),
                newest.version());
    }

    /** Refuses versions of another layout: a newer program may share the cluster. */
    private static Manifest requireKnownLayout(Registry.PublishedVersion version) throws StoreFailedException {
        Manifest manifest = version.manifest();
        if (!manifest.layout().equals(LineSet.LAYOUT)) {
            throw new StoreFailedException("version " + manifest.version() + " of " + manifest.dataset()
                    + " has the layout " + manifest.layout() + ", and this program reads " + LineSet.LAYOUT
                    + ": use the program that stored it, or a newer one, or ingest the file again");
        }
        return manifest;
    }

    @Override
    public Snapshot open(Manifest manifest) throws StoreException {
        Registry current = registry.read();
        Registry.PublishedVersion newest =
                current.datasets().get(manifest.dataset().value());
        if (newest == null) {
            throw new StoreFailedException("the Aerospike cluster at " + cluster.settings.hosts() + " has no dataset "
                    + manifest.dataset() + ": it was dropped, ingest the file again");
        }
        if (!requireKnownLayout(newest).equals(manifest)) {
            throw new StoreUnavailableException("version " + manifest.version() + " of " + manifest.dataset()
                    + " has been replaced: open the newest version");
        }
        LineSet set = current.lineSet(newest.set());
        LineRecords records = new LineRecords(cluster.settings.namespace(), set);
        return new AerospikeSnapshot(this, manifest, set, records);
    }

    @Override
    public Build begin(BuildRequest request) throws StoreException {
        int maxBytesPerRecord = maxBytesPerRecord();
        return new AerospikeBuild(cluster, registry, lifeCycle.begin(request), maxBytesPerRecord);
    }

    @Override
    public boolean drop(DatasetName dataset) throws StoreException {
        return lifeCycle.drop(dataset);
    }

    @Override
    public Manifest publish(DatasetName dataset, long version, int keep) throws StoreException {
        throw new StoreFailedException("not yet");
    }

    @Override
    public void drop(DatasetName dataset, long version) throws StoreException {
        throw new StoreFailedException("not yet");
    }

    @Override
    public List<Leftover> reclaim(boolean dryRun) throws StoreException {
        return List.of();
    }

    @Override
    public Plan plan(TextShape shape, int keep) throws StoreException {
        return ClusterPlan.of(shape, cluster, maxBytesPerRecord());
    }

    /**
     * Waits until the sets of versions that this store superseded or dropped have been truncated; that takes the grace.
     */
    @Override
    public void close() {
        lifeCycle.close();
        cluster.close();
    }

    private int maxBytesPerRecord() throws StoreException {
        long smallest = Long.MAX_VALUE;
        for (Map<String, String> figures : cluster.namespaceInfo().values()) {
            long max = ConnectedCluster.longValue(figures, "max-record-size", 0);
            smallest = Math.min(smallest, max > 0 ? max : DEFAULT_RECORD_BYTES);
        }
        return Math.toIntExact(Math.min(Limits.WHOLE_LINE_BYTES, smallest - RECORD_OVERHEAD_BYTES));
    }
}
