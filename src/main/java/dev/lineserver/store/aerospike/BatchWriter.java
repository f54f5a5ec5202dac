package dev.lineserver.store.aerospike;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import com.aerospike.client.BatchRecord;
import org.jspecify.annotations.Nullable;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.Retries;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.aerospike.registry.HeldLease;

/**
 * Writes the batches of a build in the background, each on a thread of its own until all its records are acknowledged, and
 * knows the first line that is not.
 *
 * <p>The first failure is kept and thrown to the build by its next call. A failed batch stays in
 * {@link #unacknowledged}, so the checkpoint never passes it. One thread, that of the build, calls everything but
 * {@link #firstUnacknowledged} and {@link #retries}.
 */
final class BatchWriter {
    private static final System.Logger LOG = System.getLogger(BatchWriter.class.getName());

    /**
     * Bounds the memory of a build, together with the one batch that the build is buffering, and the attempts in flight.
     */
    static final int MAX_BATCHES_IN_FLIGHT = 4;

    private final AcknowledgedWriter writer;
    private final Semaphore permits = new Semaphore(MAX_BATCHES_IN_FLIGHT);
    private final ExecutorService threads = Executors.newFixedThreadPool(
            MAX_BATCHES_IN_FLIGHT,
            Thread.ofPlatform().daemon().name("aerospike-write-", 0).factory());
    private final AtomicReference<@Nullable StoreException> failure = new AtomicReference<>();

    /** The first lines of batches that are in flight or failed, by line index. */
    private final NavigableMap<Long, BatchStart> unacknowledged = new ConcurrentSkipListMap<>();

    /**
     * Where a batch begins.
     *
     * @param position of its first line
     * @param digest of all lines before it
     */
    record BatchStart(Checkpoint position, ContentDigest digest) {}

    BatchWriter(ConnectedCluster cluster, HeldLease lease) {
        this.writer = new AcknowledgedWriter(cluster, lease, MAX_BATCHES_IN_FLIGHT);
    }

    /**
     * Starts writing a batch. Blocks while {@link #MAX_BATCHES_IN_FLIGHT} batches are in flight; this is the only
     * back-pressure on an ingest.
     *
     * @throws StoreException if an earlier batch failed
     */
    void submit(BatchStart start, List<BatchRecord> records) throws StoreException, InterruptedException {
        permits.acquire();
        // Before the batch is written, so that a checkpoint taken from now on stays at or before its first line.
        long firstLine = start.position().lineIndex();
        unacknowledged.put(firstLine, start);
        String activity = "writing a batch from line index " + firstLine;
        threads.execute(() -> {
            try {
                writer.write(records, activity);
                unacknowledged.remove(firstLine);
            } catch (StoreException e) {
                failure.compareAndSet(null, e);
            } catch (InterruptedException e) {
                failure.compareAndSet(null, new StoreUnavailableException(activity + " was interrupted", e));
            } catch (RuntimeException | Error e) {
                // This is the top of the thread. Without this clause, an Error would leave the batch unwritten and the
                // build unaware of it.
                failure.compareAndSet(null, new StoreFailedException(activity + " failed unexpectedly: " + e, e));
            } finally {
                permits.release();
            }
        });
        throwIfFailed();
    }

    /** Writes records on the calling thread, and returns when all of them are acknowledged. */
    void writeNow(List<BatchRecord> records, String activity) throws StoreException, InterruptedException {
        writer.write(records, activity);
    }

    private void throwIfFailed() throws StoreException {
        StoreException failed = failure.get();
        if (failed != null) {
            throw failed;
        }
    }

    /** Returns the first line that is not acknowledged, or {@code next} if all batches are. */
    BatchStart firstUnacknowledged(BatchStart next) {
        Map.Entry<Long, BatchStart> first = unacknowledged.firstEntry();
        return first == null ? next : first.getValue();
    }

    /**
     * Waits until all batches are acknowledged. Keeps the permits: no batch can be submitted afterwards.
     *
     * @param recordCount number of records that must have been acknowledged
     * @throws StoreException if a batch failed, or another number of records was acknowledged
     */
    void awaitAcknowledgements(long recordCount) throws StoreException, InterruptedException {
        permits.acquire(MAX_BATCHES_IN_FLIGHT);
        throwIfFailed();
        long acknowledged = writer.acknowledged();
        if (acknowledged != recordCount) {
            throw new StoreFailedException("the lines of the source are " + Quantities.grouped(recordCount)
                    + " records, but the cluster acknowledged " + Quantities.grouped(acknowledged)
                    + ": nothing was published, ingest again");
        }
    }

    /** Returns the retries and overloads so far. */
    Retries retries() {
        return writer.retries();
    }

    /**
     * Ends retries, and waits for attempts in flight. The caller truncates the set next if the build is rolled back,
     * and a record that is written after the truncation would stay in the set.
     *
     * @return false if attempts are still in flight after the timeout, or the thread was interrupted
     */
    boolean cancel(Duration timeout) {
        writer.cancel();
        threads.shutdown();
        try {
            if (threads.awaitTermination(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
                return true;
            }
            if (timeout.isPositive()) {
                LOG.log(
                        Level.WARNING,
                        "writes of a build are still in flight {0} ms after its end",
                        timeout.toMillis());
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        return false;
    }
}
