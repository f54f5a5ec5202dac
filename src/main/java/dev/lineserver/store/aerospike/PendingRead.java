package dev.lineserver.store.aerospike;

import java.util.concurrent.CompletableFuture;

import com.aerospike.client.Key;
import com.aerospike.client.Record;
import org.jspecify.annotations.Nullable;

/**
 * A read from its call to its one answer. It may be with several nodes at once; the first record that arrives is the
 * answer, and what arrives later is ignored.
 */
final class PendingRead extends CompletableFuture<@Nullable Record> {
    final Key key;
    final long deadline;

    /** Bits of the copies that it was sent to. */
    long triedReplicas;

    /** Number of times it was put into a node's queue for the sake of its answer. */
    int attempts;

    /** Number of queues and commands that hold it now. */
    int holders;

    PendingRead(Key key, long deadline) {
        this.key = key;
        this.deadline = deadline;
    }
}
