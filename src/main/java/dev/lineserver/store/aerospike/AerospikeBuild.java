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

/** A version being written to its set, in batches of consecutive lines. */
final class AerospikeBuild implements Build {
    /** Most bytes of lines in a batch, unless it is a single line. */
    private static final int MAX_BATCH_BYTES = 1 << 19;

    private final ConnectedCluster cluster;
    private final RegistryRecord registry;
    private final HeldLease lease;
    private final LineRecords records;
    private final BatchWriter writer;
    private final int maxBytesPerRecord;

    /** The batch being filled, and the bytes of its lines. */
    private List<BatchRecord> buffered = new ArrayList<>();

    private int bufferedBytes;

    /** The first line of the batch being filled, or the next one to be added while it is empty. */
    private volatile Checkpoint firstBuffered = new Checkpoint(0, 0);

    private long lineCount;
    private long partCount;
    private boolean committed;

    /** @param maxBytesPerRecord most bytes of a line that fit one record */
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
                buffered.add(write(records.line(lineCount), new Bin(records.bin, line)));
                bufferedBytes += length;
            }
            lineCount++;
        }
    }

    /** @param next the line after the batch */
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
        // In this order: if it were read later, a batch could have been sent and missed in between.
        Checkpoint next = firstBuffered;
        return writer.firstUnacknowledged(next);
    }

    @Override
    public Manifest commit(Content content, ContentDigest.Tree blocks) throws StoreException, InterruptedException {
        if (lineCount != content.lineCount()) {
            throw new StoreFailedException(
                    lineCount + " lines were added, but " + content.lineCount() + " are to be published");
        }
        flush(new Checkpoint(lineCount, content.byteCount()));
        writer.awaitAcknowledgements();
        new RecordVerifier(cluster, registry, records).verify(lineCount, Math.addExact(lineCount, partCount));
        Manifest manifest = lease.publish(content);
        committed = true;
        return manifest;
    }

    @Override
    public void close() {
        writer.cancel();
        if (!committed) {
            lease.rollBack();
        }
    }

    /** The parts are acknowledged before the head is written, so that they count as written with it. */
    private void writeParts(LineBatch batch, int i) throws StoreException, InterruptedException {
        LineRecords.LongLineHeader header = new LineRecords.LongLineHeader(batch.length(i), maxBytesPerRecord);
        String activity = "writing the parts of line index " + lineCount;
        for (int part = 0; part < header.parts(); part++) {
            int start = batch.start(i) + part * maxBytesPerRecord;
            Bin bin = new Bin(records.bin, Value.get(batch.bytes(), start, header.partLength(part)));
            writer.writeUntilAcknowledged(List.of(write(records.part(lineCount, part), bin)), activity);
        }
        partCount += header.parts();
        buffered.add(write(records.line(lineCount), new Bin(records.headerBin, header.toValue())));
    }

    private BatchWrite write(Key key, Bin bin) {
        return new BatchWrite(cluster.policies.lineWrite, key, new Operation[] {Operation.put(bin)});
    }
}
