package dev.lineserver.store.aerospike;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;

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
    private final Cluster cluster;
    private final AerospikeSettings.Writes bounds;
    private final HeldLease lease;
    private final LineRecords records;
    private final BatchWriter writer;
    private final BatchesInFlight inFlight;
    private final int longestRecord;

    /** The batch being filled, its first line, and the bytes of its lines. Not begun while it is empty. */
    private List<BatchRecord> filling = new ArrayList<>();

    private Checkpoint firstLine = new Checkpoint(0, 0);
    private int bytes;
    private long lines;
    private long parts;
    private volatile Checkpoint added = firstLine;
    private boolean committed;

    /** @param longestRecord most bytes of a line that fit one record */
    AerospikeBuild(Cluster cluster, HeldLease lease, int longestRecord) {
        this.cluster = cluster;
        this.bounds = cluster.settings.writes();
        this.lease = lease;
        this.records = new LineRecords(cluster.settings.namespace(), lease.set());
        CountDownLatch cancelled = new CountDownLatch(1);
        this.writer = new BatchWriter(cluster, lease, cancelled);
        this.inFlight = new BatchesInFlight(bounds, writer, cancelled);
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
            int length = batch.length(i);
            makeRoom(Math.min(length, longestRecord), batch, i);
            if (length > longestRecord) {
                addInParts(batch, i);
            } else {
                byte[] line = Arrays.copyOfRange(batch.bytes(), batch.start(i), batch.end(i));
                filling.add(write(records.line(lines), new Bin(records.bin, line)));
                bytes += length;
            }
            lines++;
        }
        added = new Checkpoint(lines, batch.firstByteOffset() + batch.byteCount());
    }

    @Override
    public Checkpoint checkpoint() {
        // In this order: if it were read later, it could include lines of a batch that began after the other look.
        Checkpoint latest = added;
        return inFlight.firstUnacknowledged().orElse(latest);
    }

    @Override
    public Manifest commit(Content content, ContentDigest.Tree blocks) throws StoreException, InterruptedException {
        send();
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

    private void makeRoom(int length, LineBatch from, int i) throws StoreException, InterruptedException {
        if (filling.size() == bounds.recordsPerBatch() || bytes + length > bounds.bytesPerBatch()) {
            send();
        }
        if (filling.isEmpty()) {
            firstLine = new Checkpoint(lines, from.firstByteOffset() + from.start(i) - from.start(0));
            inFlight.begin(firstLine);
        }
    }

    private void send() {
        if (!filling.isEmpty()) {
            inFlight.send(firstLine, filling);
            filling = new ArrayList<>(filling.size());
            bytes = 0;
        }
    }

    /** The parts are acknowledged before the head is written, so that they count as written with it. */
    private void addInParts(LineBatch batch, int i) throws StoreException, InterruptedException {
        LineRecords.Head head = new LineRecords.Head(batch.length(i), longestRecord);
        String doing = "writing the parts of line index " + lines;
        int partsPerBatch = Math.max(1, bounds.bytesPerBatch() / longestRecord);
        List<BatchRecord> writes = new ArrayList<>(partsPerBatch);
        for (int part = 0; part < head.parts(); part++) {
            int start = batch.start(i) + part * longestRecord;
            Bin bin = new Bin(records.bin, Value.get(batch.bytes(), start, head.partLength(part)));
            writes.add(write(records.part(lines, part), bin));
            if (writes.size() == partsPerBatch || part == head.parts() - 1) {
                writer.write(writes, doing);
                writes.clear();
            }
        }
        parts += head.parts();
        filling.add(write(records.line(lines), new Bin(records.headBin, head.toValue())));
    }

    private BatchWrite write(Key key, Bin bin) {
        return new BatchWrite(cluster.policies.lineWrite, key, new Operation[] {Operation.put(bin)});
    }
}
