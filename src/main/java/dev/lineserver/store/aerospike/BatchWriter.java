package dev.lineserver.store.aerospike;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.BatchRecord;
import com.aerospike.client.ResultCode;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;

/**
 * Writes batches until each record is acknowledged. Records are written whole and by key, so a write whose outcome is in
 * doubt is written again.
 */
final class BatchWriter {
    private static final int FIRST_PAUSE_MILLIS = 20;
    private static final int LONGEST_PAUSE_MILLIS = 2_000;

    private final Cluster cluster;
    private final CountDownLatch cancelled;

    /** @param cancelled ends retries when it reaches zero */
    BatchWriter(Cluster cluster, CountDownLatch cancelled) {
        this.cluster = cluster;
        this.cancelled = cancelled;
    }

    /**
     * Returns once all are acknowledged.
     *
     * @throws StoreException where a record was refused for good, or none got through for the whole deadline
     */
    void write(List<BatchRecord> records, String doing) throws StoreException, InterruptedException {
        long limit = cluster.settings.writes().deadline().toNanos();
        List<BatchRecord> left = records;
        long lastProgress = System.nanoTime();
        for (int attempt = 0; ; attempt++) {
            AerospikeException thrown = attempt(left);
            List<BatchRecord> failed = unacknowledged(left);
            if (failed.isEmpty()) {
                return;
            }
            StoreException failure = firstFailure(failed, thrown, doing);
            if (failed.size() < left.size()) {
                lastProgress = System.nanoTime();
                attempt = 0;
            } else if (System.nanoTime() - lastProgress > limit) {
                throw failure;
            }
            left = failed;
            if (cancelled.await(pauseMillis(attempt), TimeUnit.MILLISECONDS)) {
                throw new StoreUnavailableException(doing + " was given up, the build is being closed");
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

    private static List<BatchRecord> unacknowledged(List<BatchRecord> records) {
        List<BatchRecord> failed = new ArrayList<>();
        for (BatchRecord record : records) {
            if (record.resultCode != ResultCode.OK) {
                failed.add(record);
            }
        }
        return failed;
    }

    /** @throws StoreException where a record was refused for good */
    private static StoreException firstFailure(
            List<BatchRecord> failed, @Nullable AerospikeException thrown, String doing) throws StoreException {
        int code = ResultCode.OK;
        for (BatchRecord record : failed) {
            code = record.resultCode == ResultCode.NO_RESPONSE && thrown != null
                    ? thrown.getResultCode()
                    : record.resultCode;
            if (!Failures.writePasses(code)) {
                throw Failures.of(code, doing, thrown);
            }
        }
        return Failures.of(code, doing, thrown);
    }

    private static int pauseMillis(int attempt) {
        int most = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << Math.min(attempt, Byte.SIZE));
        return most / 2 + ThreadLocalRandom.current().nextInt(most / 2);
    }
}
