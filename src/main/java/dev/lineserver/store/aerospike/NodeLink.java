package dev.lineserver.store.aerospike;

import java.util.List;

import com.aerospike.client.BatchRead;
import com.aerospike.client.Key;
import com.aerospike.client.listener.BatchListListener;
import org.jspecify.annotations.Nullable;

/**
 * Connects one event loop with the nodes of the cluster. All methods are called on that loop, and all callbacks arrive
 * on it. Tests replace the cluster and the clock by scripted ones.
 *
 * @param <N> a node
 */
interface NodeLink<N> {
    /** Number of replicas of each partition, at least 1; replica 0 is the master. */
    int replicaCount();

    /**
     * Returns the node that holds a replica of the key's partition, or null if there is no such node or it is inactive.
     */
    @Nullable
    N node(Key key, int replica);

    /** Returns false if a node has left the cluster. It does not come back: after a restart, it is another node. */
    boolean isActive(N node);

    /**
     * Sends one command to one node. Either calls the listener, possibly before this method returns, or throws. May
     * throw any runtime exception or error.
     */
    void send(N node, List<BatchRead> reads, BatchListListener listener);

    /** Runs a task at the end of the event-loop iteration, after the sockets that are ready have been read. */
    void atEndOfIteration(Runnable task);

    /** Runs a task after a delay. */
    void schedule(long millis, Runnable task);

    /** Returns {@link System#nanoTime}, unless time is scripted. */
    long nanoTime();
}
