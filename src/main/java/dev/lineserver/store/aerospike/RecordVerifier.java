package dev.lineserver.store.aerospike;

import java.lang.System.Logger.Level;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.Key;
import com.aerospike.client.Record;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/**
 * Checks, before a version is published, that the cluster holds what it acknowledged. The nodes' own counts show it within
 * moments. While partitions migrate these do not add up, and then every record is read instead.
 */
record RecordVerifier(ConnectedCluster cluster, RegistryRecord registry, LineRecords records) {
    private static final System.Logger LOG = System.getLogger(RecordVerifier.class.getName());
    private static final long COUNT_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long PAUSE_MILLIS = 50;
    private static final int KEYS_PER_BATCH = 5_000;

    /**
     * @param lines number of lines that there must be
     * @param expected number of records that there must be, parts of long lines included
     */
    void verify(long lines, long expected) throws StoreException, InterruptedException {
        long end = System.nanoTime() + COUNT_TIMEOUT_NANOS;
        while (registry.recordCounts().getOrDefault(records.set, 0L) != expected * cluster.replicationFactor()) {
            if (System.nanoTime() > end) {
                LOG.log(
                        Level.INFO,
                        "the nodes do not count {0} records in set {1}: reading each",
                        expected,
                        records.set);
                verifyEach(lines);
                return;
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
    }

    private void verifyEach(long lines) throws StoreException {
        for (long first = 0; first < lines; first += KEYS_PER_BATCH) {
            long start = first;
            int count = Math.toIntExact(Math.min(KEYS_PER_BATCH, lines - start));
            Record[] found = find(count, i -> records.line(start + i), "line index ", start);
            for (int i = 0; i < count; i++) {
                long line = start + i;
                LineRecords.LongLineHeader header = records.header(found[i]);
                if (header != null) {
                    Record[] _ =
                            find(header.parts(), part -> records.part(line, part), "line index " + line + ", part ", 0);
                }
            }
        }
    }

    /**
     * Reads of each record only the bin of a head, which is enough to know its parts.
     *
     * @throws StoreFailedException if one of the records does not exist
     */
    private Record[] find(int count, IntFunction<Key> key, String name, long first) throws StoreException {
        Key[] keys = IntStream.range(0, count).mapToObj(key).toArray(Key[]::new);
        Record[] found;
        try {
            found = cluster.client.get(cluster.policies.batchExists, keys, records.headerBin);
        } catch (AerospikeException e) {
            throw ClusterFailures.toStoreException(e, "checking that records from " + name + first + " are stored");
        }
        for (int i = 0; i < count; i++) {
            if (found[i] == null) {
                throw new StoreFailedException(name + (first + i) + " was acknowledged, but is not in set "
                        + records.set + " of namespace " + records.namespace + " any more: a node was lost or restarted"
                        + " empty. The version is not published; see that the cluster is whole, and ingest again");
            }
        }
        return found;
    }
}
