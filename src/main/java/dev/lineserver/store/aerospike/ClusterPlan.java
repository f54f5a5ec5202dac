package dev.lineserver.store.aerospike;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import com.aerospike.client.cluster.Node;

import dev.lineserver.store.Plan;
import dev.lineserver.store.Plan.Figure;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.TextShape;

/** What storing a text will take of this cluster, as it is now. */
final class ClusterPlan {
    /** RAM for a record's place in the primary index. */
    private static final long INDEX_BYTES = 64;

    /** On the device: 39 bytes of header, the set's name and its length, the bin's name and the value's length. */
    private static final long RECORD_BYTES = 47;

    /** Records start at multiples of this on the device. */
    private static final long GRAIN_BYTES = 16;

    /** Community Edition's limits. */
    private static final long MOST_NODES = 8;

    private static final long MOST_RECORDS_PER_NODE = 4_294_967_296L;
    private static final long PERCENT = 100;

    private final TextShape shape;
    private final int longestRecord;
    private final List<NamespaceOnNode> nodes = new ArrayList<>();

    private ClusterPlan(TextShape shape, int longestRecord) {
        this.shape = shape;
        this.longestRecord = longestRecord;
    }

    static Plan of(TextShape shape, Cluster cluster, int longestRecord) throws StoreException {
        ClusterPlan plan = new ClusterPlan(shape, longestRecord);
        for (Map.Entry<Node, Map<String, String>> node :
                cluster.namespaceFigures().entrySet()) {
            Map<String, String> memory = cluster.figures(node.getKey(), "statistics");
            plan.nodes.add(NamespaceOnNode.of(node.getKey().toString(), node.getValue(), memory));
        }
        return plan.plan(cluster.settings.namespace());
    }

    private Plan plan(String namespace) {
        long copies = nodes.stream()
                .mapToLong(NamespaceOnNode::replicationFactor)
                .max()
                .orElse(1);
        long records = records();
        long ram = records * INDEX_BYTES * copies;
        long disk = diskBytes() * copies;
        long freeRam = nodes.stream().mapToLong(NamespaceOnNode::freeMemory).sum();
        long freeDisk = nodes.stream().mapToLong(NamespaceOnNode::freeDisk).sum();
        long freeRecords =
                nodes.stream().mapToLong(NamespaceOnNode::freeRecords).sum();
        long needed = nodesNeeded(ram, disk, records * copies, copies);

        List<String> obstacles = new ArrayList<>();
        for (NamespaceOnNode node : nodes) {
            if (node.stopWrites()) {
                obstacles.add("node " + node.name() + " has stopped taking writes in namespace " + namespace
                        + ": give it memory or storage, or drop datasets");
            }
        }
        require(obstacles, ram, freeRam, "bytes of RAM for the index", "add nodes or memory");
        require(obstacles, disk, freeDisk, "bytes of storage", "add nodes or devices, or raise filesize");
        require(obstacles, records * copies, freeRecords, "records", "add nodes");
        if (needed > MOST_NODES) {
            obstacles.add("about " + needed + " nodes like these are needed, and Community Edition allows " + MOST_NODES
                    + ": use larger nodes, or Enterprise Edition");
        }
        return new Plan(
                List.of(
                        new Figure("lines", shape.lineCount(), "lines", "lines in the file"),
                        new Figure("records", records, "records", "records, with the parts of long lines"),
                        new Figure("replication-factor", copies, "copies", "copies of each record"),
                        new Figure("index-ram", ram, "bytes", "RAM for the index, 64 bytes per record and copy"),
                        new Figure("storage", disk, "bytes", "storage for the records, in all copies"),
                        new Figure("free-ram", freeRam, "bytes", "RAM free on all nodes below their stop-writes limit"),
                        new Figure("free-storage", freeDisk, "bytes", "storage free likewise"),
                        new Figure("nodes", nodes.size(), "nodes", "nodes in the cluster"),
                        new Figure("nodes-needed", needed, "nodes", "nodes like these, empty, that the file needs")),
                obstacles);
    }

