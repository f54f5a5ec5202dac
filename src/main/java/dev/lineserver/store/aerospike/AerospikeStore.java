package dev.lineserver.store.aerospike;

import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import io.netty.channel.EventLoopGroup;

import dev.lineserver.line.Limits;
import dev.lineserver.store.Build;
import dev.lineserver.store.BuildRequest;
import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.Finding;
import dev.lineserver.store.IngestPart;
import dev.lineserver.store.Leftover;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.PartBuild;
import dev.lineserver.store.Plan;
import dev.lineserver.store.ReadStatistics;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.StoredVersion;
import dev.lineserver.store.TextShape;
import dev.lineserver.store.aerospike.registry.Builds;
import dev.lineserver.store.aerospike.registry.HeldBuild;
import dev.lineserver.store.aerospike.registry.HeldPart;
import dev.lineserver.store.aerospike.registry.LineSet;
import dev.lineserver.store.aerospike.registry.Maintenance;
import dev.lineserver.store.aerospike.registry.Registry;
import dev.lineserver.store.aerospike.registry.Versions;

/**
 * Keeps versions in an Aerospike cluster: each line, or a few consecutive ones, are a record, each version a set, and
 * everything else is in one {@link Registry}. Lookups run on event loops and never block; all other methods block.
 */
public final class AerospikeStore implements LineStore {
    private static final System.Logger LOG = System.getLogger(AerospikeStore.class.getName());

    /** Bytes of a record that are not available to its line: headers, names, and checks of the server. */
    private static final int RECORD_OVERHEAD_BYTES = 512;

    /** The server's default of {@code max-record-size}, for a node that does not report one. */
    private static final int DEFAULT_RECORD_BYTES = 1 << 20;

    final ConnectedCluster cluster;
    final RegistryRecord registry;
    final RecordReader reader;
    final Maintenance maintenance;
    final Builds builds;
    final Versions versions;

