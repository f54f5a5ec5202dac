package dev.lineserver.store.aerospike;

import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.BatchRecord;
import com.aerospike.client.ResultCode;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.aerospike.registry.HeldLease;

/**
 * Writes the batches of a build, some at a time, each until every record is acknowledged. Records are written whole and by
 * key, so a write whose outcome is in doubt is repeated. Each attempt begins only while the build holds its lease.
 */
final class BatchWriter {
    private static final System.Logger LOG = System.getLogger(BatchWriter.class.getName());

    /** Being written at once. With the one that the build fills, they bound the memory of a build. */
    private static final int MAX_BATCHES_IN_FLIGHT = 4;

    private final ConnectedCluster cluster;
    private final AerospikeSettings.WriteLimits limits;
    private final HeldLease lease;
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private final Semaphore permits = new Semaphore(MAX_BATCHES_IN_FLIGHT);
    private final ExecutorService threads = Executors.newFixedThreadPool(
            MAX_BATCHES_IN_FLIGHT,
            Thread.ofPlatform().daemon().name("aerospike-write-", 0).factory());
    private final AtomicReference<@Nullable StoreException> failure = new AtomicReference<>();

    /** First lines of the batches in flight, by line index. */
    private final NavigableMap<Long, Checkpoint> unacknowledged = new ConcurrentSkipListMap<>();

    BatchWriter(ConnectedCluster cluster, HeldLease lease) {
        this.cluster = cluster;
        this.limits = cluster.settings.writes();
        this.lease = lease;
    }

    /**
     * Writes a batch in the background. Waits while as many as may be are in flight, which is all the back-pressure there
     * is.
     *
     * @throws StoreException if an earlier batch could not be written
     */
    void submit(Checkpoint firstLine, List<BatchRecord> records) throws StoreException, InterruptedException {
        permits.acquire();
        unacknowledged.put(firstLine.lineIndex(), firstLine);
        String activity = "writing a batch from line index " + firstLine.lineIndex();
        threads.execute(() -> {
            try {
                writeUntilAcknowledged(records, activity);
                unacknowledged.remove(firstLine.lineIndex());
            } catch (StoreException e) {
                failure.compareAndSet(null, e);
            } catch (InterruptedException e) {
                failure.compareAndSet(null, new StoreUnavailableException(activity + " was interrupted", e));
            } catch (RuntimeException | Error e) {
                // The top of this thread: whatever it is, the batch must not pass for written.
                failure.compareAndSet(null, new StoreFailedException(activity + " failed unexpectedly: " + e, e));
            } finally {
                permits.release();
            }
        });
        throwIfFailed();
    }

    private void throwIfFailed() throws StoreException {
        StoreException failed = failure.get();
        if (failed != null) {
            throw failed;
        }
    }

    /** The first line of the batches in flight, or {@code next} if there are none. */
    Checkpoint firstUnacknowledged(Checkpoint next) {
        Map.Entry<Long, Checkpoint> first = unacknowledged.firstEntry();
        return first == null ? next : first.getValue();
    }

    /** Waits until all batches are acknowledged. */
    void awaitAcknowledgements() throws StoreException, InterruptedException {
        permits.acquire(MAX_BATCHES_IN_FLIGHT);
        throwIfFailed();
    }

    /** Ends retries, and waits for attempts under way: a write that lands after a truncation would stay. */
    void cancel() {
        cancelled.countDown();
        threads.shutdown();
        try {
            long timeoutMillis = limits.attemptTimeout().toMillis() * 2;
            if (!threads.awaitTermination(timeoutMillis, TimeUnit.MILLISECONDS)) {
                LOG.log(Level.WARNING, "writes of a build are still under way {0} ms after its end", timeoutMillis);
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Returns when all records are acknowledged.
     *
     * @throws StoreException if a record was refused for good, none got through for the whole deadline, or the lease was
     *     lost
     */
    void writeUntilAcknowledged(List<BatchRecord> records, String activity)
            throws StoreException, InterruptedException {
        List<BatchRecord> remaining = records;
        long lastProgress = System.nanoTime();
        for (int failures = 1; ; failures++) {
            lease.requireValid();
            AerospikeException thrown = null;
            try {
                cluster.client.operate(cluster.policies.batchWrite, remaining);
            } catch (AerospikeException e) {
                thrown = e;
            }
            List<BatchRecord> failed = remaining.stream()
                    .filter(record -> record.resultCode != ResultCode.OK)
                    .toList();
            if (failed.isEmpty()) {
                return;
            }
            StoreException refusal = firstFailure(failed, thrown, activity);
            if (failed.size() < remaining.size()) {
                lastProgress = System.nanoTime();
                failures = 1;
            } else if (System.nanoTime() - lastProgress > limits.deadline().toNanos()) {
                throw refusal;
            }
            remaining = failed;
            if (cancelled.await(ClusterFailures.backoffMillis(failures), TimeUnit.MILLISECONDS)) {
                throw new StoreUnavailableException(activity + " was given up because the build is being closed");
            }
        }
    }

    /** @throws StoreException if a record was refused for good */
    private static StoreException firstFailure(
            List<BatchRecord> failed, @Nullable AerospikeException thrown, String activity) throws StoreException {
        int code = ResultCode.OK;
        for (BatchRecord record : failed) {
            code = record.resultCode == ResultCode.NO_RESPONSE && thrown != null
                    ? thrown.getResultCode()
                    : record.resultCode;
            if (!ClusterFailures.isTransientForWrites(code)) {
                throw ClusterFailures.toStoreException(code, activity, thrown);
            }
        }
        return ClusterFailures.toStoreException(code, activity, thrown);
    }
}
