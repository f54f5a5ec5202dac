package dev.lineserver.store.aerospike;

import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import org.jspecify.annotations.Nullable;

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
    /** Of records of up to 1 MiB. */
    private static final int PACKED_KEYS_PER_BATCH = 64;

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
                verifyEach(records.recordCount(lineCount), recordCount);
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

    /**
     * @param lineRecords number of records without parts
     * @param recordCount number of records, parts included
     */
    private void verifyEach(long lineRecords, long recordCount) throws StoreException {
        // Packed lines are transferred only if some of them have parts, whose number only their elements tell.
        boolean packedParts = records.linesPerRecord > 1 && recordCount > lineRecords;
        int keysPerBatch = packedParts ? PACKED_KEYS_PER_BATCH : KEYS_PER_BATCH;
        String bin = packedParts ? LineRecords.LINE_BIN : LineRecords.HEADER_BIN;
        for (long first = 0; first < lineRecords; first += keysPerBatch) {
            long start = first;
            int count = Math.toIntExact(Math.min(keysPerBatch, lineRecords - start));
            Record[] found = find(count, i -> records.record(start + i), bin, i -> describe(start + i));
            for (int i = 0; i < count; i++) {
                long firstLine = (start + i) * records.linesPerRecord;
                if (packedParts && LineRecords.value(found[i]) instanceof List<?> elements) {
                    for (int e = 0; e < elements.size(); e++) {
                        verifyParts(firstLine + e, LineRecords.LongLineHeader.fromElement(elements.get(e)));
                    }
                } else {
                    verifyParts(firstLine, LineRecords.header(found[i]));
                }
            }
        }
    }

    /** Names the first line of a record. */
    private String describe(long recordIndex) {
        return "the record of line index " + recordIndex * records.linesPerRecord;
    }

    private void verifyParts(long line, LineRecords.@Nullable LongLineHeader header) throws StoreException {
        if (header != null) {
            Record[] _ = find(
                    header.parts(),
                    part -> records.part(line, part),
                    LineRecords.HEADER_BIN,
                    part -> "line index " + line + ", part " + part);
        }
    }

    /**
     * Finds records.
     *
     * @param bin the only bin that is transferred; that of headers, which tells how many parts a line has, is short
     * @throws StoreFailedException if one of the records does not exist
     */
    private Record[] find(int count, IntFunction<Key> key, String bin, IntFunction<String> name) throws StoreException {
        Key[] keys = IntStream.range(0, count).mapToObj(key).toArray(Key[]::new);
        Record[] found;
        try {
            found = cluster.client.get(cluster.policies.batchExists, keys, bin);
        } catch (AerospikeException e) {
            throw ClusterFailures.toStoreException(e, "checking that records from " + name.apply(0) + " on are stored");
        }
        for (int i = 0; i < count; i++) {
            if (found[i] == null) {
                throw new StoreFailedException(name.apply(i) + " was acknowledged, but is no longer in set "
                        + records.set + " of namespace " + records.namespace + ": a node was lost or restarted"
                        + " empty. The version is not published; check that all nodes are up, and ingest again");
            }
        }
        return found;
    }
}
