package dev.lineserver.store.aerospike;

import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.Key;
import com.aerospike.client.ResultCode;
import com.aerospike.client.async.NettyEventLoop;
import com.aerospike.client.async.NettyEventLoops;
import com.aerospike.client.listener.RecordListener;

/** Reads records on the caller's own event loop where it is one of the client's, else on the next. Never waits. */
final class RecordReads {
    private final Loops loops;
    private final NettyEventLoops all;
    private final LoopReader[] readers;
    private final RegistryRecord registry;

    RecordReads(Cluster cluster, RegistryRecord registry) {
        this.loops = cluster.loops;
        this.all = cluster.loops.all();
        this.registry = registry;
        this.readers = new LoopReader[all.getSize()];
        for (int i = 0; i < readers.length; i++) {
            readers[i] = cluster.settings.reads().coalesce()
                    ? new CoalescingReader(cluster, all.get(i))
                    : new SingleReader(cluster, all.get(i));
        }
    }

    void read(Key key, RecordListener listener) {
        onLoop(listener, loop -> readers[loop.getIndex()].read(key, listener));
    }

    void readRegistry(RecordListener listener) {
        onLoop(listener, loop -> LoopReader.guarded(listener, () -> registry.read(loop, listener)));
    }

    private void onLoop(RecordListener listener, Consumer<NettyEventLoop> read) {
        NettyEventLoop here = loops.current();
        if (here != null) {
            read.accept(here);
            return;
        }
        NettyEventLoop next = all.next();
        try {
            next.execute(() -> read.accept(next));
        } catch (RejectedExecutionException e) {
            listener.onFailure(new AerospikeException(ResultCode.CLIENT_ERROR, "the store is closed", e));
        }
    }
}
