package dev.lineserver.store.aerospike;

import java.util.concurrent.CompletableFuture;

import com.aerospike.client.Record;
import org.jspecify.annotations.Nullable;

/**
 * A read of one record that has not been answered yet. Several lanes may hold it at once: the first record that arrives
 * completes it, and later ones are ignored. {@link CoalescingReader} changes it, on its event loop only.
 */
final class PendingRead extends CompletableFuture<@Nullable Record> {
    final ReadRequest request;

    /** On the clock of {@link NodeLink#nanoTime}. */
    final long deadline;

    /** Number of times the read was queued, probes not included. */
    int attempts;

    /** Number of queues and commands in flight that hold the read. */
    int holders;

    /** Bit {@code i} is set if the read was queued for replica {@code i}. */
    private long triedReplicas;

    PendingRead(ReadRequest request, long deadline) {
        this.request = request;
        this.deadline = deadline;
    }

    boolean hasTried(int replica) {
        return (triedReplicas & 1L << replica) != 0;
    }

    void addAttempt(int replica) {
        attempts++;
        triedReplicas |= 1L << replica;
    }
}
