package dev.lineserver.store.aerospike.registry;

import java.util.Map;

import dev.lineserver.store.StoreException;

/** What the life cycle of versions needs of a cluster. Safe for use by many threads. */
public interface RegistryAccess {
    /**
     * Changes the registry that it is given. Applied again, to a later one, after each failed attempt, so it must recognise its
     * own earlier success.
     */
    @FunctionalInterface
    interface RegistryChange {
        void apply(Registry registry) throws StoreException;
    }

    /** The registry as it is now. */
    Registry read() throws StoreException;

    /**
     * Changes the registry, whatever other processes do to it at the same time.
     *
     * @return the registry after the change
     */
    Registry update(String activity, RegistryChange change) throws StoreException;

    /** Deletes the records that are in a set now. Returns before they are gone. */
    void truncate(String set) throws StoreException;

    /**
     * Number of copies of records in each set of the namespace, those of other programs included. A set that a node is
     * still truncating is never reported as empty.
     */
    Map<String, Long> recordCounts() throws StoreException;
}
