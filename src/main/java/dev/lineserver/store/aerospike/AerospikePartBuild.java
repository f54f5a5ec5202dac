package dev.lineserver.store.aerospike;

import java.util.Optional;
import java.util.OptionalLong;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.line.LineBatch;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.Content;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.PartBuild;
import dev.lineserver.store.Retries;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.aerospike.BatchWriter.BatchStart;
import dev.lineserver.store.aerospike.registry.HeldPart;

/** Writes the chunks that this process claims, each with a {@link BatchWriter} of its own. */
final class AerospikePartBuild implements PartBuild {
    /** A chunk is written again from its beginning, so nobody needs the digest of the lines before a batch. */
    private static final ContentDigest NO_DIGEST = new ContentDigest(0, 0);

    private final ConnectedCluster cluster;
    private final RegistryRecord registry;
    private final HeldPart part;
    private final Content content;
    private final LineLayout layout;
    private final LineRecords records;
    private volatile Retries earlierRetries = Retries.NONE;

    /** Writes the claimed chunk; null if none is claimed. */
    private volatile @Nullable ChunkWriter writer;

    private volatile Checkpoint storedByAll;
    private boolean published;

    /** The lines of a chunk on their way. */
    private record ChunkWriter(Chunk chunk, BatchWriter batches, RecordWriter records) {
        /** Returns the number of lines of the chunk that are acknowledged. */
        long acknowledged() {
            // In this order, see AerospikeBuild.
            BatchStart next = records.firstBuffered();
            return batches.firstUnacknowledged(next).position().lineIndex() - chunk.first();
        }
    }

    AerospikePartBuild(ConnectedCluster cluster, RegistryRecord registry, HeldPart part, Content content) {
        this.cluster = cluster;
        this.registry = registry;
        this.part = part;
        this.content = content;
        this.layout = new LineLayout(part.linesPerRecord(), part.compressed());
        this.records = new LineRecords(cluster.settings.namespace(), part.set(), layout);
        this.storedByAll = position(part.storedLines());
    }

    /** Marks the chunks whose records are lost as not stored. Leaves the build if it fails. */
    void loseMissing() throws StoreException {
        try {
            OptionalLong lost = verifier().findLost(part.storedChunks());
            if (lost.isPresent()) {
                part.lose(lost.getAsLong());
                storedByAll = position(part.storedLines());
            }
        } catch (StoreException | RuntimeException | Error e) {
            part.leave();
            throw e;
        }
    }

    private RecordVerifier verifier() {
        return new RecordVerifier(cluster, registry, records);
    }

    @Override
    public Optional<Chunk> claim() throws StoreException, InterruptedException {
        ChunkWriter written = writer;
        if (written != null) {
            Chunk chunk = written.chunk;
            long recordCount = written.records.finish(start(chunk.end()));
            boolean _ = endWriter(written);
            part.finish(recordCount - records.recordCount(chunk.end() - chunk.first()));
        }
        Optional<Chunk> claimed = part.claim();
        storedByAll = position(part.storedLines());
        claimed.ifPresent(this::begin);
        return claimed;
    }

    private void begin(Chunk chunk) {
        BatchWriter batches = new BatchWriter(cluster, part.lease());
        writer = new ChunkWriter(
                chunk,
                batches,
                new RecordWriter(
                        cluster,
                        batches,
                        records,
                        part.maxBytesPerRecord(),
                        start(chunk.first()),
                        _ -> false,
                        (batch, i) -> start(batch.firstLineIndex() + i)));
    }

    private static BatchStart start(long lineIndex) {
        return new BatchStart(new Checkpoint(lineIndex, 0), NO_DIGEST);
    }

    @Override
    public void add(LineBatch batch) throws StoreException, InterruptedException {
        ChunkWriter target = writer;
        if (target == null) {
            throw new IllegalStateException("no chunk is claimed");
        }
        part.lease().requireValid();
        for (int i = 0; i < batch.count(); i++) {
            target.records.add(batch, i);
        }
    }

    @Override
    public Manifest complete() throws StoreException, InterruptedException {
        Optional<Manifest> others = part.published();
        if (others.isPresent()) {
            return others.get();
        }
        OptionalLong lost = verifier().findLost(content.lineCount(), part.recordCount());
        if (lost.isPresent()) {
            part.lose(lost.getAsLong());
            throw RecordVerifier.lost(lost.getAsLong(), records);
        }
        Manifest manifest = part.publish(content, layout.toString());
        published = true;
        return manifest;
    }

    @Override
    public boolean published() {
        return published;
    }

    @Override
    public Checkpoint checkpoint() {
        ChunkWriter target = writer;
        return target == null ? storedByAll : position(storedByAll.lineIndex() + target.acknowledged());
    }

    /** Lines that are as long on average take as many bytes. */
    private Checkpoint position(long lines) {
        return new Checkpoint(lines, (long) ((double) content.byteCount() * lines / Math.max(1, content.lineCount())));
    }

    @Override
    public Checkpoint resumedFrom() {
        return position(part.resumedLines());
    }

    @Override
    public long storedLines() {
        return part.ownLines();
    }

    @Override
    public Retries retries() {
        ChunkWriter target = writer;
        return target == null ? earlierRetries : earlierRetries.plus(target.batches.retries());
    }

    /** Returns false if writes are still in flight. */
    private boolean endWriter(ChunkWriter ended) {
        boolean idle = ended.batches.cancel(AerospikeBuild.SUSPEND_TIMEOUT);
        earlierRetries = earlierRetries.plus(ended.batches.retries());
        writer = null;
        return idle;
    }

    @Override
    public void close() {
        ChunkWriter target = writer;
        if (target != null) {
            boolean _ = endWriter(target);
        }
        // A write that is still in flight writes the bytes that the next process writes, too.
        part.leave();
    }
}
