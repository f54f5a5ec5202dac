package dev.lineserver.store.aerospike;

import java.util.List;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;

import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.LineStoreContract;
import dev.lineserver.store.StoreException;

/**
 * Runs the contract on one connected store, because connecting is slow. Drops the remaining datasets before each test.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AerospikeStoreContract extends LineStoreContract {
    private AerospikeStore store;

    /** Returns the seed nodes of the cluster under test, which may be started by this call. */
    abstract List<AerospikeSettings.SeedNode> hosts() throws Exception;

    /** Stops the nodes that {@link #hosts} started. */
    void afterClose() throws Exception {}

    @BeforeAll
    void connect() throws Exception {
        store = AerospikeStore.connect(
                TestSettings.of(hosts())
                        .grace(AerospikeSettings.WriteLimits.DEFAULT.grace())
                        .settings(),
                TestSettings.LOOPS);
    }

    @BeforeEach
    void dropAllDatasets() throws StoreException {
        for (DatasetListing dataset : store.datasets()) {
            store.drop(dataset.name());
        }
    }

    @AfterAll
    void close() throws Exception {
        if (store != null) {
            store.close();
        }
        afterClose();
    }

    @Override
    protected LineStore store() {
        return store;
    }
}
