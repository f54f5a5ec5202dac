package dev.lineserver.store.aerospike;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import com.aerospike.client.cluster.Node;

import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Plan;
import dev.lineserver.store.Plan.Figure;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.TextShape;

/**
 * Estimates the RAM, storage and nodes that a text needs in this cluster, from the figures that its nodes report now.
 */
final class ClusterPlan {
    /** Limits of Community Edition. */
    private static final long MAX_NODES = 8;

    private static final long MAX_RECORDS_PER_NODE = 4_294_967_296L;
    private static final long PERCENT = 100;
    private static final List<LinesPerRecord> COMPARED = List.of(
            LinesPerRecord.ONE,
            new LinesPerRecord(16),
            new LinesPerRecord(64),
            new LinesPerRecord(256),
            LinesPerRecord.AUTO);
    private static final String NEWER_RECORD = "last-update-time";

    private final TextShape shape;
    private final RecordEstimate estimate;
    private final int keep;
    private final LinesPerRecord linesPerRecord;
    private final boolean reclaimable;
    private final List<String> warnings = new ArrayList<>();
    private final List<String> obstacles = new ArrayList<>();

    /** Totals of all nodes. */
    private long freeRam;

    private long freeDisk;
    private long freeRecords;

    /** Capacity of the largest node, if it were empty. At least 1, because it divides. */
    private long ramPerNode = 1;

    private long diskPerNode = 1;

    private ClusterPlan(
            TextShape shape, int maxBytesPerRecord, int keep, LinesPerRecord linesPerRecord, boolean reclaimable) {
        this.shape = shape;
        this.linesPerRecord = linesPerRecord;
        this.estimate = new RecordEstimate(shape, maxBytesPerRecord);
        this.keep = keep;
        this.reclaimable = reclaimable;
    }

    /**
     * @param keep number of published versions that are kept
     * @param reclaimable true if the next ingest can delete records that no version needs
     */
    static Plan of(
            TextShape shape,
            ConnectedCluster cluster,
            int maxBytesPerRecord,
            int keep,
            LinesPerRecord linesPerRecord,
            boolean reclaimable)
            throws StoreException {
        ClusterPlan plan = new ClusterPlan(shape, maxBytesPerRecord, keep, linesPerRecord, reclaimable);
        Map<Node, Map<String, String>> nodes = cluster.namespaceInfo();
        for (Map.Entry<Node, Map<String, String>> node : nodes.entrySet()) {
            plan.add(node.getKey(), node.getValue(), cluster.infoPairs(node.getKey(), "statistics"));
        }
        return plan.plan(nodes.size(), cluster.namespaceState().replicationFactor());
    }

    private void add(Node node, Map<String, String> namespace, Map<String, String> statistics) {
        long indexUsed = ConnectedCluster.longValue(namespace, "index_used_bytes", 0);
        long budget = ConnectedCluster.longValue(namespace, "indexes-memory-budget", 0);
        // With a budget, the server stops writes at it. Without, at a share of the memory of the whole machine.
        long ram = budget > 0 ? Math.max(0, budget - indexUsed) : freeBelowStopWrites(namespace, statistics);
        freeRam += ram;
        ramPerNode = Math.max(ramPerNode, ram + indexUsed);
        long total = ConnectedCluster.longValue(namespace, "data_total_bytes", 0);
        long disk =
                total / PERCENT * ConnectedCluster.longValue(namespace, "storage-engine.stop-writes-used-pct", PERCENT);
        freeDisk += Math.max(0, disk - ConnectedCluster.longValue(namespace, "data_used_bytes", 0));
        diskPerNode = Math.max(diskPerNode, disk);
        freeRecords += Math.max(0, MAX_RECORDS_PER_NODE - ConnectedCluster.longValue(namespace, "objects", 0));
        if ("true".equals(namespace.get("stop_writes"))) {
            String stopped = "node " + node + " has stopped taking writes: ";
            if (reclaimable) {
                warnings.add(stopped + "records that no version needs take space; the ingest deletes them first, or run"
                        + " 'line-server reclaim'");
            } else {
                obstacles.add(stopped + ClusterFailures.MAKE_ROOM);
            }
        }
        conflictResolutionWarning(node, namespace).ifPresent(warnings::add);
    }

