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

import dev.lineserver.store.PartBuild.Chunk;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.aerospike.registry.RegistryAccess;

/**
 * Verifies, before a version is published and when a build is resumed, that the cluster holds all records that it
 * acknowledged. Normally the nodes' record counts agree within moments. They do not while partitions migrate; then every
 * record is checked by its key.
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
        while (!isCounted(recordCount)) {
            if (System.nanoTime() > end) {
                LOG.log(
                        Level.INFO,
                        "the nodes'' counts differ from the {0} records expected in set {1}: checking each record",
                        recordCount,
                        records.set);
                long lineRecords = records.recordCount(lineCount);
                return findLostRecord(0, lineRecords, recordCount > lineRecords);
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        }
        return OptionalLong.empty();
    }

    /**
     * Searches the lines that a build had stored when it ended for a record that does not exist any more: a node has restarted
     * without it, or a process truncated the set to discard the build, and was killed. Lines whose loss the counts do not
     * show, because they do not tell records of lines from those of their parts, are found before the publication.
     *
     * @param stored the lines; each chunk begins with a record
     * @return the first line that must be written again, 0-based; empty if there is none
     */
    OptionalLong findLost(List<Chunk> stored) throws StoreException {
        long expected = stored.stream()
                .mapToLong(chunk -> records.recordCount(chunk.end() - chunk.first()))
                .sum();
        RegistryAccess.SetCount count = count();
        OptionalLong lost = OptionalLong.empty();
        if (expected > 0 && count.truncating()) {
            // Nodes are still deleting these records, so none of them may be relied on.
            lost = OptionalLong.of(0);
        } else if (count.copies() < expected * registry.namespace().replicationFactor()) {
            LOG.log(
                    Level.INFO,
                    "the nodes count fewer records in set {0} than the unfinished ingest had stored: checking each record",
                    records.set);
            for (Chunk chunk : stored) {
                long end = Math.ceilDiv(chunk.end(), records.linesPerRecord);
                lost = lost.isPresent() ? lost : findLostRecord(chunk.first() / records.linesPerRecord, end, true);
            }
        }
        lost.ifPresent(first -> LOG.log(
                Level.WARNING,
                "lines of the unfinished ingest are no longer in set {0}; they are written again from line index {1} on",
                records.set,
                first));
        return lost;
    }

    /** Returns the failure of a build whose record is lost. */
    static StoreUnavailableException lost(long lineIndex, LineRecords records) {
        return new StoreUnavailableException("the record of line index " + lineIndex
                + " was acknowledged, but is no longer in set " + records.set + " of namespace " + records.namespace
                + ": a node was lost or restarted empty, or the ingest was being discarded on a full cluster. The version"
                + " is not published; check that all nodes are up, and ingest again with --resume");
    }

    private boolean isCounted(long recordCount) throws StoreException {
        RegistryAccess.SetCount count = count();
        // Records that nodes are still deleting may be counted.
        return !count.truncating()
                && count.copies() == recordCount * registry.namespace().replicationFactor();
    }

    private RegistryAccess.SetCount count() throws StoreException {
        return registry.setCounts().getOrDefault(records.set, RegistryAccess.SetCount.NONE);
    }

    /**
     * Searches record by record.
     *
     * @param from index of the first record
     * @param end index after the last record
     * @param longLines true if some lines may have parts
     */
    private OptionalLong findLostRecord(long from, long end, boolean longLines) throws StoreException {
        // Packed lines are transferred only if some of them have parts, whose number only their elements tell.
        boolean elements = records.layout.isPacked() && !records.layout.compressed() && longLines;
        int keysPerBatch = elements ? PACKED_KEYS_PER_BATCH : KEYS_PER_BATCH;
        String bin = elements ? LineRecords.LINE_BIN : LineRecords.HEADER_BIN;
        for (long first = from; first < end; first += keysPerBatch) {
            if (Thread.currentThread().isInterrupted()) {
                throw new StoreUnavailableException("checking the records of set " + records.set + " was interrupted");
            }
            long start = first;
            int count = Math.toIntExact(Math.min(keysPerBatch, end - start));
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
