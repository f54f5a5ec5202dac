package dev.lineserver.store.aerospike;

import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;

import dev.lineserver.store.LineStore;
import dev.lineserver.store.LineStoreContract;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;

/** The contract over one connection, because connecting is slow; what the tests leave behind is dropped. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AerospikeStoreContract extends LineStoreContract {
    private AerospikeStore store;

    /** Seed nodes of the cluster to test over. */
    abstract List<AerospikeSettings.Node> hosts() throws Exception;

    static AerospikeSettings settings(List<AerospikeSettings.Node> hosts) {
        AerospikeSettings.Writes writes = AerospikeSettings.Writes.DEFAULT;
        return new AerospikeSettings(
                hosts,
                AerospikeSettings.DEFAULT_NAMESPACE,
                null,
                false,
                null,
                AerospikeSettings.DEFAULT_CONNECT_TIMEOUT,
                AerospikeSettings.DEFAULT_CONNECTIONS_PER_NODE,
                AerospikeSettings.DEFAULT_MAX_RECORD_BYTES,
                AerospikeSettings.Reads.DEFAULT,
                new AerospikeSettings.Writes(
                        writes.recordsPerBatch(),
                        writes.bytesPerBatch(),
                        writes.batchesInFlight(),
                        writes.attemptTimeout(),
                        writes.deadline(),
                        writes.lease(),
                        Duration.ofSeconds(1)));
    }

    @BeforeAll
    void connect() throws Exception {
        store = AerospikeStore.connect(settings(hosts()), null);
    }

    @BeforeEach
    void empty() throws StoreException {
        for (Manifest manifest : store.datasets()) {
            store.drop(manifest.dataset());
        }
    }

    @AfterAll
    void close() {
        if (store != null) {
            store.close();
        }
    }

    @Override
    protected LineStore store() {
        return store;
    }
}
