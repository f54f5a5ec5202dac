package dev.lineserver.store.aerospike;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.stream.Collectors;

/** Answers info commands: names, one to a line, each followed in the answer by a tab and what is asked. */
final class FakeInfo {
    static final String NAMESPACE = "lines";

    private static final int PARTITIONS = 4096;

    private final FakeRecords records;
    private final FakeFaults faults;
    volatile String build = "8.1.2.0";
    volatile String clusterName = "fake";

    /** -1 where the node is still starting. */
    volatile String partitionGeneration = "1";

    volatile long diskBytes = 4L << 30;

    /** What a migration does to the count of a set's records. */
    volatile long miscount;

    FakeInfo(FakeRecords records, FakeFaults faults) {
        this.records = records;
        this.faults = faults;
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
            case "node" -> "FA4E";
            case "build" -> build;
            case "cluster-name" -> clusterName;
            case "features" -> "batch-any;pquery;pscans;query-show;replicas";
            case "partition-generation", "rebalance-generation" -> partitionGeneration;
            case "peers-generation" -> "1";
            case "peers-clear-std", "peers-clear-alt", "peers-tls-std", "peers-tls-alt" -> "1,3000,[]";
            case "replicas" -> NAMESPACE + ":0,1," + everyPartition();
            case "namespaces" -> NAMESPACE;
            case "namespace" -> namespace();
            case "sets" -> sets(command);
            case "statistics" -> "system_free_mem_kbytes=8000000;system_free_mem_pct=80";
            case "truncate" -> truncate(command);
            default -> "";
        };
    }

    private static String everyPartition() {
        byte[] bitmap = new byte[PARTITIONS / Byte.SIZE];
        Arrays.fill(bitmap, (byte) 0xFF);
        return Base64.getEncoder().encodeToString(bitmap);
    }

    private String namespace() {
        return "objects=0;effective_replication_factor=1;stop_writes=" + faults.stopWrites
                + ";index_used_bytes=0;indexes-memory-budget=0;stop-writes-sys-memory-pct=90;data_total_bytes="
                + diskBytes + ";data_used_bytes=0;storage-engine.stop-writes-used-pct=70;max-record-size="
                + FakeRecords.LARGEST;
    }

    private String sets(String command) {
        String[] parts = command.split("/", -1);
        if (parts.length > 2) {
            long count = records.count(parts[2]) + miscount;
            return count == 0 ? "" : "objects=" + count + ":tombstones=0:truncating=false;";
        }
        return records.sets().stream()
                .map(set -> "ns=" + NAMESPACE + ":set=" + set + ":objects=" + records.count(set) + ":truncating=false;")
                .collect(Collectors.joining());
    }

    private String truncate(String command) {
        String set = command.substring(command.indexOf(";set=") + ";set=".length());
        if (faults.truncates) {
            records.truncate(set.split(";", 2)[0]);
        }
        return "ok";
    }
}
