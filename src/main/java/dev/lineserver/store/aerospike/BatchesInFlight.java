package dev.lineserver.store.aerospike;

import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

/**
 * The batches of a build: those being filled, and those being written, as many at once as there are threads. Batches are
 * used again: whoever begins one waits until one has been acknowledged, and that is all the back-pressure there is.
 */
final class BatchesInFlight {
    private static final System.Logger LOG = System.getLogger(BatchesInFlight.class.getName());

    private final Cluster cluster;
    private final LineRecords records;
    private final BatchWriter writer;
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private final BlockingQueue<RecordBatch> free;
    private final int batches;
    private final ExecutorService threads;
    /** First lines of the batches that were begun, by line index. */
    private final NavigableMap<Long, Checkpoint> unacknowledged = new ConcurrentSkipListMap<>();

    private volatile @Nullable StoreException failure;

    BatchesInFlight(Cluster cluster, LineRecords records) {
        AerospikeSettings.Writes writes = cluster.settings.writes();
        this.cluster = cluster;
        this.records = records;
        this.writer = new BatchWriter(cluster, cancelled);
        this.batches = writes.batchesFilled() + writes.batchesInFlight() + 1;
        this.free = new ArrayBlockingQueue<>(batches);
        for (int i = 0; i < batches; i++) {
            free.add(new RecordBatch(writes.recordsPerBatch(), writes.bytesPerBatch()));
        }
        this.threads = Executors.newFixedThreadPool(
                writes.batchesInFlight(),
                Thread.ofPlatform().daemon().name("aerospike-write-", 0).factory());
    }

    /**
     * Waits for a batch that may be filled.
     *
     * @param firstLine the line that will be added first
     */
    RecordBatch begin(Checkpoint firstLine) throws StoreException, InterruptedException {
        RecordBatch batch = free.take();
        StoreException failed = failure;
        if (failed != null) {
            free.add(batch);
            throw failed;
        }
        batch.begin(firstLine);
        unacknowledged.put(firstLine.lineIndex(), firstLine);
        return batch;
    }

    void send(RecordBatch batch) {
        threads.execute(() -> {
            try {
                writer.write(batch.toRecords(records, cluster.policies.lineWrite), batch.describe());
                unacknowledged.remove(batch.start().lineIndex());
            } catch (StoreException e) {
                failed(e);
            } catch (InterruptedException e) {
                failed(new StoreUnavailableException(batch.describe() + " was interrupted", e));
            } catch (RuntimeException e) {
                // The top of this thread: a mistake of ours must not pass for a batch that was written.
                failed(new StoreFailedException(batch.describe() + " failed unexpectedly: " + e, e));
            } finally {
                batch.clear();
                free.add(batch);
            }
        });
    }

    /** Writes the parts of long lines, on the calling thread. */
    BatchWriter writer() {
        return writer;
    }

    /** The first line of which it is not known that it is durable, among those that batches were begun with. */
    Optional<Checkpoint> firstUnacknowledged() {
        return Optional.ofNullable(unacknowledged.firstEntry()).map(Map.Entry::getValue);
    }

    /** Waits for all batches to be acknowledged. */
    void awaitAll() throws StoreException, InterruptedException {
        for (int i = 0; i < batches; i++) {
            free.take();
        }
        StoreException failed = failure;
        if (failed != null) {
            throw failed;
        }
    }

    /** Ends retries, and waits for attempts under way: a write that lands after a truncation would stay. */
    void cancel() {
        cancelled.countDown();
        threads.shutdown();
        try {
            long patience = cluster.settings.writes().attemptTimeout().toMillis() * 2;
            if (!threads.awaitTermination(patience, TimeUnit.MILLISECONDS)) {
                LOG.log(Level.WARNING, "writes to set {0} are still under way after {1} ms", records.set, patience);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void failed(StoreException e) {
        if (failure == null) {
            failure = e;
        }
    }
}