    private static void require(List<String> obstacles, long needed, long free, String what, String remedy) {
        if (needed > free) {
            obstacles.add(
                    needed + " " + what + " are needed and " + free + " are free: " + remedy + ", or drop datasets");
        }
    }

    private long nodesNeeded(long ram, long disk, long copiesOfRecords, long copies) {
        long most = Math.max(
                1, nodes.stream().mapToLong(NamespaceOnNode::usableMemory).max().orElse(1));
        long mostDisk = Math.max(
                1, nodes.stream().mapToLong(NamespaceOnNode::usableDisk).max().orElse(1));
        long forRam = Math.ceilDiv(ram, most);
        long forDisk = Math.ceilDiv(disk, mostDisk);
        long forRecords = Math.ceilDiv(copiesOfRecords, MOST_RECORDS_PER_NODE);
        return Math.max(Math.max(forRam, forDisk), Math.max(forRecords, copies));
    }

    private long records() {
        return shape.lineCount()
                + (shape.longestLine() > longestRecord ? shape.bytesInLongerLines() / longestRecord : 0);
    }

    /** Of each line the longest that its class allows. */
    private long diskBytes() {
        long[] classes = shape.linesByLength();
        long bytes = 0;
        for (int i = 0; i < classes.length - 1; i++) {
            long longest = (i + 1L) * TextShape.LENGTH_STEP - 1;
            bytes += classes[i] * Math.ceilDiv(longest + RECORD_BYTES, GRAIN_BYTES) * GRAIN_BYTES;
        }
        long longer = classes.length == 0 ? 0 : classes[classes.length - 1];
        return bytes + shape.bytesInLongerLines() + longer * (RECORD_BYTES + GRAIN_BYTES);
    }

    /**
     * A node's share of the namespace.
     *
     * @param name of the node
     * @param replicationFactor in effect
     * @param records copies it holds
     * @param freeMemory bytes it may still take
     * @param usableMemory bytes it could take if it held nothing
     * @param freeDisk bytes it may still take
     * @param usableDisk bytes it could take if it held nothing
     * @param stopWrites whether it has stopped taking writes
     */
    private record NamespaceOnNode(
            String name,
            long replicationFactor,
            long records,
            long freeMemory,
            long usableMemory,
            long freeDisk,
            long usableDisk,
            boolean stopWrites) {

        long freeRecords() {
            return Math.max(0, MOST_RECORDS_PER_NODE - records);
        }

        static NamespaceOnNode of(String name, Map<String, String> namespace, Map<String, String> statistics) {
            long indexUsed = InfoText.number(namespace, "index_used_bytes", 0);
            long budget = InfoText.number(namespace, "indexes-memory-budget", 0);
            long freeMemory = budget > 0 ? Math.max(0, budget - indexUsed) : belowLimit(namespace, statistics);
            long total = InfoText.number(namespace, "data_total_bytes", 0);
            long used = InfoText.number(namespace, "data_used_bytes", 0);
            long usable = total / PERCENT * InfoText.number(namespace, "storage-engine.stop-writes-used-pct", PERCENT);
            return new NamespaceOnNode(
                    name,
                    InfoText.number(namespace, "effective_replication_factor", 1),
                    InfoText.number(namespace, "objects", 0),
                    freeMemory,
                    freeMemory + indexUsed,
                    Math.max(0, usable - used),
                    usable,
                    "true".equals(namespace.get("stop_writes")));
        }

        /** RAM until the node's memory is as full as stop-writes-sys-memory-pct allows. */
        private static long belowLimit(Map<String, String> namespace, Map<String, String> statistics) {
            long free = InfoText.number(statistics, "system_free_mem_kbytes", 0) << 10;
            long freePercent = Math.max(1, InfoText.number(statistics, "system_free_mem_pct", PERCENT));
            long limit = InfoText.number(namespace, "stop-writes-sys-memory-pct", PERCENT);
            long reserved = free / freePercent * (PERCENT - limit);
            return Math.max(0, free - reserved);
        }
    }
}
