package dev.lineserver.mcp;

import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;

/** Is told of failures of the store, which the answers name. May be called on several threads. */
@FunctionalInterface
public interface FailureListener {
    void onFailure(Manifest manifest, StoreException failure);
}
