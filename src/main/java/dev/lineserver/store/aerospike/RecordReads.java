package dev.lineserver.store.aerospike;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.ResultCode;
import com.aerospike.client.async.NettyEventLoop;
import com.aerospike.client.cluster.Node;
import com.aerospike.client.listener.RecordListener;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.aerospike.registry.Registry;
import dev.lineserver.store.aerospike.registry.RegistryForm;

/** Reads records on the caller's own event loop if it is one of the client's, else on the next one. Never blocks. */
final class RecordReads {
    private final Loops loops;
    private final List<CoalescingReader<Node>> readers = new ArrayList<>();
    private final RegistryRecord registry;

    RecordReads(Cluster cluster, RegistryRecord registry) {
        this.loops = cluster.loops;
        this.registry = registry;
        for (NettyEventLoop loop : loops.all().getArray()) {
            readers.add(new CoalescingReader<>(new ClientLink(cluster, loop), cluster.settings.reads()));
        }
    }

    void read(Key key, RecordListener listener) {
        onLoop(listener, loop -> readers.get(loop.getIndex()).read(key, listener));
    }

    /** Reads the registry; fails with a {@link dev.lineserver.store.StoreException}. */
    CompletableFuture<Registry> readRegistry() {
        RegistryRead read = new RegistryRead();
        onLoop(read, loop -> registry.read(loop, read));
        return read;
    }

    private void onLoop(RecordListener listener, Consumer<NettyEventLoop> read) {
        NettyEventLoop here = loops.current();
        if (here != null) {
            guarded(listener, read, here);
            return;
        }
        NettyEventLoop next = loops.all().next();
        try {
            next.execute(() -> guarded(listener, read, next));
        } catch (RejectedExecutionException e) {
            listener.onFailure(new AerospikeException(ResultCode.CLIENT_ERROR, "the store is closed", e));
        }
    }

    /** The client reports some refusals by throwing and others by calling; this makes all of them calls. */
    private static void guarded(RecordListener listener, Consumer<NettyEventLoop> read, NettyEventLoop loop) {
        try {
            read.accept(loop);
        } catch (AerospikeException e) {
            listener.onFailure(e);
        } catch (RuntimeException | Error e) {
            listener.onFailure(new AerospikeException(ResultCode.CLIENT_ERROR, String.valueOf(e), e));
        }
    }

    private static final class RegistryRead extends CompletableFuture<Registry> implements RecordListener {
        @Override
        public void onSuccess(Key key, @Nullable Record record) {
            try {
                complete(RegistryForm.fromRecord(record));
            } catch (StoreFailedException e) {
                completeExceptionally(e);
            }
        }

        @Override
        public void onFailure(AerospikeException failure) {
            completeExceptionally(ClusterFailures.of(failure, "reading the registry"));
        }
    }
}
