package dev.lineserver.store.aerospike;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.LineBatch;
import dev.lineserver.store.Build;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.Content;
import dev.lineserver.store.LinesPerRecord;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.PartBuild;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.Retries;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.aerospike.BatchWriter.BatchStart;
import dev.lineserver.store.aerospike.registry.HeldBuild;
import dev.lineserver.store.aerospike.registry.StoredPrefix;

/**
 * Writes a version to its set. One thread, that of the ingest, calls everything but {@link #checkpoint}; a
 * {@link RecordWriter} turns the lines into records.
 *
 * <p>A build that resumes another one gets the same lines again from the first one on. It writes no records of lines that
 * are stored, but counts them, and compares their digest with that of the stored lines when it reaches their end.
 */
final class AerospikeBuild implements Build {
    /** An ingest that a signal stops ends within two seconds. */
    static final Duration SUSPEND_TIMEOUT = Duration.ofSeconds(1);

    private final ConnectedCluster cluster;
    private final RegistryRecord registry;
    private final HeldBuild held;
    private final BatchWriter writer;
    private final LinesPerRecord linesPerRecord;
    private final boolean compress;
    private final StoredPrefix resumed;
    private final AddedLines prefix;
    private final int maxBytesPerRecord;
    private LineLayout layout = LineLayout.SINGLE;

    /** Null before the first line, which decides the layout. */
    private volatile @Nullable RecordWriter records;

    /** First line of the first record that was found to be lost; {@code Long.MAX_VALUE} if none was. */
    private long firstLost = Long.MAX_VALUE;

    /** True if the source begins with the lines of the build that is resumed. */
    private volatile boolean verified;

    private long lineCount;
    private boolean complete;

    /**
     * @param resumed as {@link #findStored} returns it
     * @param linesPerRecord as in the request of the build
     * @param compress as in that request
     * @param maxBytesPerRecord longest line, in bytes, that fits one record
     */
    AerospikeBuild(
            ConnectedCluster cluster,
            RegistryRecord registry,
            HeldBuild held,
            StoredPrefix resumed,
            LinesPerRecord linesPerRecord,
            boolean compress,
            int maxBytesPerRecord) {
        this.cluster = cluster;
        this.registry = registry;
        this.held = held;
        this.writer = new BatchWriter(cluster, held.lease());
        this.linesPerRecord = linesPerRecord;
        this.compress = compress;
        this.resumed = resumed;
        this.maxBytesPerRecord = resumed.lineCount() > 0 ? resumed.maxBytesPerRecord() : maxBytesPerRecord;
        this.prefix = new AddedLines(resumed);
        held.lease().reportProgress(this::stored);
    }

    /**
     * Returns the lines that an earlier build has stored, of which records may be lost. Such a loss is in the registry before
     * other records are written in their place. Suspends the build if it fails.
     */
    static StoredPrefix findStored(ConnectedCluster cluster, RegistryRecord registry, HeldBuild held)
            throws StoreException {
        StoredPrefix recorded = held.resumed();
        if (recorded.writtenLines() == 0) {
            return recorded;
        }
        LineLayout layout = new LineLayout(recorded.linesPerRecord(), recorded.compressed());
        LineRecords records = new LineRecords(cluster.settings.namespace(), held.set(), layout);
        try {
            OptionalLong lost = new RecordVerifier(cluster, registry, records)
                    .findLost(List.of(new PartBuild.Chunk(0, recorded.writtenLines())));
            if (lost.isEmpty()) {
                return recorded;
            }
            StoredPrefix remaining = recorded.withWritten(lost.getAsLong());
            held.recordLoss(remaining);
            return remaining;
        } catch (StoreException | RuntimeException | Error e) {
            StoredPrefix _ = held.suspend(recorded);
            throw e;
        }
    }

    @Override
    public void add(LineBatch batch) throws StoreException, InterruptedException {
        if (batch.firstLineIndex() != lineCount) {
            throw new IllegalArgumentException(
                    "line index " + batch.firstLineIndex() + " does not continue " + lineCount);
        }
        held.lease().requireValid();
        RecordWriter target = records;
        if (target == null) {
            target = begin(linesPerRecord.of(batch.count(), batch.byteCount(), maxBytesPerRecord));
        }
        for (int i = 0; i < batch.count(); i++) {
            if (lineCount == resumed.lineCount()) {
                prefix.requireSame(start(batch, i).digest());
                verified = true;
            }
            target.add(batch, i);
            lineCount++;
        }
        prefix.add(batch, batch.firstByteOffset() + batch.byteCount());
    }

