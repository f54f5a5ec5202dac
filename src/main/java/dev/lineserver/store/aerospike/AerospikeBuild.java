package dev.lineserver.store.aerospike;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

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
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Retries;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.aerospike.registry.HeldLease;

/**
 * Writes a version to its set, in batches of consecutive records. One thread, that of the ingest, calls everything but
 * {@link #checkpoint}: lines are buffered into a batch, and {@link BatchWriter} writes full batches in the background.
 */
final class AerospikeBuild implements Build {
    /** Bounds the bytes of lines in a batch of several records. */
    private static final int MAX_BATCH_BYTES = 1 << 19;

    /** Of the bytes of a line in a list: the type and the length of the element, and the type of the value. */
    static final int MAX_ELEMENT_OVERHEAD_BYTES = 6;

    /** A list of two integers of up to 32 bits. */
    private static final int HEADER_ELEMENT_BYTES = 11;

    private final ConnectedCluster cluster;
    private final RegistryRecord registry;
    private final HeldLease lease;
    private final BatchWriter writer;
    private final LinesPerRecord linesPerRecord;
    private final int maxBytesPerRecord;
    private LineLayout layout = LineLayout.SINGLE;
    private LineRecords records;

    /** The batch that has not yet been submitted, and the bytes of its lines. */
    private List<BatchRecord> buffered = new ArrayList<>();

    private int bufferedBytes;

    /** The first buffered line, or the next line to be added while the buffer is empty. */
    private volatile Checkpoint firstBuffered = new Checkpoint(0, 0);

    /** The lines of a packed record that is not complete, in their order: bytes, or the header of a long line. */
    private final List<Value> packed = new ArrayList<>();

    private int packedBytes;

    /** The first line in {@link #packed}. */
    private Checkpoint firstPacked = new Checkpoint(0, 0);

    private long lineCount;
    private long partCount;
    private boolean committed;

    /**
     * @param linesPerRecord as in the request of the build
     * @param maxBytesPerRecord longest line, in bytes, that fits one record
     */
    AerospikeBuild(
            ConnectedCluster cluster,
            RegistryRecord registry,
            HeldLease lease,
            LinesPerRecord linesPerRecord,
            int maxBytesPerRecord) {
        this.cluster = cluster;
        this.registry = registry;
        this.lease = lease;
        this.writer = new BatchWriter(cluster, lease);
        this.linesPerRecord = linesPerRecord;
        this.records = new LineRecords(cluster.settings.namespace(), lease.set(), layout);
        this.maxBytesPerRecord = maxBytesPerRecord;
    }

    @Override
    public void add(LineBatch batch) throws StoreException, InterruptedException {
        if (batch.firstLineIndex() != lineCount) {
            throw new IllegalArgumentException(
                    "line index " + batch.firstLineIndex() + " does not continue " + lineCount);
        }
        lease.requireValid();
        if (lineCount == 0) {
            chooseLayout(batch);
        }
        if (layout.linesPerRecord() > 1) {
            for (int i = 0; i < batch.count(); i++) {
                addPacked(batch, i);
            }
            return;
        }
        for (int i = 0; i < batch.count(); i++) {
            int length = batch.length(i);
            int inRecord = Math.min(length, maxBytesPerRecord);
            if (buffered.size() == cluster.settings.writes().recordsPerBatch()
                    || bufferedBytes + inRecord > MAX_BATCH_BYTES) {
                flush(new Checkpoint(lineCount, batch.firstByteOffset() + batch.start(i) - batch.start(0)));
            }
            if (length > maxBytesPerRecord) {
                LineRecords.LongLineHeader header = writeParts(lineCount, batch.bytes(), batch.start(i), length);
                buffered.add(write(records.line(lineCount), LineRecords.headerBin(header)));
            } else {
                byte[] line = Arrays.copyOfRange(batch.bytes(), batch.start(i), batch.end(i));
                buffered.add(write(records.line(lineCount), LineRecords.lineBin(Value.get(line))));
                bufferedBytes += length;
            }
            lineCount++;
        }
    }

    /** The first lines tell how long lines are. */
    private void chooseLayout(LineBatch batch) {
        layout = new LineLayout(linesPerRecord.of(batch.count(), batch.byteCount()));
        records = new LineRecords(cluster.settings.namespace(), lease.set(), layout);
    }

