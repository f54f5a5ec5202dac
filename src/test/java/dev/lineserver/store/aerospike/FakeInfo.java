package dev.lineserver.store.aerospike;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Answers info commands: names, one to a line, each followed in the answer by a tab and what is asked. */
final class FakeInfo {
    static final String NAMESPACE = "lines";

    private static final int PARTITIONS = 4096;

    private final FakeRecords records;
    private final int place;
    private final FakeFaults faults;
    volatile String build = "8.1.2.0";
    volatile String clusterName = "fake";

    /** -1 if the node is still starting. */
    volatile String partitionGeneration = "1";

    volatile long diskBytes = 4L << 30;

    /** What a migration does to the count of a set's records. */
    volatile long countError;

    /** {@code HOST:PORT} of all nodes of the cluster; empty for a node on its own. */
    private volatile List<String> cluster = List.of();

    /** @param place of the node in its cluster, from 0 */
    FakeInfo(FakeRecords records, FakeFaults faults, int place) {
        this.place = place;
        this.records = records;
        this.faults = faults;
    }

    void join(List<String> nodes) {
        cluster = nodes;
    }

    private int copies() {
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
        return switch (command.split("[:/]", 2)[0]) {
            case "node" -> name(place);
            case "build" -> build;
            case "cluster-name" -> clusterName;
            case "features" -> "batch-any;pquery;pscans;query-show;replicas";
            case "partition-generation", "rebalance-generation" -> partitionGeneration;
            case "peers-generation" -> "1";
            case "peers-clear-std", "peers-clear-alt", "peers-tls-std", "peers-tls-alt" -> "1,3000,[" + peers() + "]";
            case "replicas" ->
                NAMESPACE + ":0," + copies() + "," + partitions(0) + (copies() > 1 ? "," + partitions(1) : "");
            case "namespaces" -> NAMESPACE;
            case "namespace" -> namespace();
            case "sets" -> sets();
            case "statistics" -> "system_free_mem_kbytes=8000000;system_free_mem_pct=80";
            case "truncate" -> truncate(command);
            default -> "";
        };
    }

    private static String name(int place) {
        return "FA4E" + place;
    }

    private String peers() {
        return IntStream.range(0, cluster.size())
                .filter(other -> other != place)
                .mapToObj(other -> "[" + name(other) + ",,[" + cluster.get(other) + "]]")
                .collect(Collectors.joining(","));
    }

    /** A copy of partition {@code i} is on node {@code i + copy}, modulo their number. */
    private String partitions(int copy) {
        int nodes = Math.max(1, cluster.size());
        byte[] bitmap = new byte[PARTITIONS / Byte.SIZE];
        for (int i = 0; i < PARTITIONS; i++) {
            if ((i + copy) % nodes == place) {
                bitmap[i / Byte.SIZE] |= (byte) (0x80 >> i % Byte.SIZE);
            }
        }
        return Base64.getEncoder().encodeToString(bitmap);
    }

    private String namespace() {
        return "objects=0;effective_replication_factor=" + copies() + ";stop_writes=" + faults.stopWrites
                + ";index_used_bytes=0;indexes-memory-budget=0;stop-writes-sys-memory-pct=90;data_total_bytes="
                + diskBytes + ";data_used_bytes=0;storage-engine.stop-writes-used-pct=70;max-record-size="
                + FakeRecords.MAX_RECORD_SIZE;
    }

    /** All nodes share their records; one reports them. */
    private String sets() {
        return records.sets().stream()
                .map(set -> "ns=" + NAMESPACE + ":set=" + set + ":objects="
                        + (place == 0 ? records.count(set) * copies() + countError : 0) + ":truncating=false;")
                .collect(Collectors.joining());
    }

    private String truncate(String command) {
        String set = command.substring(command.indexOf(";set=") + ";set=".length());
        if (faults.truncationEnabled) {
            records.truncate(set.split(";", 2)[0]);
        }
        return "ok";
    }
}
