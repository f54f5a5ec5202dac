package dev.lineserver.store.aerospike;

import java.util.ArrayList;
import java.util.List;

import com.aerospike.client.BatchRecord;
import com.aerospike.client.BatchWrite;
import com.aerospike.client.Bin;
import com.aerospike.client.Operation;
import com.aerospike.client.Value;
import com.aerospike.client.cluster.Node;
import com.aerospike.client.cluster.Partition;
import org.jspecify.annotations.Nullable;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.LineBatch;
import dev.lineserver.store.Build;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.Content;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/** A version being written to its set. */
final class AerospikeBuild implements Build {
    private final Cluster cluster;
    private final HeldLease lease;
    private final LineRecords records;
    private final BatchesInFlight inFlight;
    private final int longestRecord;
    private final @Nullable RecordBatch[] filling;
    private final byte[] digest = new byte[RipeMd160.DIGEST_BYTES];
    private long lines;
    private long parts;
    private volatile Checkpoint added = new Checkpoint(0, 0);
    private boolean committed;

    /** @param longestRecord most bytes of a line that fit one record */
    AerospikeBuild(Cluster cluster, HeldLease lease, int longestRecord) {
        this.cluster = cluster;
        this.lease = lease;
        this.records = new LineRecords(cluster.settings.namespace(), lease.set());
        this.filling = new RecordBatch[cluster.settings.writes().batchesFilled()];
        this.inFlight = new BatchesInFlight(cluster, records);
        this.longestRecord = longestRecord;
    }

    @Override
    public long version() {
        return lease.set().version();
    }

    @Override
    public void add(LineBatch batch) throws StoreException, InterruptedException {
        if (batch.firstLineIndex() != lines) {
            throw new IllegalArgumentException("line index " + batch.firstLineIndex() + " does not continue " + lines);
        }
        lease.check();
        for (int i = 0; i < batch.count(); i++) {
            records.digest(lines, digest);
            if (batch.length(i) > longestRecord) {
                addInParts(batch, i);
            } else {
                addWhole(batch, i);
            }
            lines++;
        }
        added = new Checkpoint(lines, batch.firstByteOffset() + batch.byteCount());
    }

    @Override
    public Checkpoint checkpoint() {
        // In this order: read afterwards, it could count lines whose batches had not begun when those were looked at.
        Checkpoint latest = added;
        return inFlight.firstUnacknowledged().orElse(latest);
    }

    @Override
    public Manifest commit(Content content, ContentDigest.Tree blocks) throws StoreException, InterruptedException {
        for (int group = 0; group < filling.length; group++) {
            send(group);
        }
        inFlight.awaitAll();
        if (lines != content.lineCount()) {
            throw new StoreFailedException(
                    lines + " lines were added, but " + content.lineCount() + " are to be published");
        }
        new StoredCount(cluster, records).verify(lines, Math.addExact(lines, parts));
        Manifest manifest = lease.publish(content);
        committed = true;
        return manifest;
    }

    @Override
    public void close() {
        inFlight.cancel();
        if (!committed) {
            lease.rollBack();
        }
    }

    private void addWhole(LineBatch batch, int i) throws StoreException, InterruptedException {
        int group = group();
        RecordBatch filled = roomFor(batch.length(i), group, batch, i);
        filled.add(lines, digest, batch, i);
        if (filled.isFull()) {
            send(group);
        }
    }

    /** Of the partition that the line's record belongs to: consecutive partitions are a group. */
    private int group() {
        return Partition.getPartitionId(digest) * filling.length / Node.PARTITIONS;
    }

    /** The batch being filled, or the next if that has no room for another {@code length} bytes. */
    private RecordBatch roomFor(int length, int group, LineBatch from, int i)
            throws StoreException, InterruptedException {
        RecordBatch batch = filling[group];
        if (batch != null && batch.hasRoomFor(lines, length)) {
            return batch;
        }
        send(group);
        RecordBatch next =
                inFlight.begin(new Checkpoint(lines, from.firstByteOffset() + from.start(i) - from.start(0)));
        filling[group] = next;
        return next;
    }

    private void send(int group) {
        RecordBatch batch = filling[group];
        if (batch != null) {
            filling[group] = null;
            inFlight.send(batch);
        }
    }

    /** The parts are acknowledged before the head is written, so that they count as written with it. */
    private void addInParts(LineBatch batch, int i) throws StoreException, InterruptedException {
        LineRecords.Head head = new LineRecords.Head(batch.length(i), longestRecord);
        String doing = "writing the parts of line index " + lines;
        int partsPerBatch = Math.max(1, cluster.settings.writes().bytesPerBatch() / longestRecord);
        List<BatchRecord> writes = new ArrayList<>(partsPerBatch);
        for (int part = 0; part < head.parts(); part++) {
            int start = batch.start(i) + part * longestRecord;
            Bin bin = new Bin(records.bin, Value.get(batch.bytes(), start, head.partLength(part)));
            Operation[] put = {Operation.put(bin)};
            writes.add(new BatchWrite(cluster.policies.lineWrite, records.part(lines, part), put));
            if (writes.size() == partsPerBatch || part == head.parts() - 1) {
                inFlight.writer().write(writes, doing);
                writes.clear();
            }
        }
        parts += head.parts();
        roomFor(0, group(), batch, i).addHead(lines, digest, head);
    }
}
