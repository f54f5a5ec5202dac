package dev.lineserver.store.aerospike;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.LongAdder;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.BatchRecord;
import com.aerospike.client.ResultCode;
import org.jspecify.annotations.Nullable;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.Retries;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.aerospike.registry.HeldLease;

/**
 * Writes the batches of a build on background threads, and repeats each batch until every record is acknowledged. A
 * record is written whole under its own key, so a write that is in doubt can be repeated. The build's lease is checked
 * before each attempt.
 *
 * <pre>
 *               permit           window         all records acknowledged
 *   submit() ──────────► waiting ──────► attempt ────────────────────► acknowledged
 *                           ▲             │    │
 *                           │   transient │    │ permanent result, no progress until the deadline,
 *                           │      result ▼    │ lease lost, or cancelled
 *                           └────────── backoff└─────────────────────► failed
 * </pre>
 *
 * <p>{@link BatchWindow} bounds the attempts in flight, and shrinks while the cluster is overloaded. At low priority it
 * admits one attempt, which keeps its place for as long again as the attempt took: the cluster has at least half of the
 * time without a write of this build.
 *
 * <p>The first failure is kept and thrown to the build by its next call. A failed batch stays in
 * {@link #unacknowledged}, so the checkpoint never passes it. One thread, that of the build, calls {@link #submit},
 * {@link #awaitAcknowledgements} and {@link #cancel}; any thread may call {@link #firstUnacknowledged}.
 */
final class BatchWriter {
    private static final System.Logger LOG = System.getLogger(BatchWriter.class.getName());

    /**
     * Bounds the memory of a build, together with the one batch that the build is buffering, and the attempts in flight.
     */
    static final int MAX_BATCHES_IN_FLIGHT = 4;

    private final ConnectedCluster cluster;
    private final AerospikeSettings.WriteLimits limits;
    private final HeldLease lease;
    private final CountDownLatch cancelled = new CountDownLatch(1);
    private final Semaphore permits = new Semaphore(MAX_BATCHES_IN_FLIGHT);
    private final BatchWindow window;
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

    private final LongAdder acknowledgedRecords = new LongAdder();
    private final LongAdder retries = new LongAdder();
    private final AtomicLong overloads = new AtomicLong();

    /** The time at which a record of any batch was last acknowledged. */
    private volatile long lastProgress = System.nanoTime();

    BatchWriter(ConnectedCluster cluster, HeldLease lease) {
        this.cluster = cluster;
        this.limits = cluster.settings.writes();
        this.lease = lease;
        this.window = new BatchWindow(limits.lowPriority() ? 1 : MAX_BATCHES_IN_FLIGHT);
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
                writeUntilAcknowledged(records, activity);
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
        long acknowledged = acknowledgedRecords.sum();
        if (acknowledged != recordCount) {
            throw new StoreFailedException("the lines of the source are " + recordCount
                    + " records, but the cluster acknowledged " + acknowledged
                    + ": nothing was published, ingest again");
        }
    }

    /** Returns the retries and overloads so far. */
    Retries retries() {
        return new Retries(retries.sum(), overloads.get());
    }

