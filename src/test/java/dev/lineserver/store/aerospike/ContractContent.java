package dev.lineserver.store.aerospike;

import dev.lineserver.store.Content;
import dev.lineserver.store.LineStoreContract;

/** What the contract says a content comes to, for tests that are not the contract. */
abstract class ContractContent extends LineStoreContract {
    static Content of(byte[] content) {
        return contentOf(content);
    }
}
