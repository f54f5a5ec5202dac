package dev.lineserver.store.aerospike;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.BatchRecord;
import com.aerospike.client.ResultCode;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.aerospike.registry.HeldLease;

/**
 * Writes batches until every record is acknowledged. Records are written whole and by key, so a write whose outcome is in
 * doubt is repeated. Each attempt begins only while the build holds its lease.
 */
final class BatchWriter {
    private final Cluster cluster;
    private final HeldLease lease;
    private final CountDownLatch cancelled;

    /** @param cancelled ends retries when it reaches zero */
    BatchWriter(Cluster cluster, HeldLease lease, CountDownLatch cancelled) {
        this.cluster = cluster;
        this.lease = lease;
        this.cancelled = cancelled;
    }

    /**
     * Returns when all are acknowledged.
     *
     * @throws StoreException if a record was refused for good, none got through for the whole deadline, or the lease was
     *     lost
     */
    void write(List<BatchRecord> records, String doing) throws StoreException, InterruptedException {
        long limit = cluster.settings.writes().deadline().toNanos();
        List<BatchRecord> left = records;
        long lastProgress = System.nanoTime();
        for (int failures = 1; ; failures++) {
            lease.check();
            AerospikeException thrown = attempt(left);
            List<BatchRecord> failed = left.stream()
                    .filter(record -> record.resultCode != ResultCode.OK)
                    .toList();
            if (failed.isEmpty()) {
                return;
            }
            StoreException failure = firstFailure(failed, thrown, doing);
            if (failed.size() < left.size()) {
                lastProgress = System.nanoTime();
                failures = 1;
            } else if (System.nanoTime() - lastProgress > limit) {
                throw failure;
            }
            left = failed;
            if (cancelled.await(ClusterFailures.pauseMillis(failures), TimeUnit.MILLISECONDS)) {
                throw new StoreUnavailableException(doing + " was given up because the build is being closed");
            }
        }
    }

    private @Nullable AerospikeException attempt(List<BatchRecord> records) {
        try {
            cluster.client.operate(cluster.policies.batchWrite, records);
            return null;
        } catch (AerospikeException e) {
            return e;
        }
    }

    /** @throws StoreException if a record was refused for good */
    private static StoreException firstFailure(
            List<BatchRecord> failed, @Nullable AerospikeException thrown, String doing) throws StoreException {
        int code = ResultCode.OK;
        for (BatchRecord record : failed) {
            code = record.resultCode == ResultCode.NO_RESPONSE && thrown != null
                    ? thrown.getResultCode()
                    : record.resultCode;
            if (!ClusterFailures.writePasses(code)) {
                throw ClusterFailures.of(code, doing, thrown);
            }
        }
        return ClusterFailures.of(code, doing, thrown);
    }
}
