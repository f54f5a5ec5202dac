package dev.lineserver.store.aerospike;

import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.cluster.Node;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/**
 * Checks, before a version is published, that the cluster holds what it acknowledged. The nodes' own counts tell within
 * moments. While partitions migrate these do not add up, and then each line is asked for instead.
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
     * @param lines how many there are to be
     * @param expected records there are to be, parts of long lines included
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

    /** The replication factor in effect, which is less than configured where there are fewer nodes. */
    private long copiesOfEach() throws StoreException {
        long factor = 1;
        for (Map<String, String> figures : cluster.namespaceFigures().values()) {
            factor = Math.max(factor, InfoText.number(figures, "effective_replication_factor", 1));
        }
        return factor;
    }

    /** Of each line only the head is asked for, where it has one: enough to know its parts. */
    private void verifyEach(long lines) throws StoreException {
        for (long first = 0; first < lines; first += KEYS_PER_BATCH) {
            int count = Math.toIntExact(Math.min(KEYS_PER_BATCH, lines - first));
            Key[] keys = new Key[count];
            for (int i = 0; i < count; i++) {
                keys[i] = records.line(first + i);
            }
            Record[] found = find(keys, first);
            for (int i = 0; i < count; i++) {
                if (found[i] == null) {
                    throw lost("line index " + (first + i));
                }
                LineRecords.Head head = records.head(found[i]);
                if (head != null) {
                    verifyParts(first + i, head);
                }
            }
        }
    }

    private void verifyParts(long lineIndex, LineRecords.Head head) throws StoreException {
        Key[] keys = new Key[head.parts()];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = records.part(lineIndex, i);
        }
        Record[] found = find(keys, lineIndex);
        for (int i = 0; i < keys.length; i++) {
            if (found[i] == null) {
                throw lost("part " + i + " of line index " + lineIndex);
            }
        }
    }

    private @Nullable Record[] find(Key[] keys, long first) throws StoreException {
        try {
            return cluster.client.get(cluster.policies.batchExists, keys, records.headBin);
        } catch (AerospikeException e) {
            throw Failures.of(e, "checking that line indexes from " + first + " are stored");
        }
    }

    private StoreFailedException lost(String what) {
        return new StoreFailedException(what + " was acknowledged, but is not in set " + records.set + " of namespace "
                + records.namespace + " any more: a node was lost or restarted empty. The version is not published;"
                + " see that the cluster is whole, and ingest again");
    }
}