    /** @param chosen number of lines per record, unless a build is resumed */
    private RecordWriter begin(int chosen) {
        layout = resumed.lineCount() > 0
                ? new LineLayout(resumed.linesPerRecord(), resumed.compressed())
                : new LineLayout(chosen, compress);
        RecordWriter target = new RecordWriter(
                cluster,
                writer,
                lineRecords(),
                maxBytesPerRecord,
                new BatchStart(Checkpoint.START, prefix.digest()),
                this::isStored,
                this::start);
        records = target;
        return target;
    }

    /** Returns true if the whole record of a line is stored. The last one may get more lines from a source that has grown. */
    private boolean isStored(long lineIndex) {
        long next = (lineIndex / layout.linesPerRecord() + 1) * layout.linesPerRecord();
        return prefix.isStored(next - 1);
    }

    private LineRecords lineRecords() {
        return new LineRecords(cluster.settings.namespace(), held.set(), layout);
    }

    /** Returns the position of a line of a batch, and the digest of all lines before it. */
    private BatchStart start(LineBatch batch, int i) {
        long byteOffset = batch.firstByteOffset() + batch.start(i) - batch.start(0);
        prefix.add(batch, byteOffset);
        return new BatchStart(new Checkpoint(batch.firstLineIndex() + i, byteOffset), prefix.digest());
    }

    @Override
    public Checkpoint checkpoint() {
        return stored(true).written();
    }

    @Override
    public Checkpoint resumedFrom() {
        return resumed.written();
    }

    /**
     * Returns the lines that are stored now, without those that replace lost ones and may be of another source. Called by any
     * thread.
     */
    private StoredPrefix stored() {
        return stored(verified);
    }

    private StoredPrefix stored(boolean replaced) {
        RecordWriter target = records;
        if (target == null) {
            return resumed;
        }
        // Read before the batches in flight. In the other order, a flush could submit a batch and advance the first
        // buffered line between the two reads, and the checkpoint would lie beyond a batch that is not acknowledged.
        BatchStart next = target.firstBuffered();
        BatchStart end = writer.firstUnacknowledged(next);
        Checkpoint position = end.position();
        long replacedLines = replaced ? position.lineIndex() : 0;
        long written = Math.min(firstLost, Math.max(resumed.writtenLines(), replacedLines));
        if (position.lineIndex() <= resumed.lineCount()) {
            return resumed.withWritten(written);
        }
        return new StoredPrefix(
                position.lineIndex(),
                position.byteOffset(),
                end.digest().toString(),
                written,
                layout.linesPerRecord(),
                layout.compressed(),
                maxBytesPerRecord);
    }

    @Override
    public Manifest commit(Content content, ContentDigest.Tree blocks, List<Manifest.Part> files)
            throws StoreException, InterruptedException {
        if (lineCount != content.lineCount()) {
            throw new StoreFailedException(
                    "the build has " + Quantities.grouped(lineCount) + " lines, but the source has "
                            + Quantities.grouped(content.lineCount()) + ": nothing was published, ingest again");
        }
        if (lineCount <= resumed.lineCount()) {
            prefix.requireSame(prefix.digest());
            verified = true;
        }
        RecordWriter target = Objects.requireNonNullElseGet(records, () -> begin(1));
        long recordCount =
                target.finish(new BatchStart(new Checkpoint(lineCount, content.byteCount()), prefix.digest()));
        OptionalLong lost = new RecordVerifier(cluster, registry, lineRecords()).findLost(lineCount, recordCount);
        if (lost.isPresent()) {
            firstLost = lost.getAsLong();
            throw RecordVerifier.lost(firstLost, lineRecords());
        }
        Manifest manifest = held.commit(content, layout.toString(), recordCount, files);
        complete = true;
        return manifest;
    }

    @Override
    public Optional<Checkpoint> suspend() {
        boolean idle = writer.cancel(SUSPEND_TIMEOUT);
        StoredPrefix stored = stored();
        if (stored.lineCount() == 0) {
            return Optional.empty();
        }
        complete = true;
        // If a write is still in flight, the lease must outlive it: a build that resumes this one writes the same
        // record.
        StoredPrefix kept = idle ? held.suspend(stored) : held.abandon();
        return kept.lineCount() > 0 ? Optional.of(kept.written()) : Optional.empty();
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
            StoredPrefix _ = held.suspend(resumed);
        } else {
            held.rollBack();
        }
    }
}
