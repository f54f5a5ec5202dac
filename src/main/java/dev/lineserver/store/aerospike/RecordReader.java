package dev.lineserver.store.aerospike;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.async.NettyEventLoop;
import com.aerospike.client.async.NettyEventLoops;
import com.aerospike.client.cluster.Node;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;

/**
 * Reads records asynchronously. A caller that runs on one of the client's event loops reads on that loop, and the read
 * completes there, so a request never changes threads. The reads of other threads are distributed over the loops.
 */
final class RecordReader {
    private final NettyEventLoops loops;
    private final List<CoalescingReader<Node>> readers = new ArrayList<>();

    RecordReader(ConnectedCluster cluster) {
        this.loops = cluster.loops;
        for (NettyEventLoop loop : loops.getArray()) {
            readers.add(new CoalescingReader<>(new ClientLink(cluster, loop), cluster.settings.lookupDeadline()));
        }
    }

    /**
     * Reads a record. Never blocks.
     *
     * @param description names the record in the message of the {@link StoreException} that the read may fail with
     * @return completes with null if the record does not exist; fails with a {@link StoreException}
     */
    CompletableFuture<@Nullable Record> read(Key key, Supplier<String> description) {
        return readOnEventLoop(key).exceptionally(failure -> {
            throw new CompletionException(
                    StoreException.causeOf(failure) instanceof AerospikeException refused
                            ? ClusterFailures.toStoreException(refused, "reading " + description.get())
                            : new StoreUnavailableException("reading " + description.get() + " failed", failure));
        });
    }

    private CompletableFuture<@Nullable Record> readOnEventLoop(Key key) {
        // A CoalescingReader must be called on its own loop. There are a few loops, so a scan is cheaper than a map.
        for (NettyEventLoop loop : loops.getArray()) {
            if (loop.inEventLoop()) {
                return readers.get(loop.getIndex()).read(key);
            }
        }
        NettyEventLoop next = loops.next();
        return CompletableFuture.completedFuture(readers.get(next.getIndex()))
                .thenComposeAsync(reader -> reader.read(key), next::execute);
    }
}
