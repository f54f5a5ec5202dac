package dev.lineserver.store.aerospike;

import java.lang.System.Logger.Level;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.BatchRecord;
import com.aerospike.client.ResultCode;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Retries;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.aerospike.registry.HeldLease;

/**
 * Writes the records of a build on the threads of its callers, and repeats each write until every record is acknowledged.
 * A record is written whole under its own key, so a write that is in doubt can be repeated. The build's lease is checked
 * before each attempt. Safe for use by many threads.
 *
 * <pre>
 *               window         all records acknowledged
 *   waiting ─────────► attempt ────────────────────► acknowledged
 *      ▲             │    │
 *      │   transient │    │ permanent result, no progress until the deadline,
 *      │      result ▼    │ lease lost, or cancelled
 *      └────────── backoff└─────────────────────► failed
 * </pre>
 *
 * <p>{@link BatchWindow} bounds the attempts in flight, and shrinks while the cluster is overloaded. At low priority it
 * admits one attempt, which keeps its place for as long again as the attempt took: the cluster has at least half of the
 * time without a write of this build.
 */
final class AcknowledgedWriter {
    private static final System.Logger LOG = System.getLogger(AcknowledgedWriter.class.getName());

    private final AerospikeSettings.WriteLimits limits;
    private final Sender sender;
    private final BatchWindow window;
    private final CountDownLatch cancelled;
    private final LongAdder acknowledged = new LongAdder();
    private final LongAdder retries = new LongAdder();
    private final AtomicLong overloads = new AtomicLong();

    /** The time at which a record of any write was last acknowledged. */
    private volatile long lastProgress = System.nanoTime();

    /** Sends records to the cluster once. */
    interface Sender {
        /**
         * Sets the result of each record that was answered.
         *
         * @throws AerospikeException if the attempt failed in whole or in part
         * @throws StoreUnavailableException if nothing was sent, because the lease is not valid
         */
        void send(List<BatchRecord> records) throws StoreUnavailableException;
    }

    /** @param mostInFlight largest number of attempts in flight */
    AcknowledgedWriter(ConnectedCluster cluster, HeldLease lease, int mostInFlight) {
        this(
                cluster.settings.writes(),
                records -> {
                    // Before every attempt, because the process may have been suspended since the last one, and another
                    // build may own the set by now.
                    lease.requireValid();
                    cluster.client.operate(cluster.policies.batchWrite, records);
                },
                mostInFlight,
                new CountDownLatch(1));
    }

    /** @param cancelled counted down by {@link #cancel}; every pause waits for it */
    AcknowledgedWriter(
            AerospikeSettings.WriteLimits limits, Sender sender, int mostInFlight, CountDownLatch cancelled) {
        this.limits = limits;
        this.sender = sender;
        this.window = new BatchWindow(limits.lowPriority() ? 1 : mostInFlight);
        this.cancelled = cancelled;
    }

    /**
     * Writes records, and returns when all of them are acknowledged.
     *
     * @param activity begins the message of an exception, such as {@code writing the parts of line index 7}
     * @throws StoreException if a record was permanently refused, no record of this or another write was acknowledged for
     *     as long as the deadline, the lease was lost, or the build was cancelled
     */
    void write(List<BatchRecord> records, String activity) throws StoreException, InterruptedException {
        List<BatchRecord> remaining = records;
        long start = System.nanoTime();
        Backoff backoff = new Backoff();
        while (true) {
            AerospikeException thrown = attempt(remaining, activity);
            // A batch may succeed in part, also when the client throws. Only the records' own results count.
            List<BatchRecord> failed = failed(remaining);
            acknowledged.add(remaining.size() - failed.size());
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
            // The progress of other writes counts, because this one waits for them in the window.
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
            long start = System.nanoTime();
            AerospikeException thrown = null;
            try {
                sender.send(records);
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

    /** Ends retries, and the pauses of low priority. */
    void cancel() {
        cancelled.countDown();
    }

    /** Returns the number of records that were acknowledged. */
    long acknowledged() {
        return acknowledged.sum();
    }

    /** Returns the retries and overloads so far. */
    Retries retries() {
        return new Retries(retries.sum(), overloads.get());
    }
}
