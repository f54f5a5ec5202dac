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
    private static final int BYTES_PER_BATCH = 1 << 19;

    private final Cluster cluster;
    private final RegistryRecord registry;
    private final HeldLease lease;
    private final LineRecords records;
    private final BatchWriter writer;
    private final int longestRecord;

    /** The batch being filled, and the bytes of its lines. */
    private List<BatchRecord> filling = new ArrayList<>();

    private int bytes;

    /** The first line of the batch being filled, or the next one to be added while it is empty. */
    private volatile Checkpoint unsent = new Checkpoint(0, 0);

    private long lines;
    private long parts;
    private boolean committed;

    /** @param longestRecord most bytes of a line that fit one record */
    AerospikeBuild(Cluster cluster, RegistryRecord registry, HeldLease lease, int longestRecord) {
        this.cluster = cluster;
        this.registry = registry;
        this.lease = lease;
        this.records = new LineRecords(cluster.settings.namespace(), lease.set());
        this.writer = new BatchWriter(cluster, lease);
        this.longestRecord = longestRecord;
    }

    @Override
    public void add(LineBatch batch) throws StoreException, InterruptedException {
        if (batch.firstLineIndex() != lines) {
            throw new IllegalArgumentException("line index " + batch.firstLineIndex() + " does not continue " + lines);
        }
        lease.check();
        for (int i = 0; i < batch.count(); i++) {
            int length = batch.length(i);
            int inRecord = Math.min(length, longestRecord);
            if (filling.size() == cluster.settings.writes().recordsPerBatch() || bytes + inRecord > BYTES_PER_BATCH) {
                send(new Checkpoint(lines, batch.firstByteOffset() + batch.start(i) - batch.start(0)));
            }
            if (length > longestRecord) {
                addInParts(batch, i);
            } else {
                byte[] line = Arrays.copyOfRange(batch.bytes(), batch.start(i), batch.end(i));
                filling.add(write(records.line(lines), new Bin(records.bin, line)));
                bytes += length;
            }
            lines++;
        }
    }

    /** @param next the line after the batch */
    private void send(Checkpoint next) throws StoreException, InterruptedException {
        if (!filling.isEmpty()) {
            writer.send(unsent, filling);
            filling = new ArrayList<>(filling.size());
            bytes = 0;
        }
        unsent = next;
    }

    @Override
    public Checkpoint checkpoint() {
        // In this order: if it were read later, a batch could have been sent and missed in between.
        Checkpoint next = unsent;
        return writer.firstUnacknowledged(next);
    }

    @Override
    public Manifest commit(Content content, ContentDigest.Tree blocks) throws StoreException, InterruptedException {
        if (lines != content.lineCount()) {
            throw new StoreFailedException(
                    lines + " lines were added, but " + content.lineCount() + " are to be published");
        }
        send(new Checkpoint(lines, content.byteCount()));
        writer.awaitAll();
        new StoredCount(cluster, registry, records).verify(lines, Math.addExact(lines, parts));
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
    private void addInParts(LineBatch batch, int i) throws StoreException, InterruptedException {
        LineRecords.Head head = new LineRecords.Head(batch.length(i), longestRecord);
        String doing = "writing the parts of line index " + lines;
        for (int part = 0; part < head.parts(); part++) {
            int start = batch.start(i) + part * longestRecord;
            Bin bin = new Bin(records.bin, Value.get(batch.bytes(), start, head.partLength(part)));
            writer.write(List.of(write(records.part(lines, part), bin)), doing);
        }
        parts += head.parts();
        filling.add(write(records.line(lines), new Bin(records.headBin, head.toValue())));
    }

    private BatchWrite write(Key key, Bin bin) {
        return new BatchWrite(cluster.policies.lineWrite, key, new Operation[] {Operation.put(bin)});
    }
}
