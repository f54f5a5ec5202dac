package dev.lineserver.store.aerospike;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReferenceArray;

import com.aerospike.client.BatchRead;
import com.aerospike.client.Key;
import com.aerospike.client.async.AsyncBatch;
import com.aerospike.client.async.AsyncBatchExecutor;
import com.aerospike.client.async.AsyncBatchSingle;
import com.aerospike.client.async.AsyncCommand;
import com.aerospike.client.async.NettyEventLoop;
import com.aerospike.client.cluster.Node;
import com.aerospike.client.cluster.Partition;
import com.aerospike.client.cluster.Partitions;
import com.aerospike.client.command.BatchNode;
import com.aerospike.client.listener.BatchListListener;
import org.jspecify.annotations.Nullable;

/**
 * Sends commands to nodes that {@link CoalescingReader} chooses. {@code AerospikeClient.get} cannot be used for that:
 * it prefers the master replica, and it completes a batch only when all nodes have answered, so that a silent node
 * would delay the lines of the others. This class assembles commands of one node from the same parts as {@code get}
 * does.
 *
 * <p>One instance per event loop. The client completes these commands on the event loop that they were created with.
 */
final class ClientLink implements NodeLink<Node> {
    private final ConnectedCluster cluster;
    private final com.aerospike.client.cluster.Cluster nodes;
    private final NettyEventLoop loop;
    private final String namespace;

    ClientLink(ConnectedCluster cluster, NettyEventLoop loop) {
        this.cluster = cluster;
        this.nodes = cluster.client.getCluster();
        this.loop = loop;
        this.namespace = cluster.settings.namespace();
    }

    @Override
    public int replicaCount() {
        Partitions partitions = nodes.partitionMap.get(namespace);
        return partitions == null ? 1 : partitions.replicas.length;
    }

    /**
     * {@inheritDoc} The client's tend thread replaces the partition map when the cluster changes, possibly between
     * {@link #replicaCount} and this call; so the replica may no longer exist.
     */
    @Override
    public @Nullable Node node(Key key, int replica) {
        Partitions partitions = nodes.partitionMap.get(namespace);
        AtomicReferenceArray<Node>[] replicas = partitions == null ? null : partitions.replicas;
        if (replicas == null || replica >= replicas.length) {
            return null;
        }
        Node node = replicas[replica].get(Partition.getPartitionId(key.digest));
        // A removed node stays in the map until the other nodes have reported its partitions as theirs.
        return node != null && node.isActive() ? node : null;
    }

    @Override
    public boolean isActive(Node node) {
        return node.isActive();
    }

    @Override
    public void send(Node node, List<BatchRead> reads, BatchListListener listener) {
        AsyncBatchExecutor executor = new AsyncBatchExecutor.ReadList(loop, nodes, listener, reads);
        AsyncCommand command;
        if (reads.size() == 1) {
            // One key travels as an ordinary read, which is smaller and cheaper for the node than a batch of one.
            command = new AsyncBatchSingle.Read(executor, nodes, cluster.policies.lineRead, reads.getFirst(), node);
        } else {
            // Lists indices of reads; the constructor adds the first, 0.
            BatchNode batch = new BatchNode(node, reads.size(), 0);
            for (int i = 1; i < reads.size(); i++) {
                batch.addKey(i);
            }
            command = new AsyncBatch.ReadListCommand(executor, batch, cluster.policies.lineRead, reads);
        }
        executor.execute(new AsyncCommand[] {command});
    }

    /** {@inheritDoc} Netty runs tasks that the loop submits to itself after it has processed the sockets. */
    @Override
    public void atEndOfIteration(Runnable task) {
        loop.execute(task);
    }

    @Override
    public void schedule(long millis, Runnable task) {
        loop.schedule(task, millis, TimeUnit.MILLISECONDS);
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }
}
