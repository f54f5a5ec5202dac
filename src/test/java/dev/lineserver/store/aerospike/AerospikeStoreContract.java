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

/** The contract over one connection, because connecting is slow; what the tests leave behind is dropped. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AerospikeStoreContract extends LineStoreContract {
    private AerospikeStore store;

    /** Seed nodes of the cluster to test over. */
    abstract List<AerospikeSettings.SeedNode> hosts() throws Exception;

    /** Ends what {@link #hosts} began. */
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
    void empty() throws StoreException {
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
