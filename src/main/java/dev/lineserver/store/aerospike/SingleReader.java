package dev.lineserver.store.aerospike;

import com.aerospike.client.Key;
import com.aerospike.client.async.NettyEventLoop;
import com.aerospike.client.listener.RecordListener;

/** One command per record. */
final class SingleReader implements LoopReader {
    private final Cluster cluster;
    private final NettyEventLoop loop;

    SingleReader(Cluster cluster, NettyEventLoop loop) {
        this.cluster = cluster;
        this.loop = loop;
    }

    @Override
    public void read(Key key, RecordListener listener) {
        LoopReader.guarded(listener, () -> cluster.client.get(loop, listener, cluster.policies.read, key));
    }
}