    /** Returns a warning unless the node resolves conflicts between copies of a record in favour of the newer one. */
    static Optional<String> conflictResolutionWarning(Node node, Map<String, String> namespace) {
        String policy = namespace.getOrDefault("conflict-resolution-policy", NEWER_RECORD);
        // A namespace with strong consistency has no such conflicts, and does not report the parameter as configured.
        return policy.equals(NEWER_RECORD) || "true".equals(namespace.get("strong-consistency"))
                ? Optional.empty()
                : Optional.of("node " + node + " has the conflict-resolution-policy " + policy
                        + ": after a network failure an older record can replace a newer one; set it to " + NEWER_RECORD
                        + " on every node");
    }

    /** RAM that can be used before {@code stop-writes-sys-memory-pct} is reached. */
    private static long freeBelowStopWrites(Map<String, String> namespace, Map<String, String> statistics) {
        long free = ConnectedCluster.longValue(statistics, "system_free_mem_kbytes", 0) << 10;
        long freePercent = Math.max(1, ConnectedCluster.longValue(statistics, "system_free_mem_pct", PERCENT));
        long limit = ConnectedCluster.longValue(namespace, "stop-writes-sys-memory-pct", PERCENT);
        long reserved = free / freePercent * (PERCENT - limit);
        return Math.max(0, free - reserved);
    }

    private Plan plan(int nodes, long copies) {
        long records = estimate.recordCount(linesPerRecord);
        long ram = estimate.indexBytes(linesPerRecord) * copies;
        long disk = estimate.diskBytes(linesPerRecord) * copies;
        // During an ingest there is one version more than those that are kept.
        long versions = keep + 1L;
        long forSpace = Math.max(Math.ceilDiv(versions * ram, ramPerNode), Math.ceilDiv(versions * disk, diskPerNode));
        long forRecords = Math.ceilDiv(versions * records * copies, MAX_RECORDS_PER_NODE);
        long needed = Math.max(Math.max(forSpace, forRecords), copies);
        require(ram, freeRam, "bytes of RAM for the index", "add nodes or memory");
        require(disk, freeDisk, "bytes of storage", "add nodes or devices, or raise filesize");
        require(records * copies, freeRecords, "records", "add nodes");
        if (needed > MAX_NODES) {
            obstacles.add("about " + needed + " nodes like these are needed for " + versions
                    + " versions, and Community Edition allows " + MAX_NODES
                    + ": use larger nodes, or Enterprise Edition");
        }
        List<Figure> figures = new ArrayList<>(List.of(
                new Figure("lines", shape.lineCount(), "lines", "lines in the file"),
                new Figure("records", records, "records", "records, with the parts of long lines"),
                new Figure(
                        "versions",
                        versions,
                        "versions",
                        "versions at once during an ingest: those that are kept, and the new one"),
                new Figure("replication-factor", copies, "copies", "copies of each record"),
                new Figure("index-ram", ram, "bytes", "RAM for the index of one version, 64 bytes per record and copy"),
                new Figure("storage", disk, "bytes", "storage for the records of one version, in all copies"),
                new Figure("free-ram", freeRam, "bytes", "RAM free on all nodes, up to their stop-writes limits"),
                new Figure(
                        "free-storage", freeDisk, "bytes", "storage free on all nodes, up to their stop-writes limits"),
                new Figure("nodes", nodes, "nodes", "nodes in the cluster"),
                new Figure(
                        "nodes-needed",
                        needed,
                        "nodes",
                        "nodes like the largest of these, empty, that all versions need"),
                new Figure(
                        "time",
                        estimate.seconds(linesPerRecord),
                        "seconds",
                        "to ingest with one node on the same two cores; a cluster differs: ingest a part of the file"),
                new Figure(
                        "read",
                        estimate.readBytes(linesPerRecord),
                        "bytes",
                        "read from the device for one line, on average"),
                new Figure(
                        "network",
                        estimate.answerBytes(),
                        "bytes",
                        "sent by a node for one line, on average, however many lines share its record")));
        for (LinesPerRecord other : COMPARED) {
            String option = " with --lines-per-record " + other;
            figures.add(new Figure(
                    "index-ram-" + other, estimate.indexBytes(other) * copies, "bytes", "RAM for the index" + option));
            figures.add(new Figure(
                    "storage-" + other,
                    estimate.diskBytes(other) * copies,
                    "bytes",
                    "storage for the records" + option));
            figures.add(new Figure("time-" + other, estimate.seconds(other), "seconds", "to ingest" + option));
            figures.add(new Figure(
                    "read-" + other, estimate.readBytes(other), "bytes", "read from the device for a line" + option));
        }
        return new Plan(figures, warnings, obstacles);
    }

    private void require(long needed, long free, String resource, String remedy) {
        if (needed > free) {
            obstacles.add(needed + " " + resource + " are needed and " + free + " are free: " + remedy
                    + ", or drop datasets");
        }
    }
}
