package dev.lineserver.store.aerospike;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.IntFunction;
import java.util.function.Supplier;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.Record;
import com.aerospike.client.async.NettyEventLoop;
import com.aerospike.client.async.NettyEventLoops;
import com.aerospike.client.cluster.Node;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.ReadStatistics;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;

/**
 * Reads records asynchronously. A caller that runs on one of the client's event loops reads on that loop, and the read
 * completes there, so a request never changes threads. The reads of other threads are distributed over the loops.
 */
final class RecordReader {
    final ReadStatistics statistics = new ReadStatistics();
    private final NettyEventLoops loops;
    private final List<CoalescingReader<Node>> readers = new ArrayList<>();
    private final List<BatchReader> batchReaders = new ArrayList<>();

    /** Carries a failure to the end of all stages, without a stack trace: only its cause is ever reported. */
    private static final class FailedRead extends CompletionException {
        private static final long serialVersionUID = 1;

        private FailedRead(StoreException cause) {
            super(cause);
        }

        @Override
        public synchronized Throwable fillInStackTrace() {
            return this;
        }
    }

    RecordReader(ConnectedCluster cluster) {
        this.loops = cluster.loops;
        for (NettyEventLoop loop : loops.getArray()) {
            CoalescingReader<Node> reader = new CoalescingReader<>(
                    new ClientLink(cluster, loop), cluster.settings.lookupDeadline(), statistics);
            readers.add(reader);
            batchReaders.add(new BatchReader(cluster, loop, reader, statistics));
        }
    }

    /**
     * Reads a record or a part of it. Never blocks.
     *
     * @param description names the record in the message of the {@link StoreException} that the read may fail with
     * @return completes with null if the record does not exist; fails with a {@link StoreException}
     */
    CompletableFuture<@Nullable Record> read(ReadRequest request, Supplier<String> description) {
        return described(onEventLoop(loop -> readers.get(loop).read(request)), description);
    }

    /**
     * Reads many records, with one command to each node if no node fails. Never blocks.
     *
     * @param description names the records, as for {@link #read}
     * @return completes with a record for each request, in their order, null if it does not exist; fails with a
     *     {@link StoreException} if one of the records cannot be read
     */
    CompletableFuture<List<@Nullable Record>> readAll(List<ReadRequest> requests, Supplier<String> description) {
        return described(onEventLoop(loop -> batchReaders.get(loop).read(requests)), description);
    }

    private static <T extends @Nullable Object> CompletableFuture<T> described(
            CompletableFuture<T> read, Supplier<String> description) {
        return read.exceptionally(failure -> {
            throw new FailedRead(
                    StoreException.causeOf(failure) instanceof AerospikeException refused
                            ? ClusterFailures.toStoreException(refused, "reading " + description.get())
                            : new StoreUnavailableException("reading " + description.get() + " failed", failure));
        });
    }

    /** Calls a reader on its own event loop, as readers require, with the index of the loop. */
    private <T extends @Nullable Object> CompletableFuture<T> onEventLoop(IntFunction<CompletableFuture<T>> read) {
        // There are a few loops, so a scan is cheaper than a map.
        for (NettyEventLoop loop : loops.getArray()) {
            if (loop.inEventLoop()) {
                return read.apply(loop.getIndex());
            }
        }
        NettyEventLoop next = loops.next();
        return CompletableFuture.completedFuture(next.getIndex()).thenComposeAsync(read::apply, next::execute);
    }
}
