package dev.lineserver.store.aerospike;

import java.util.List;

import com.aerospike.client.BatchRead;
import com.aerospike.client.Key;
import com.aerospike.client.listener.BatchListListener;
import org.jspecify.annotations.Nullable;

/**
 * One event loop's way to the nodes of the cluster. All calls are made, and all callbacks arrive, on that loop.
 *
 * @param <N> a node
 */
interface NodeLink<N> {
    /** Number of copies to look for, at least 1. */
    int replicaCount();

    /** The node that holds a copy of the key's record, or null if none is known to be active. */
    @Nullable
    N node(Key key, int replica);

    /** Sends one command to one node. May throw anything, and then never calls the listener. */
    void send(N node, List<BatchRead> reads, BatchListListener listener);

    /** Runs a task after everything that the loop woke up for. */
    void atEndOfIteration(Runnable task);

    /** Runs a task later. */
    void schedule(long millis, Runnable task);

    /** {@link System#nanoTime}, unless time is scripted. */
    long nanoTime();
}
