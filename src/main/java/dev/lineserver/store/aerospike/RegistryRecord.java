package dev.lineserver.store.aerospike;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.ResultCode;
import com.aerospike.client.async.NettyEventLoop;
import com.aerospike.client.listener.RecordListener;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/** The record that holds the {@link Registry}. */
final class RegistryRecord {
    private static final String SET = "lines-m";
    private static final String KEY = "registry";
    private static final int ATTEMPTS = 12;
    private static final int FIRST_PAUSE_MILLIS = 10;
    private static final int LONGEST_PAUSE_MILLIS = 1_000;

    /** A change of the registry. Applied again after each failure, so it has to see whether it was made already. */
    @FunctionalInterface
    interface Change {
        Registry apply(Registry registry) throws StoreException;
    }

    private final Cluster cluster;
    private final Key key;

    RegistryRecord(Cluster cluster) {
        this.cluster = cluster;
        this.key = new Key(cluster.settings.namespace(), SET, KEY);
    }

    Registry read() throws StoreException {
        try {
            return of(cluster.client.get(cluster.policies.registryRead, key));
        } catch (AerospikeException e) {
            throw Failures.of(e, "reading the registry");
        }
    }

    /** Reads from an event loop. */
    void read(NettyEventLoop loop, RecordListener listener) {
        cluster.client.get(loop, listener, cluster.policies.registryRead, key);
    }

    static Registry of(@Nullable Record record) throws StoreFailedException {
        return record == null ? Registry.EMPTY : RegistryForm.fromRecord(record);
    }

    /**
     * Changes the registry, whoever else may be doing so at the same time.
     *
     * @return what the registry is afterwards
     */
    Registry update(String doing, Change change) throws StoreException {
        AerospikeException last = null;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            pause(attempt);
            try {
                Record record = cluster.client.get(cluster.policies.registryRead, key);
                Registry before = of(record);
                Registry after = change.apply(before);
                if (after.equals(before)) {
                    return after;
                }
                int generation = record == null ? 0 : record.generation;
                cluster.client.put(cluster.policies.registryWrite(generation), key, RegistryForm.toBins(after));
                return after;
            } catch (AerospikeException e) {
                last = e;
                if (!isRaceLost(e.getResultCode()) && !Failures.passes(e.getResultCode())) {
                    throw explain(e, doing);
                }
            }
        }
        throw last == null ? new StoreFailedException(doing + " failed") : Failures.of(last, doing);
    }

    private static StoreException explain(AerospikeException e, String doing) {
        return e.getResultCode() == ResultCode.RECORD_TOO_BIG
                ? new StoreFailedException(
                        doing + " failed: the registry has outgrown the server's max-record-size."
                                + " Drop datasets, or raise it",
                        e)
                : Failures.of(e, doing);
    }

    private static boolean isRaceLost(int code) {
        return switch (code) {
            case ResultCode.GENERATION_ERROR, ResultCode.KEY_EXISTS_ERROR, ResultCode.KEY_NOT_FOUND_ERROR -> true;
            default -> false;
        };
    }

    private static void pause(int attempt) {
        if (attempt > 0) {
            int most = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS << attempt);
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(
                    1 + ThreadLocalRandom.current().nextInt(most)));
        }
    }
}
