package dev.lineserver.store.aerospike.registry;

import java.util.Map;

import dev.lineserver.store.StoreException;

/** Gives the life cycle of versions access to the cluster. Safe for use by many threads. */
public interface RegistryAccess {
    /**
     * Changes a copy of the registry. After a failed attempt it is applied again, to a newer copy. A failed attempt may
     * be in doubt, so the change must detect its own earlier success, and change nothing then.
     */
    @FunctionalInterface
    interface RegistryChange {
        void apply(Registry registry) throws StoreException;
    }

    /** Reads the current registry. */
    Registry read() throws StoreException;

    /**
     * Changes the registry atomically with respect to all processes. Does not write if the change changes nothing.
     *
     * @param activity begins the message of an exception, such as {@code publishing version 7 of …}
     * @return the registry after the change
     */
    Registry update(String activity, RegistryChange change) throws StoreException;

    /**
     * Truncates a set: deletes the records that it has now. The server deletes them in the background, after this
     * returns.
     */
    void truncate(String set) throws StoreException;

    /**
     * Returns the number of records in each set of the namespace, all copies and the sets of other programs included. A
     * set that a node is still truncating never counts as empty.
     */
    Map<String, Long> recordCounts() throws StoreException;
}