    /**
     * Adds a line to the record that is being packed. If the lines do not fit it together, the longest of them is stored in
     * parts.
     */
    private void addPacked(LineBatch batch, int i) throws StoreException, InterruptedException {
        if (packed.isEmpty()) {
            firstPacked = new Checkpoint(lineCount, batch.firstByteOffset() + batch.start(i) - batch.start(0));
        }
        if (batch.length(i) > maxBytesPerRecord - MAX_ELEMENT_OVERHEAD_BYTES) {
            packed.add(writeParts(lineCount, batch.bytes(), batch.start(i), batch.length(i))
                    .toElement());
            packedBytes += HEADER_ELEMENT_BYTES;
        } else {
            packed.add(Value.get(Arrays.copyOfRange(batch.bytes(), batch.start(i), batch.end(i))));
            packedBytes += elementBytes(batch.length(i));
        }
        lineCount++;
        while (packedBytes > maxBytesPerRecord) {
            moveLongestToParts();
        }
        if (packed.size() == layout.linesPerRecord()) {
            bufferPacked();
        }
    }

    private static int elementBytes(int length) {
        return length + MAX_ELEMENT_OVERHEAD_BYTES;
    }

    private void moveLongestToParts() throws StoreException, InterruptedException {
        int longest = IntStream.range(0, packed.size()).reduce(0, (a, b) -> lineLength(a) >= lineLength(b) ? a : b);
        byte[] line = (byte[]) packed.get(longest).getObject();
        packed.set(
                longest,
                writeParts(firstPacked.lineIndex() + longest, line, 0, line.length)
                        .toElement());
        packedBytes += HEADER_ELEMENT_BYTES - elementBytes(line.length);
    }

    /** Returns the length of a line that is being packed; 0 if it is stored in parts. */
    private int lineLength(int element) {
        return packed.get(element).getObject() instanceof byte[] line ? line.length : 0;
    }

    private void bufferPacked() throws StoreException, InterruptedException {
        if (buffered.size() == cluster.settings.writes().recordsPerBatch()
                || bufferedBytes + packedBytes > MAX_BATCH_BYTES) {
            flush(firstPacked);
        }
        buffered.add(write(records.line(firstPacked.lineIndex()), LineRecords.packedBin(List.copyOf(packed))));
        bufferedBytes += packedBytes;
        packed.clear();
        packedBytes = 0;
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
    public Manifest commit(Content content, ContentDigest.Tree blocks, List<Manifest.Part> files)
            throws StoreException, InterruptedException {
        if (lineCount != content.lineCount()) {
            throw new StoreFailedException("the build has " + lineCount + " lines, but the source has "
                    + content.lineCount() + ": nothing was published, ingest again");
        }
        if (!packed.isEmpty()) {
            bufferPacked();
        }
        flush(new Checkpoint(lineCount, content.byteCount()));
        long recordCount = Math.addExact(records.recordCount(lineCount), partCount);
        writer.awaitAcknowledgements(recordCount);
        new RecordVerifier(cluster, registry, records).verify(lineCount, recordCount);
        Manifest manifest = lease.commit(content, layout.toString(), recordCount, files);
        committed = true;
        return manifest;
    }

    @Override
    public Retries retries() {
        return writer.retries();
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
     * Writes the parts of a long line. All parts are acknowledged before the header can be written, so an acknowledged
     * header means that the whole line is stored.
     */
    private LineRecords.LongLineHeader writeParts(long lineIndex, byte[] bytes, int start, int length)
            throws StoreException, InterruptedException {
        LineRecords.LongLineHeader header = new LineRecords.LongLineHeader(length, maxBytesPerRecord);
        String activity = "writing the parts of line index " + lineIndex;
        for (int part = 0; part < header.parts(); part++) {
            Bin bin = LineRecords.lineBin(Value.get(bytes, start + part * maxBytesPerRecord, header.partLength(part)));
            writer.writeUntilAcknowledged(List.of(write(records.part(lineIndex, part), bin)), activity);
        }
        partCount += header.parts();
        return header;
    }

    private BatchWrite write(Key key, Bin bin) {
        return new BatchWrite(cluster.policies.lineWrite, key, new Operation[] {Operation.put(bin)});
    }
}
