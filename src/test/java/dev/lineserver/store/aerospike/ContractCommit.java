package dev.lineserver.store.aerospike;

import dev.lineserver.store.Build;
import dev.lineserver.store.LineStoreContract;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Snapshot;

/** Makes methods of {@link LineStoreContract} available to tests that do not extend the contract. */
abstract class ContractCommit extends LineStoreContract {
    static Manifest commitOf(Build build, byte[] content) throws Exception {
        return commit(build, content);
    }

    static void assertHoldsAll(Snapshot snapshot, byte[] content) throws Exception {
        assertHolds(snapshot, content);
    }
}
