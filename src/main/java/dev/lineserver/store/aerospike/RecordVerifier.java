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
import dev.lineserver.store.aerospike.registry.RegistryAccess;

/**
 * Verifies, before a version is published, that the cluster holds all records that it acknowledged. Normally the nodes'
 * record counts agree within moments. They do not while partitions migrate; then every record is checked by its key.
 */
record RecordVerifier(ConnectedCluster cluster, RegistryRecord registry, LineRecords records) {
    private static final System.Logger LOG = System.getLogger(RecordVerifier.class.getName());
    private static final long COUNT_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(3);
    private static final long PAUSE_MILLIS = 50;
    private static final int KEYS_PER_BATCH = 5_000;

    /**
     * @param lineCount expected number of lines
     * @param recordCount expected number of records, parts of long lines included
     */
    void verify(long lineCount, long recordCount) throws StoreException, InterruptedException {
        long end = System.nanoTime() + COUNT_TIMEOUT_NANOS;
        while (countCopies() != recordCount * registry.namespace().replicationFactor()) {
            if (System.nanoTime() > end) {
                LOG.log(
                        Level.INFO,
                        "the nodes'' counts differ from the {0} records expected in set {1}: checking each record",
                        recordCount,
                        records.set);
                verifyEach(lineCount);
                return;
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
    }

    private long countCopies() throws StoreException {
        return registry.setCounts()
                .getOrDefault(records.set, RegistryAccess.SetCount.NONE)
                .copies();
    }

    private void verifyEach(long lineCount) throws StoreException {
        for (long first = 0; first < lineCount; first += KEYS_PER_BATCH) {
            long start = first;
            int count = Math.toIntExact(Math.min(KEYS_PER_BATCH, lineCount - start));
            Record[] found = find(count, i -> records.line(start + i), "line index ", start);
            for (int i = 0; i < count; i++) {
                long line = start + i;
                LineRecords.LongLineHeader header = LineRecords.header(found[i]);
                if (header != null) {
                    Record[] _ =
                            find(header.parts(), part -> records.part(line, part), "line index " + line + ", part ", 0);
                }
            }
        }
    }

    /**
     * Finds records. Transfers no lines: only the bin of headers is requested, which tells how many parts a line has.
     *
     * @throws StoreFailedException if one of the records does not exist
     */
    private Record[] find(int count, IntFunction<Key> key, String name, long first) throws StoreException {
        Key[] keys = IntStream.range(0, count).mapToObj(key).toArray(Key[]::new);
        Record[] found;
        try {
            found = cluster.client.get(cluster.policies.batchExists, keys, LineRecords.HEADER_BIN);
        } catch (AerospikeException e) {
            throw ClusterFailures.toStoreException(e, "checking that records from " + name + first + " are stored");
        }
        for (int i = 0; i < count; i++) {
            if (found[i] == null) {
                throw new StoreFailedException(name + (first + i) + " was acknowledged, but is no longer in set "
                        + records.set + " of namespace " + records.namespace + ": a node was lost or restarted"
                        + " empty. The version is not published; check that all nodes are up, and ingest again");
            }
        }
        return found;
    }
}
