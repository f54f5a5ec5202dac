package dev.lineserver.store.aerospike;

import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.BatchRead;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.ResultCode;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;
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
     * Searches for a record that does not exist.
     *
     * @param lineCount expected number of lines
     * @param recordCount expected number of records, parts of long lines included
     * @return the first line of the first record that does not exist, 0-based; empty if all exist
     */
    OptionalLong findLost(long lineCount, long recordCount) throws StoreException, InterruptedException {
        long end = System.nanoTime() + COUNT_TIMEOUT_NANOS;
        while (countCopies() != recordCount * registry.namespace().replicationFactor()) {
            if (System.nanoTime() > end) {
                LOG.log(
                        Level.INFO,
                        "the nodes'' counts differ from the {0} records expected in set {1}: checking each record",
                        recordCount,
                        records.set);
                return findLostRecord(records.recordCount(lineCount), recordCount);
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
        return OptionalLong.empty();
    }

    /** Returns the failure of a build whose record is lost. */
    static StoreUnavailableException lost(long lineIndex, LineRecords records) {
        return new StoreUnavailableException("the record of line index " + lineIndex
                + " was acknowledged, but is no longer in set " + records.set + " of namespace " + records.namespace
                + ": a node was lost or restarted empty, or the ingest was being discarded on a full cluster. The version"
                + " is not published; check that all nodes are up, and ingest again with --resume");
    }

    private long countCopies() throws StoreException {
        return registry.setCounts()
                .getOrDefault(records.set, RegistryAccess.SetCount.NONE)
                .copies();
    }

    /**
     * Searches record by record.
     *
     * @param lineRecords number of records without parts
     * @param recordCount number of records, parts included
     */
    private OptionalLong findLostRecord(long lineRecords, long recordCount) throws StoreException {
        // Packed lines are transferred only if some of them have parts, whose number only their elements tell.
        boolean elements = records.layout.isPacked() && !records.layout.compressed() && recordCount > lineRecords;
        int keysPerBatch = elements ? PACKED_KEYS_PER_BATCH : KEYS_PER_BATCH;
        String bin = elements ? LineRecords.LINE_BIN : LineRecords.HEADER_BIN;
        for (long first = 0; first < lineRecords; first += keysPerBatch) {
            long start = first;
            int count = Math.toIntExact(Math.min(keysPerBatch, lineRecords - start));
            @Nullable Record[] found = find(start * records.linesPerRecord, count, i -> records.record(start + i), bin);
            for (int i = 0; i < count; i++) {
                long firstLine = (start + i) * records.linesPerRecord;
                if (found[i] == null || !hasParts(firstLine, found[i])) {
                    return OptionalLong.of(firstLine);
                }
            }
        }
        return OptionalLong.empty();
    }

    private boolean hasParts(long firstLine, @Nullable Record record) throws StoreException {
        if (records.layout.compressed()) {
            for (CompressedRecord.PlacedHeader header : CompressedRecord.headers(record)) {
                if (!hasParts(firstLine + header.index(), header.line())) {
                    return false;
                }
            }
            return true;
        }
        if (!records.layout.isPacked()) {
            return hasParts(firstLine, LineRecords.header(record));
        }
        List<?> elements = records.lineValues(record);
        for (int e = 0; e < elements.size(); e++) {
            if (!hasParts(firstLine + e, LineRecords.LongLineHeader.fromElement(elements.get(e)))) {
                return false;
            }
        }
        return true;
    }

    private boolean hasParts(long line, LineRecords.@Nullable LongLineHeader header) throws StoreException {
        return header == null
                || Arrays.stream(find(line, header.parts(), part -> records.part(line, part), LineRecords.HEADER_BIN))
                        .allMatch(Objects::nonNull);
    }

    /**
     * Finds records; those that do not exist are null.
     *
     * @param firstLine the first line of the first record, for messages
     * @param bin the only bin that is transferred; that of headers, which tells how many parts a line has, is short
     */
    private @Nullable Record[] find(long firstLine, int count, IntFunction<Key> key, String bin) throws StoreException {
        String[] bins = {bin};
        List<BatchRead> reads = IntStream.range(0, count)
                .mapToObj(i -> new BatchRead(cluster.policies.recordExists, key.apply(i), bins))
                .toList();
        try {
            boolean _ = cluster.client.get(cluster.policies.batchExists, reads);
            for (BatchRead read : reads) {
                if (read.resultCode != ResultCode.OK && read.resultCode != ResultCode.KEY_NOT_FOUND_ERROR) {
                    throw new AerospikeException(read.resultCode);
                }
            }
            return reads.stream().map(read -> read.record).toArray(Record[]::new);
        } catch (AerospikeException e) {
            throw ClusterFailures.toStoreException(
                    e, "checking that the records from line index " + firstLine + " on are stored");
        }
    }
}
