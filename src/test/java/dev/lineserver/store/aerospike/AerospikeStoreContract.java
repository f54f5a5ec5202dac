package dev.lineserver.store.aerospike;

import java.time.Duration;
import java.util.List;
import java.util.Map;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;

import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.LineStoreContract;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.aerospike.registry.LineSet;
import dev.lineserver.store.aerospike.registry.RegistryAccess;

/**
 * Runs the contract on one connected store, because connecting is slow. Before each test, another store without a grace
 * drops the remaining datasets, so that no set of an earlier test is left to be reclaimed.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AerospikeStoreContract extends LineStoreContract {
    private AerospikeStore store;
    private AerospikeStore cleaner;

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
        cleaner = AerospikeStore.connect(
                TestSettings.of(hosts()).grace(Duration.ZERO).settings(), TestSettings.LOOPS);
    }

    @BeforeEach
    void dropAllDatasets() throws StoreException {
        for (DatasetListing dataset : cleaner.datasets()) {
            cleaner.drop(dataset.name());
        }
        cleaner.registry.update(
                "forgetting version numbers", registry -> registry.datasets().clear());
        // Repeated, because a truncation leaves the records of the current second.
        Awaitility.await().until(() -> {
            cleaner.reclaim(false);
            Map<String, LineSet> sets = cleaner.registry.read().sets();
            return cleaner.registry.setCounts().entrySet().stream()
                    .noneMatch(count -> sets.containsKey(count.getKey())
                            && !count.getValue().equals(RegistryAccess.SetCount.NONE));
        });
    }

    @AfterAll
    void close() throws Exception {
        if (store != null) {
            store.close();
            cleaner.close();
        }
        afterClose();
    }

    @Override
    protected LineStore store() {
        return store;
    }
}
