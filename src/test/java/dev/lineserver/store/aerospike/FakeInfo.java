package dev.lineserver.store.aerospike;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Answers info commands. A request has one command per line; the answer repeats each, followed by a tab and its result.
 */
final class FakeInfo {
    static final String NAMESPACE = "lines";

    private static final int PARTITIONS = 4096;

    /** 2010-01-01T00:00Z, in seconds. */
    private static final long SERVER_EPOCH = 1_262_304_000;

    private final FakeRecords records;
    private final int nodeIndex;
    private final FakeFaults faults;
    volatile int maxRecordSize = FakeRecords.MAX_RECORD_SIZE;
    volatile String build = "8.1.2.0";
    volatile String clusterName = "fake";

    /** -1 while the node is starting. */
    volatile String partitionGeneration = "1";

    /** Number of times that the node has said that it is starting. */
    final AtomicInteger refusedGenerations = new AtomicInteger();

    /** Number of times that the node has named its peers. */
    final AtomicInteger peersNamed = new AtomicInteger();

    volatile long diskBytes = 4L << 30;
    volatile long usedBytes;
    volatile boolean migrating;

    /** Number of nodes that this node sees; 0 for all. */
    volatile int clusterSize;

    /** Index of the node that the others have noticed to be dead; -1 if none is. */
    private volatile int deadNode = -1;

    /** True while the node answers no info command. */
    volatile boolean silent;

    volatile String conflictResolution = "last-update-time";

    /** Error of the record counts of sets, as during a migration. */
    volatile long countError;

    /** True while the nodes delete the records of truncated sets. */
    volatile boolean truncating;

    /** {@code HOST:PORT} of all nodes of the cluster; empty for a node on its own. */
    private volatile List<String> cluster = List.of();

    /** @param nodeIndex index of the node in its cluster */
    FakeInfo(FakeRecords records, FakeFaults faults, int nodeIndex) {
        this.nodeIndex = nodeIndex;
        this.records = records;
        this.faults = faults;
    }

    void join(List<String> nodes) {
        cluster = nodes;
    }

    /** Forms a cluster without a node that has died. Its partitions keep their other replica. */
    void leave(int dead) {
        deadNode = dead;
        clusterSize = cluster.size() - 1;
    }

    private int replicaCount() {
        return Math.clamp(cluster.size(), 1, 2);
    }

    byte[] answer(byte[] body) {
        String commands = new String(body, StandardCharsets.UTF_8);
        return commands.lines()
                .map(command -> command + "\t" + answer(command) + "\n")
                .collect(Collectors.joining())
                .getBytes(StandardCharsets.UTF_8);
    }

    private String answer(String command) {
        String name = command.split("[:/]", 2)[0];
        if (name.startsWith("truncate") && faults.consumeTruncationTimeout()) {
            return "ERROR:9:timeout";
        }
        return switch (name) {
            case "node" -> name(nodeIndex);
            case "build" -> build;
            case "cluster-name" -> clusterName;
            case "features" -> "batch-any;pquery;pscans;query-show;replicas";
            case "partition-generation", "rebalance-generation" -> {
                String generation = partitionGeneration;
                if (generation.equals("-1")) {
                    refusedGenerations.incrementAndGet();
                }
                yield generation;
            }
            case "peers-generation" -> peersGeneration();
            case "peers-clear-std", "peers-clear-alt", "peers-tls-std", "peers-tls-alt" -> namePeers();
            case "replicas" ->
                NAMESPACE + ":0," + replicaCount() + "," + partitions(0)
                        + (replicaCount() > 1 ? "," + partitions(1) : "");
            case "namespaces" -> NAMESPACE;
            case "namespace" -> namespace();
            case "sets" -> sets();
            case "statistics" ->
                "system_free_mem_kbytes=8000000;system_free_mem_pct=80;cluster_size="
                        + (clusterSize > 0 ? clusterSize : Math.max(1, cluster.size()));
            case "truncate" -> truncate(command);
            case "truncate-undo" -> {
                records.forgetTruncations(parameter(command, "set"));
                yield "ok";
            }
            default -> "";
        };
    }

    private static String name(int nodeIndex) {
        return "FA4E" + nodeIndex;
    }

    private String namePeers() {
        String answer = peersGeneration() + ",3000,[" + peers() + "]";
        peersNamed.incrementAndGet();
        return answer;
    }

    private String peersGeneration() {
        return deadNode < 0 ? "1" : "2";
    }

    private String peers() {
        return IntStream.range(0, cluster.size())
                .filter(other -> other != nodeIndex && other != deadNode)
                .mapToObj(other -> "[" + name(other) + ",,[" + cluster.get(other) + "]]")
                .collect(Collectors.joining(","));
    }

    /**
     * Returns the partitions whose replica {@code replica} this node has: those with
     * {@code (partition + replica) % nodes == nodeIndex}.
     */
    private String partitions(int replica) {
        int nodes = Math.max(1, cluster.size());
        byte[] bitmap = new byte[PARTITIONS / Byte.SIZE];
        for (int i = 0; i < PARTITIONS; i++) {
            if ((i + replica) % nodes == nodeIndex) {
                bitmap[i / Byte.SIZE] |= (byte) (0x80 >> i % Byte.SIZE);
            }
        }
        return Base64.getEncoder().encodeToString(bitmap);
    }

    private String namespace() {
        return "objects=0;effective_replication_factor=" + replicaCount() + ";stop_writes="
                + (faults.stopWrites || records.isFull()) + ";migrate_tx_partitions_remaining="
                + (migrating ? 1 : 0) + ";conflict-resolution-policy=" + conflictResolution
                + ";current_time=" + (records.readClock() / 1_000 - SERVER_EPOCH)
                + ";index_used_bytes=0;indexes-memory-budget=0;stop-writes-sys-memory-pct=90;data_total_bytes="
                + diskBytes + ";data_used_bytes=" + usedBytes
                + ";storage-engine.stop-writes-used-pct=70;max-record-size="
                + maxRecordSize;
    }

    /** All nodes share their records, so only the first reports them. */
    private String sets() {
        return records.sets().stream()
                .map(set -> "ns=" + NAMESPACE + ":set=" + set + ":objects="
                        + (nodeIndex == 0 ? records.count(set) * replicaCount() + countError : 0)
                        + ":truncating=" + truncating + ";")
                .collect(Collectors.joining());
    }

    private String truncate(String command) {
        if (faults.truncationEnabled) {
            String time = parameter(command, "lut");
            // Without a time: up to now.
            records.truncate(
                    parameter(command, "set"),
                    time.matches("[0-9]+")
                            ? TimeUnit.NANOSECONDS.toMillis(Long.parseLong(time))
                            : records.advanceClock());
        }
        return "ok";
    }

    /** Returns a parameter of {@code command:a=1;b=2}, or an empty string. */
    private static String parameter(String command, String name) {
        String parameters = command.substring(command.indexOf(':') + 1);
        return ConnectedCluster.parsePairs(parameters, ';').getOrDefault(name, "");
    }
}
