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

    /**
     * The records of a set.
     *
     * @param copies number of records on all nodes, all copies included
     * @param truncating true while a node is still deleting records
     */
    record SetCount(long copies, boolean truncating) {
        /** The count of a set that has never had a record. */
        public static final SetCount NONE = new SetCount(0, false);
    }

    /**
     * The state of the namespace.
     *
     * @param time the slowest clock of a node, in milliseconds since the epoch
     * @param replicationFactor number of copies of each record
     * @param acceptsWrites false if a node has stopped writes for lack of space
     * @param migrating true while nodes exchange records, so that counts may include a record more often
     */
    record NamespaceState(long time, long replicationFactor, boolean acceptsWrites, boolean migrating) {}

    /** Returns access to the same registry that does not wait for a cluster that is away, but makes as many attempts. */
    default RegistryAccess failingFast() {
        return this;
    }

    /**
     * Returns access to the same registry that begins no attempt a second after the first one, unless others were only
     * faster. For the end of a build: a user who has interrupted it waits for the end.
     */
    default RegistryAccess ending() {
        return this;
    }

    /** Returns the number of nodes that the cluster has now. */
    int nodeCount();

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
     * Deletes the records of a set that were last written before a time of the cluster, in milliseconds since the epoch.
     * Does nothing if the set has been truncated up to a later time.
     */
    void truncateBefore(String set, long time) throws StoreException;

    /** Makes the cluster forget earlier truncations of a set, so that it can be truncated up to an earlier time. */
    void forgetTruncations(String set) throws StoreException;

    /** Returns the records of each set of the namespace, the sets of other programs included. */
    Map<String, SetCount> setCounts() throws StoreException;

    NamespaceState namespace() throws StoreException;
}