    /**
     * Ends retries, and waits for attempts in flight. The caller truncates the set next if the build is rolled back,
     * and a record that is written after the truncation would stay in the set.
     *
     * @return false if attempts are still in flight after the timeout, or the thread was interrupted
     */
    boolean cancel(Duration timeout) {
        cancelled.countDown();
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

    /**
     * Writes records on the calling thread, and returns when all of them are acknowledged.
     *
     * @throws StoreException if a record was permanently refused, no record of this or another batch was acknowledged for
     *     as long as the deadline, the lease was lost, or the build was cancelled
     */
    void writeUntilAcknowledged(List<BatchRecord> records, String activity)
            throws StoreException, InterruptedException {
        List<BatchRecord> remaining = records;
        long start = System.nanoTime();
        Backoff backoff = new Backoff();
        while (true) {
            AerospikeException thrown = attempt(remaining, activity);
            // A batch may succeed in part, also when the client throws. Only the records' own results count.
            List<BatchRecord> failed = failed(remaining);
            acknowledgedRecords.add(remaining.size() - failed.size());
            if (failed.size() < remaining.size()) {
                // Any progress restarts the deadline and the backoff: an overloaded device accepts a few records at a
                // time.
                lastProgress = System.nanoTime();
                backoff.restart();
            }
            if (failed.isEmpty()) {
                return;
            }
            StoreException refusal = firstFailure(failed, thrown, activity);
            // The progress of other batches counts, because this one waits for them in the window.
            long now = System.nanoTime();
            if (Math.min(now - start, now - lastProgress) > limits.deadline().toNanos()) {
                throw refusal;
            }
            remaining = failed;
            retries.increment();
            if (cancelled.await(backoff.nextMillis(), TimeUnit.MILLISECONDS)) {
                throw cancelled(activity);
            }
        }
    }

    private static List<BatchRecord> failed(List<BatchRecord> records) {
        return records.stream()
                .filter(record -> record.resultCode != ResultCode.OK)
                .toList();
    }

    private static StoreUnavailableException cancelled(String activity) {
        return new StoreUnavailableException(activity + " was cancelled, because the build is being closed");
    }

    /** Writes records once. Returns the exception of the client, if it threw one. */
    private @Nullable AerospikeException attempt(List<BatchRecord> records, String activity)
            throws StoreException, InterruptedException {
        long acquired = window.acquire();
        BatchWindow.Result result = BatchWindow.Result.FAILED;
        try {
            if (cancelled.getCount() == 0) {
                throw cancelled(activity);
            }
            // Before every attempt, because the process may have been suspended since the last one, and another build
            // may own the set by now.
            lease.requireValid();
            long start = System.nanoTime();
            AerospikeException thrown = null;
            try {
                cluster.client.operate(cluster.policies.batchWrite, records);
            } catch (AerospikeException e) {
                thrown = e;
            }
            result = result(failed(records), thrown);
            if (result == BatchWindow.Result.OVERLOADED && overloads.getAndIncrement() == 0) {
                LOG.log(
                        Level.WARNING,
                        "the cluster is overloaded, or answers late; the ingest goes on with fewer batches at a time");
            }
            if (limits.lowPriority()) {
                boolean _ = cancelled.await(System.nanoTime() - start, TimeUnit.NANOSECONDS);
            }
            return thrown;
        } finally {
            window.release(acquired, result);
        }
    }

    private static BatchWindow.Result result(List<BatchRecord> failed, @Nullable AerospikeException thrown) {
        if (failed.isEmpty()) {
            return BatchWindow.Result.ACCEPTED;
        }
        return failed.stream().anyMatch(record -> ClusterFailures.isOverload(code(record, thrown)))
                ? BatchWindow.Result.OVERLOADED
                : BatchWindow.Result.FAILED;
    }

    /** A record without a response failed for the reason that the client threw, if it threw. */
    private static int code(BatchRecord record, @Nullable AerospikeException thrown) {
        return record.resultCode == ResultCode.NO_RESPONSE && thrown != null
                ? thrown.getResultCode()
                : record.resultCode;
    }

    /**
     * Returns the failure to report if retries do not help.
     *
     * @throws StoreException if a record was permanently refused
     */
    private static StoreException firstFailure(
            List<BatchRecord> failed, @Nullable AerospikeException thrown, String activity) throws StoreException {
        int code = ResultCode.OK;
        for (BatchRecord record : failed) {
            code = code(record, thrown);
            if (!ClusterFailures.isTransientForWrites(code)) {
                throw ClusterFailures.toStoreException(code, activity, thrown);
            }
        }
        return ClusterFailures.toStoreException(code, activity, thrown);
    }
}