    private AerospikeStore(ConnectedCluster cluster) {
        this.cluster = cluster;
        this.registry = new RegistryRecord(cluster);
        this.reader = new RecordReader(cluster);
        AerospikeSettings.WriteLimits writes = cluster.settings.writes();
        InstantSource clock = InstantSource.system();
        this.maintenance = new Maintenance(registry, writes.grace(), clock);
        this.builds = new Builds(registry, maintenance, writes.lease(), clock);
        this.versions = new Versions(registry, maintenance, clock);
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
    public List<Finding> diagnose() throws StoreException {
        return ClusterDiagnosis.of(cluster, InstantSource.system());
    }

    @Override
    public List<DatasetListing> datasets() throws StoreException {
        List<DatasetListing> datasets = new ArrayList<>();
        registry.read().datasets().forEach((name, dataset) -> {
            if (!dataset.all().isEmpty()) {
                datasets.add(new DatasetListing.Described(versions(new DatasetName(name), dataset)));
            }
        });
        return datasets;
    }

    @Override
    public Optional<DatasetVersions> versions(DatasetName dataset) throws StoreException {
        Registry.DatasetEntry entry = registry.read().dataset(dataset.value());
        return entry.all().isEmpty() ? Optional.empty() : Optional.of(versions(dataset, entry));
    }

    private static DatasetVersions versions(DatasetName name, Registry.DatasetEntry dataset) {
        List<StoredVersion> versions = new ArrayList<>();
        for (Registry.VersionEntry version : dataset.published()) {
            boolean current = version.manifest().version() == dataset.current();
            versions.add(describe(version, current ? StoredVersion.State.CURRENT : StoredVersion.State.KEPT));
        }
        dataset.held().forEach(version -> versions.add(describe(version, StoredVersion.State.HELD)));
        return new DatasetVersions(name, versions, dataset.lastNumber(), dataset.previous());
    }

    private static StoredVersion describe(Registry.VersionEntry version, StoredVersion.State state) {
        try {
            LineLayout _ = LineLayout.of(version.manifest());
            return StoredVersion.of(state, version.manifest());
        } catch (StoreFailedException e) {
            return StoredVersion.unreadable(state, version.manifest().version(), e);
        }
    }

    @Override
    public Snapshot open(Manifest manifest) throws StoreException {
        Registry current = registry.read();
        Registry.DatasetEntry dataset = current.dataset(manifest.dataset().value());
        if (dataset.all().isEmpty()) {
            throw new StoreFailedException("the Aerospike cluster at " + cluster.settings.hosts() + " has no dataset "
                    + manifest.dataset() + ": it was dropped, ingest the file again");
        }
        Optional<Registry.VersionEntry> version = dataset.find(manifest.version())
                .filter(entry -> entry.manifest().equals(manifest));
        if (version.isEmpty()) {
            throw new StoreUnavailableException("version " + manifest.version() + " of " + manifest.dataset()
                    + " has been replaced or dropped: open another version");
        }
        LineLayout layout = LineLayout.of(manifest);
        LineSet set = current.lineSet(version.get().set());
        LineRecords records = new LineRecords(cluster.settings.namespace(), set, layout);
        MissingRecords missing =
                new MissingRecords(this, manifest, set, version.get().nodes());
        return new AerospikeSnapshot(this, manifest, set, records, missing);
    }

    @Override
    public Build begin(BuildRequest request) throws StoreException {
        int maxBytesPerRecord = maxBytesPerRecord();
        warnOfConflictResolution();
        HeldBuild held = builds.begin(request);
        return new AerospikeBuild(
                cluster,
                registry,
                held,
                AerospikeBuild.findStored(cluster, registry, held),
                request.linesPerRecord(),
                request.compress(),
                maxBytesPerRecord);
    }

    @Override
    public Optional<PartBuild> join(BuildRequest request, IngestPart part, Content content) throws StoreException {
        warnOfConflictResolution();
        Optional<HeldPart> held = builds.join(request, part, content, maxBytesPerRecord());
        if (held.isEmpty()) {
            return Optional.empty();
        }
        AerospikePartBuild build = new AerospikePartBuild(cluster, registry, held.get(), content);
        if (request.resume()) {
            build.loseMissing();
        }
        return Optional.of(build);
    }

    @Override
    public boolean joinsProcesses() {
        return true;
    }

    @Override
    public List<BuildStatus> builds() throws StoreException {
        return builds.list();
    }

    @Override
    public boolean discardBuild(DatasetName dataset) throws StoreException {
        return builds.discard(dataset);
    }

    @Override
    public Optional<ReadStatistics> readStatistics() {
        return Optional.of(reader.statistics);
    }

    private void warnOfConflictResolution() throws StoreException {
        cluster.repeat(cluster::namespaceInfo).entrySet().stream()
                .flatMap(node -> ClusterPlan.conflictResolutionWarning(node.getKey(), node.getValue()).stream())
                .findFirst()
                .ifPresent(warning -> LOG.log(Level.WARNING, warning));
    }

    @Override
    public boolean drop(DatasetName dataset) throws StoreException {
        return versions.drop(dataset);
    }

    @Override
    public Manifest publish(DatasetName dataset, long version, int keep) throws StoreException {
        return versions.publish(dataset, version, keep);
    }

    @Override
    public void drop(DatasetName dataset, long version) throws StoreException {
        versions.drop(dataset, version);
    }

    @Override
    public List<Leftover> reclaim(boolean dryRun) throws StoreException {
        return maintenance.reclaim(dryRun);
    }

    @Override
    public void reclaimInBackground() throws StoreException {
        maintenance.reclaimInBackground();
    }

    @Override
    public Plan plan(TextShape shape, int keep, LinesPerRecord linesPerRecord) throws StoreException {
        boolean reclaimable = !maintenance.reclaim(true).isEmpty();
        int maxBytesPerRecord = maxBytesPerRecord();
        return cluster.repeat(() -> ClusterPlan.of(
                shape, cluster, maxBytesPerRecord, Versions.orDefault(keep), linesPerRecord, reclaimable));
    }

    /**
     * Waits until the sets of versions that this store replaced or dropped have been truncated; that takes the grace.
     */
    @Override
    public void close() {
        maintenance.close();
        cluster.close();
    }

    private int maxBytesPerRecord() throws StoreException {
        long smallest = Long.MAX_VALUE;
        for (Map<String, String> figures :
                cluster.repeat(cluster::namespaceInfo).values()) {
            long max = ConnectedCluster.longValue(figures, "max-record-size", 0);
            smallest = Math.min(smallest, max > 0 ? max : DEFAULT_RECORD_BYTES);
        }
        return Math.toIntExact(Math.min(Limits.WHOLE_LINE_BYTES, smallest - RECORD_OVERHEAD_BYTES));
    }
}
