package dev.lineserver.store.aerospike;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import com.aerospike.client.BatchRecord;
import com.aerospike.client.BatchWrite;
import com.aerospike.client.Bin;
import com.aerospike.client.Key;
import com.aerospike.client.Operation;
import com.aerospike.client.Value;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.LineBatch;
import dev.lineserver.store.Build;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.Content;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.aerospike.registry.HeldLease;

/**
 * Writes a version to its set, in batches of consecutive lines. One thread, that of the ingest, calls everything but
 * {@link #checkpoint}: lines are buffered into a batch, and {@link BatchWriter} writes full batches in the background.
 */
final class AerospikeBuild implements Build {
    /** Bounds the bytes of lines in a batch of several records. */
    private static final int MAX_BATCH_BYTES = 1 << 19;

    private final ConnectedCluster cluster;
    private final RegistryRecord registry;
    private final HeldLease lease;
    private final LineRecords records;
    private final BatchWriter writer;
    private final int maxBytesPerRecord;

    /** The batch that has not yet been submitted, and the bytes of its lines. */
    private List<BatchRecord> buffered = new ArrayList<>();

    private int bufferedBytes;

    /** The first buffered line, or the next line to be added while the buffer is empty. */
    private volatile Checkpoint firstBuffered = new Checkpoint(0, 0);

    private long lineCount;
    private long partCount;
    private boolean committed;

    /** @param maxBytesPerRecord longest line, in bytes, that fits one record */
    AerospikeBuild(ConnectedCluster cluster, RegistryRecord registry, HeldLease lease, int maxBytesPerRecord) {
        this.cluster = cluster;
        this.registry = registry;
        this.lease = lease;
        this.records = new LineRecords(cluster.settings.namespace(), lease.set());
        this.writer = new BatchWriter(cluster, lease);
        this.maxBytesPerRecord = maxBytesPerRecord;
    }

    @Override
    public void add(LineBatch batch) throws StoreException, InterruptedException {
        if (batch.firstLineIndex() != lineCount) {
            throw new IllegalArgumentException(
                    "line index " + batch.firstLineIndex() + " does not continue " + lineCount);
        }
        lease.requireValid();
        for (int i = 0; i < batch.count(); i++) {
            int length = batch.length(i);
            int inRecord = Math.min(length, maxBytesPerRecord);
            if (buffered.size() == cluster.settings.writes().recordsPerBatch()
                    || bufferedBytes + inRecord > MAX_BATCH_BYTES) {
                flush(new Checkpoint(lineCount, batch.firstByteOffset() + batch.start(i) - batch.start(0)));
            }
            if (length > maxBytesPerRecord) {
                writeParts(batch, i);
            } else {
                byte[] line = Arrays.copyOfRange(batch.bytes(), batch.start(i), batch.end(i));
                buffered.add(write(records.line(lineCount), LineRecords.lineBin(Value.get(line))));
                bufferedBytes += length;
            }
            lineCount++;
        }
    }

    /** @param next the line after the buffered ones */
    private void flush(Checkpoint next) throws StoreException, InterruptedException {
        if (!buffered.isEmpty()) {
            writer.submit(firstBuffered, buffered);
            buffered = new ArrayList<>(buffered.size());
            bufferedBytes = 0;
        }
        firstBuffered = next;
    }

    @Override
    public Checkpoint checkpoint() {
        // Read before the batches in flight. In the other order, flush() could submit a batch and advance firstBuffered
        // between the two reads, and the checkpoint would lie beyond a batch that is not acknowledged.
        Checkpoint next = firstBuffered;
        return writer.firstUnacknowledged(next);
    }

    @Override
    public Manifest commit(Content content, ContentDigest.Tree blocks) throws StoreException, InterruptedException {
        if (lineCount != content.lineCount()) {
            throw new StoreFailedException("the build has " + lineCount + " lines, but the source has "
                    + content.lineCount() + ": nothing was published, ingest again");
        }
        flush(new Checkpoint(lineCount, content.byteCount()));
        writer.awaitAcknowledgements();
        long recordCount = Math.addExact(lineCount, partCount);
        new RecordVerifier(cluster, registry, records).verify(lineCount, recordCount);
        Manifest manifest = lease.commit(content, recordCount);
        committed = true;
        return manifest;
    }

    @Override
    public void close() {
        // In this order: the rollback truncates the set, and a write that is still in flight could land after that.
        writer.cancel();
        if (!committed) {
            lease.rollBack();
        }
    }

    /**
     * Writes the parts of a long line, and buffers the header record. All parts are acknowledged before the header can
     * be written, so an acknowledged header means that the whole line is stored.
     */
    private void writeParts(LineBatch batch, int i) throws StoreException, InterruptedException {
        LineRecords.LongLineHeader header = new LineRecords.LongLineHeader(batch.length(i), maxBytesPerRecord);
        String activity = "writing the parts of line index " + lineCount;
        for (int part = 0; part < header.parts(); part++) {
            int start = batch.start(i) + part * maxBytesPerRecord;
            Bin bin = LineRecords.lineBin(Value.get(batch.bytes(), start, header.partLength(part)));
            writer.writeUntilAcknowledged(List.of(write(records.part(lineCount, part), bin)), activity);
        }
        partCount += header.parts();
        buffered.add(write(records.line(lineCount), LineRecords.headerBin(header)));
    }

    private BatchWrite write(Key key, Bin bin) {
        return new BatchWrite(cluster.policies.lineWrite, key, new Operation[] {Operation.put(bin)});
    }
}
