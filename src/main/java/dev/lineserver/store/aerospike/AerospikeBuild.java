package dev.lineserver.store.aerospike;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;

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
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.aerospike.BatchWriter.BatchStart;
import dev.lineserver.store.aerospike.registry.HeldLease;
import dev.lineserver.store.aerospike.registry.StoredPrefix;

/**
 * Writes a version to its set, in batches of consecutive records. One thread, that of the ingest, calls everything but
 * {@link #checkpoint}: lines are buffered into a batch, and {@link BatchWriter} writes full batches in the background.
 *
 * <p>A build that resumes another one gets the same lines again from the first one on. It writes no records of lines that
 * are stored, but counts them, and compares their digest with that of the stored lines when it reaches their end.
 */
final class AerospikeBuild implements Build {
    /** An ingest that a signal stops ends within two seconds. */
    private static final Duration SUSPEND_TIMEOUT = Duration.ofSeconds(1);

    /** Bounds the bytes of lines in a batch of several records. */
    private static final int MAX_BATCH_BYTES = 1 << 19;

    private final ConnectedCluster cluster;
    private final RegistryRecord registry;
    private final HeldLease lease;
    private final BatchWriter writer;
    private final LinesPerRecord linesPerRecord;
    private final StoredPrefix resumed;
    private int maxBytesPerRecord;
    private LineLayout layout = LineLayout.SINGLE;
    private LineRecords records;

    /** The batch that has not yet been submitted, and the bytes of its lines. */
    private List<BatchRecord> buffered = new ArrayList<>();

    private int bufferedBytes;

    /** The first buffered line, or the next line to be added while the buffer is empty. */
    private volatile BatchStart firstBuffered;

    private final AddedLines prefix;

    /** First line of the first record that was found to be lost; {@code Long.MAX_VALUE} if none was. */
    private long firstLost = Long.MAX_VALUE;

    /** The lines of a record that is not complete. */
    private final PackedLines packed = new PackedLines();

    /** The first line in {@link #packed}. */
    private long firstPackedLine;

    /** The same, if the record is not stored yet. */
    private BatchStart firstPacked;

    private long lineCount;
    private long partCount;

    /** Number of records that the build that this one resumes has stored. */
    private long storedRecords;

