package dev.lineserver.store.aerospike;

import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.cluster.Node;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/**
 * Checks, before a version is published, that the cluster holds what it acknowledged. The nodes' own counts show it within
 * moments. While partitions migrate these do not add up, and then every record is read instead.
 */
final class StoredCount {
    private static final System.Logger LOG = System.getLogger(StoredCount.class.getName());
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long PAUSE_MILLIS = 50;
    private static final int KEYS_PER_BATCH = 5_000;

    private final Cluster cluster;
    private final LineRecords records;

    StoredCount(Cluster cluster, LineRecords records) {
        this.cluster = cluster;
        this.records = records;
    }

    /**
     * @param lines number of lines that there must be
     * @param expected number of records that there must be, parts of long lines included
     */
    void verify(long lines, long expected) throws StoreException, InterruptedException {
        long start = System.nanoTime();
        long copies = countCopies();
        while (copies != expected * copiesOfEach()) {
            if (System.nanoTime() - start > PATIENCE_NANOS) {
                LOG.log(
                        Level.INFO,
                        "the nodes count {0} copies of {1} records in set {2}: asking for each line",
                        copies,
                        expected,
                        records.set);
                verifyEach(lines);
                return;
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            copies = countCopies();
        }
    }

    private long countCopies() throws StoreException {
        long copies = 0;
        String command = "sets/" + cluster.settings.namespace() + "/" + records.set;
        for (Node node : cluster.nodes()) {
            String answer = cluster.info(node, command).replace(";", "");
            copies += InfoText.number(InfoText.pairs(answer, ':'), "objects", 0);
        }
        return copies;
    }

    /** The replication factor in effect, which is less than configured if there are fewer nodes. */
    private long copiesOfEach() throws StoreException {
        long factor = 1;
        for (Map<String, String> figures : cluster.namespaceFigures().values()) {
            factor = Math.max(factor, InfoText.number(figures, "effective_replication_factor", 1));
        }
        return factor;
    }

    /** Reads of each line only its head, if it has one: enough to know its parts. */
    private void verifyEach(long lines) throws StoreException {
        for (long first = 0; first < lines; first += KEYS_PER_BATCH) {
            long start = first;
            int count = Math.toIntExact(Math.min(KEYS_PER_BATCH, lines - start));
            Record[] found = find(count, i -> records.line(start + i), i -> "line index " + (start + i));
            for (int i = 0; i < count; i++) {
                LineRecords.Head head = records.head(found[i]);
                if (head != null) {
                    long line = start + i;
                    Record[] _ = find(
                            head.parts(),
                            part -> records.part(line, part),
                            part -> "part " + part + " of line index " + line);
                }
            }
        }
    }

    /** @throws StoreFailedException if one of the records does not exist */
    private Record[] find(int count, IntFunction<Key> key, IntFunction<String> name) throws StoreException {
        Key[] keys = new Key[count];
        Arrays.setAll(keys, key);
        try {
            Record[] found = cluster.client.get(cluster.policies.batchExists, keys, records.headBin);
            for (int i = 0; i < count; i++) {
                if (found[i] == null) {
                    throw lost(name.apply(i));
                }
            }
            return found;
        } catch (AerospikeException e) {
            throw ClusterFailures.of(e, "checking that records from " + name.apply(0) + " are stored");
        }
    }

    private StoreFailedException lost(String what) {
        return new StoreFailedException(what + " was acknowledged, but is not in set " + records.set + " of namespace "
                + records.namespace + " any more: a node was lost or restarted empty. The version is not published;"
                + " see that the cluster is whole, and ingest again");
    }
}
