package dev.lineserver.store.aerospike;

import dev.lineserver.store.Build;
import dev.lineserver.store.LineStoreContract;
import dev.lineserver.store.Manifest;

/** Gives tests that are not the contract the contract's way to commit a build. */
abstract class ContractCommit extends LineStoreContract {
    static Manifest commitOf(Build build, byte[] content) throws Exception {
        return commit(build, content);
    }
}