    private boolean complete;

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
        this.resumed = lease.resumed();
        this.prefix = new AddedLines(resumed);
        this.firstBuffered = new BatchStart(Checkpoint.START, prefix.digest());
        this.firstPacked = firstBuffered;
        lease.reportProgress(this::stored);
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
        for (int i = 0; i < batch.count(); i++) {
            if (lineCount == resumed.lineCount()) {
                prefix.requireSame(start(batch, i).digest());
            }
            if (layout.linesPerRecord() > 1) {
                addPacked(batch, i);
            } else {
                addSingle(batch, i);
            }
        }
        prefix.add(batch, batch.firstByteOffset() + batch.byteCount());
    }

    private void addSingle(LineBatch batch, int i) throws StoreException, InterruptedException {
        int length = batch.length(i);
        boolean isLong = length > maxBytesPerRecord;
        if (prefix.isStored(lineCount)) {
            int parts = isLong ? new LineRecords.LongLineHeader(length, maxBytesPerRecord).parts() : 0;
            partCount += parts;
            storedRecords += 1 + parts;
            lineCount++;
            return;
        }
        if (isFull(Math.min(length, maxBytesPerRecord))) {
            flush(start(batch, i));
        }
        if (isLong) {
            LineRecords.LongLineHeader header = writeParts(lineCount, batch.bytes(), batch.start(i), length);
            buffered.add(write(records.line(lineCount), LineRecords.headerBin(header)));
        } else {
            byte[] line = Arrays.copyOfRange(batch.bytes(), batch.start(i), batch.end(i));
            buffered.add(write(records.line(lineCount), LineRecords.lineBin(Value.get(line))));
            bufferedBytes += length;
        }
        lineCount++;
    }

    /** Returns true if a record begins another batch. The first record of a batch tells where the batch begins. */
    private boolean isFull(int bytes) {
        return buffered.isEmpty()
                || buffered.size() == cluster.settings.writes().recordsPerBatch()
                || bufferedBytes + bytes > MAX_BATCH_BYTES;
    }

    /** Returns the position of a line of a batch, and the digest of all lines before it. */
    private BatchStart start(LineBatch batch, int i) {
        long byteOffset = batch.firstByteOffset() + batch.start(i) - batch.start(0);
        return new BatchStart(new Checkpoint(lineCount, byteOffset), prefix.digest(batch, byteOffset));
    }

    /** The first lines tell how long lines are. */
    private void chooseLayout(LineBatch batch) {
        if (resumed.lineCount() > 0) {
            layout = new LineLayout(resumed.linesPerRecord());
            maxBytesPerRecord = resumed.maxBytesPerRecord();
        } else {
            layout = new LineLayout(linesPerRecord.of(batch.count(), batch.byteCount()));
        }
        records = new LineRecords(cluster.settings.namespace(), lease.set(), layout);
    }

    /**
     * Adds a line to the record that is being packed. If the lines do not fit it together, the longest of them is stored in
     * parts.
     */
    private void addPacked(LineBatch batch, int i) throws StoreException, InterruptedException {
        if (packed.size() == 0) {
            firstPackedLine = lineCount;
            if (!prefix.isStored(lineCount)) {
                firstPacked = start(batch, i);
            }
        }
        if (batch.length(i) > maxBytesPerRecord - PackedLines.MAX_OVERHEAD_BYTES) {
            packed.add(writeParts(lineCount, batch.bytes(), batch.start(i), batch.length(i)));
        } else {
            packed.add(Arrays.copyOfRange(batch.bytes(), batch.start(i), batch.end(i)));
        }
        lineCount++;
        while (packed.bytes() > maxBytesPerRecord) {
            int longest = packed.longest();
            byte[] line = packed.line(longest);
            packed.replace(longest, writeParts(firstPackedLine + longest, line, 0, line.length));
        }
        if (packed.size() == layout.linesPerRecord()) {
            bufferPacked();
        }
    }

    private void bufferPacked() throws StoreException, InterruptedException {
        if (prefix.isStored(firstPackedLine)) {
            storedRecords++;
        } else {
            if (isFull(packed.bytes())) {
                flush(firstPacked);
            }
            buffered.add(write(records.line(firstPackedLine), LineRecords.packedBin(packed.elements())));
            bufferedBytes += packed.bytes();
        }
        packed.clear();
    }

    /** @param next the line after the buffered ones */
    private void flush(BatchStart next) throws StoreException, InterruptedException {
        if (!buffered.isEmpty()) {
            writer.submit(firstBuffered, buffered);
            buffered = new ArrayList<>(buffered.size());
            bufferedBytes = 0;
        }
        firstBuffered = next;
    }

    @Override
    public Checkpoint checkpoint() {
        StoredPrefix stored = stored();
        return new Checkpoint(stored.lineCount(), stored.byteCount());
    }

    @Override
    public Checkpoint resumedFrom() {
        return new Checkpoint(resumed.lineCount(), resumed.byteCount());
    }

    /** Returns the lines that are stored now. Called by any thread. */
    private StoredPrefix stored() {
        // Read before the batches in flight. In the other order, flush() could submit a batch and advance firstBuffered
        // between the two reads, and the checkpoint would lie beyond a batch that is not acknowledged.
        BatchStart next = firstBuffered;
        BatchStart end = writer.firstUnacknowledged(next);
        Checkpoint position = end.position();
        if (position.lineIndex() <= resumed.lineCount()) {
            return resumed;
        }
        return new StoredPrefix(
                position.lineIndex(),
                position.byteOffset(),
                end.digest().toString(),
                Math.min(position.lineIndex(), firstLost),
                layout.linesPerRecord(),
                maxBytesPerRecord);
    }

    @Override
    public Manifest commit(Content content, ContentDigest.Tree blocks, List<Manifest.Part> files)
            throws StoreException, InterruptedException {
        if (lineCount != content.lineCount()) {
            throw new StoreFailedException("the build has " + lineCount + " lines, but the source has "
                    + content.lineCount() + ": nothing was published, ingest again");
        }
        if (lineCount <= resumed.lineCount()) {
            prefix.requireSame(prefix.digest());
        }
        if (packed.size() > 0) {
            bufferPacked();
        }
        flush(new BatchStart(new Checkpoint(lineCount, content.byteCount()), prefix.digest()));
        long recordCount = Math.addExact(records.recordCount(lineCount), partCount);
        writer.awaitAcknowledgements(recordCount - storedRecords);
        OptionalLong lost = new RecordVerifier(cluster, registry, records).findLost(lineCount, recordCount);
        if (lost.isPresent()) {
            firstLost = lost.getAsLong();
            throw new StoreUnavailableException("the record of line index " + firstLost
                    + " was acknowledged, but is no longer in set " + records.set + " of namespace " + records.namespace
                    + ": a node was lost or restarted empty. The version is not published; check that all nodes are"
                    + " up, and ingest again with --resume");
        }
        Manifest manifest = lease.commit(content, layout.toString(), recordCount, files);
        complete = true;
        return manifest;
    }

    @Override
    public Checkpoint suspend() {
        boolean idle = writer.cancel(SUSPEND_TIMEOUT);
        StoredPrefix stored = stored();
        if (stored.lineCount() > 0) {
            // If a write is still in flight, the lease must outlive it: a build that resumes this one writes the same
            // record.
            stored = idle ? lease.suspend(stored) : lease.abandon();
            complete = true;
        }
        return new Checkpoint(stored.lineCount(), stored.byteCount());
    }

    @Override
    public Retries retries() {
        return writer.retries();
    }

    @Override
    public void close() {
        // In this order: the rollback truncates the set, and a write that is still in flight could land after that.
        if (complete) {
            boolean _ = writer.cancel(Duration.ZERO);
            return;
        }
        // Each attempt ends by itself, with the client's timeout, which is the attempt timeout.
        boolean _ = writer.cancel(cluster.settings.writes().attemptTimeout().multipliedBy(2));
        // Whatever prevents a build from reaching the end of the stored lines is no reason to delete them.
        if (lineCount <= resumed.lineCount() && resumed.lineCount() > 0) {
            StoredPrefix _ = lease.suspend(resumed);
        } else {
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
        if (prefix.isStored(lineIndex)) {
            partCount += header.parts();
            storedRecords += header.parts();
            return header;
        }
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
