package dev.lineserver.store.aerospike;

import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

import com.aerospike.client.BatchRecord;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

/**
 * The batches of a build: one that the build fills, and those that are being written, one per writing thread. Beginning a
 * batch waits until there is room for it, which is all the back-pressure there is.
 */
final class BatchesInFlight {
    private static final System.Logger LOG = System.getLogger(BatchesInFlight.class.getName());

    private final AerospikeSettings.Writes bounds;
    private final BatchWriter writer;
    private final CountDownLatch cancelled;
    private final int most;
    private final Semaphore room;
    private final ExecutorService threads;
    /** First lines of the batches that were begun, by line index. The first of them is the checkpoint. */
    private final NavigableMap<Long, Checkpoint> unacknowledged = new ConcurrentSkipListMap<>();

    private volatile @Nullable StoreException failure;

    /** @param cancelled counted down by {@link #cancel} */
    BatchesInFlight(AerospikeSettings.Writes bounds, BatchWriter writer, CountDownLatch cancelled) {
        this.bounds = bounds;
        this.writer = writer;
        this.cancelled = cancelled;
        this.most = bounds.batchesInFlight() + 1;
        this.room = new Semaphore(most);
        this.threads = Executors.newFixedThreadPool(
                bounds.batchesInFlight(),
                Thread.ofPlatform().daemon().name("aerospike-write-", 0).factory());
    }

    /**
     * Waits until another batch may be filled.
     *
     * @param firstLine the line that will be added first
     */
    void begin(Checkpoint firstLine) throws StoreException, InterruptedException {
        room.acquire();
        StoreException failed = failure;
        if (failed != null) {
            room.release();
            throw failed;
        }
        unacknowledged.put(firstLine.lineIndex(), firstLine);
    }

    /** Writes a batch that was begun with this line. */
    void send(Checkpoint firstLine, List<BatchRecord> records) {
        String doing = "writing a batch from line index " + firstLine.lineIndex();
        threads.execute(() -> {
            try {
                writer.write(records, doing);
                unacknowledged.remove(firstLine.lineIndex());
            } catch (StoreException e) {
                failed(e);
            } catch (InterruptedException e) {
                failed(new StoreUnavailableException(doing + " was interrupted", e));
            } catch (RuntimeException | Error e) {
                // The top of this thread: whatever it is, the batch must not pass for written.
                failed(new StoreFailedException(doing + " failed unexpectedly: " + e, e));
            } finally {
                room.release();
            }
        });
    }

    /** The first line that is not known to be durable, among those of the batches that were begun. */
    Optional<Checkpoint> firstUnacknowledged() {
        return Optional.ofNullable(unacknowledged.firstEntry()).map(Map.Entry::getValue);
    }

    /** Waits until all batches are acknowledged. */
    void awaitAll() throws StoreException, InterruptedException {
        room.acquire(most);
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
            long patience = bounds.attemptTimeout().toMillis() * 2;
            if (!threads.awaitTermination(patience, TimeUnit.MILLISECONDS)) {
                LOG.log(Level.WARNING, "writes of a build are still under way {0} ms after its end", patience);
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
