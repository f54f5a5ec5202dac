package dev.lineserver.store.aerospike;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import com.aerospike.client.AerospikeClient;
import com.aerospike.client.AerospikeException;
import com.aerospike.client.Host;
import com.aerospike.client.Info;
import com.aerospike.client.async.EventLoopType;
import com.aerospike.client.async.EventPolicy;
import com.aerospike.client.async.NettyEventLoops;
import com.aerospike.client.cluster.Node;
import io.netty.channel.EventLoopGroup;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.aerospike.registry.RegistryAccess;

/** Holds the client of a cluster that was found usable, and its event loops, and asks the nodes for information. */
final class ConnectedCluster implements AutoCloseable {
    /** Batch writes need server 6.0. */
    private static final int OLDEST_SERVER = 6;

    /** 2010-01-01T00:00Z, from which nodes count the seconds of their clocks. */
    private static final long SERVER_EPOCH_SECONDS = 1_262_304_000;

    /** Resolution of the client's timeouts. */
    private static final int TIMER_TICK_MILLIS = 50;

    final AerospikeSettings settings;
    final Policies policies;
    final AerospikeClient client;
    final NettyEventLoops loops;

    /** Largest number of nodes that the cluster has had since this process connected to it. */
    private final AtomicInteger mostNodes = new AtomicInteger();

    private ConnectedCluster(AerospikeSettings settings, AerospikeClient client, NettyEventLoops loops) {
        this.settings = settings;
        this.policies = new Policies(settings);
        this.client = client;
        this.loops = loops;
    }

    static ConnectedCluster connect(AerospikeSettings settings, EventLoopGroup group) throws StoreException {
        EventPolicy policy = new EventPolicy();
        // 0 means unlimited. CoalescingReader bounds commands per node; a common bound would let one node delay the
        // others.
        policy.maxCommandsInProcess = 0;
        policy.minTimeout = TIMER_TICK_MILLIS;
        NettyEventLoops loops = new NettyEventLoops(policy, group, typeOf(group));
        Host[] seeds = settings.hosts().stream()
                .map(node -> new Host(node.host(), node.tlsName(), node.port()))
                .toArray(Host[]::new);
        ConnectedCluster cluster = new ConnectedCluster(settings, client(settings, loops, seeds), loops);
        try {
            cluster.repeat(() -> {
                cluster.requireUsable();
                return true;
            });
            return cluster;
        } catch (StoreException | RuntimeException | Error e) {
            cluster.close();
            throw e;
        }
    }

    /**
     * Waits for nodes that are starting, or have not noticed that the others are dead. A cluster of which no node can be
     * reached is not waited for: its address may be wrong.
     */
    private static AerospikeClient client(AerospikeSettings settings, NettyEventLoops loops, Host[] seeds)
            throws StoreException {
        Attempts attempts = new Attempts(settings.patience(), 1);
        while (true) {
            try {
                return new AerospikeClient(Policies.client(settings, loops), seeds);
            } catch (AerospikeException e) {
                StoreException failure = ClusterFailures.connectFailure(e, settings);
                if (!ClusterFailures.isForming(e)) {
                    throw failure;
                }
                attempts.awaitNext(failure);
            }
        }
    }

    /** Repeats a request while nodes are away, as the settings say. */
    <T> T repeat(Attempts.Request<T> request) throws StoreException {
        return new Attempts(settings.patience(), 1).repeat(request);
    }

    /** Compares names, because the classes of native transports may be absent. */
    private static EventLoopType typeOf(EventLoopGroup group) {
        String transport = group.getClass().getSimpleName().replace("EventLoopGroup", "");
        return EventLoopType.valueOf("NETTY_" + transport.toUpperCase(Locale.ROOT));
    }

    List<Node> nodes() throws StoreException {
        Node[] nodes = client.getNodes();
        if (nodes.length == 0) {
            throw new StoreUnavailableException("no node of the Aerospike cluster at " + settings.hosts()
                    + " answers any more: check that the nodes are up and that this machine reaches them");
        }
        return Arrays.asList(nodes);
    }

    /** Remembers the number of nodes, for {@link #requireWhole}. Called at each read of the registry. */
    void countNodes() {
        int _ = mostNodes.accumulateAndGet(client.getNodes().length, Math::max);
    }

    /**
     * Fails if the cluster may have records that it reports as missing. It does so, unless it has strong consistency, while
     * all nodes with a copy of a record are away, and then until the nodes have exchanged their records.
     *
     * @param earlier number of nodes that the cluster has had before this process connected to it; 0 if it is unknown
     * @throws StoreUnavailableException if the cluster is smaller than it was, or is exchanging records, or a node does not
     *     answer
     */
    void requireWhole(int earlier) throws StoreException {
        countNodes();
        int most = Math.max(earlier, mostNodes.get());
        int present = nodes().size();
        for (Node node : nodes()) {
            // The nodes notice a loss earlier than the client.
            String size = infoPairs(node, "statistics").getOrDefault("cluster_size", "");
            present = size.matches("\\d{1,9}") ? Math.min(present, Integer.parseInt(size)) : present;
        }
        if (present < most) {
            throw new StoreUnavailableException(
                    (most - present) + " of " + most + " nodes of the Aerospike cluster are away");
        }
        if (namespaceState().migrating()) {
            throw new StoreUnavailableException("the nodes of the Aerospike cluster are exchanging records");
        }
    }

    /** Sends an info command to one node. */
    String info(Node node, String command) throws StoreException {
        try {
            String answer = Info.request(policies.info, node, command);
            return answer == null ? "" : answer;
        } catch (AerospikeException e) {
            throw ClusterFailures.toStoreException(e, "asking node " + node + " for " + command);
        }
    }

    /** Sends an info command to one node that answers with {@code name=value} pairs. */
    Map<String, String> infoPairs(Node node, String command) throws StoreException {
        return parsePairs(info(node, command), ';');
    }

    /** Returns the configuration and statistics of the namespace, of each node. */
    Map<Node, Map<String, String>> namespaceInfo() throws StoreException {
        Map<Node, Map<String, String>> all = new HashMap<>();
        for (Node node : nodes()) {
            all.put(node, infoPairs(node, "namespace/" + settings.namespace()));
        }
        return all;
    }

    /** Returns what the nodes report about the namespace as a whole. */
    RegistryAccess.NamespaceState namespaceState() throws StoreException {
        long time = Long.MAX_VALUE;
        long copies = 1;
        boolean acceptsWrites = true;
        boolean migrating = false;
        for (Map<String, String> figures : namespaceInfo().values()) {
            time = Math.min(time, seconds(figures));
            // It is less than configured if there are fewer nodes.
            copies = Math.max(copies, longValue(figures, "effective_replication_factor", 1));
            acceptsWrites &= !"true".equals(figures.get("stop_writes"));
            migrating |= longValue(figures, "migrate_tx_partitions_remaining", 0) > 0
                    || longValue(figures, "migrate_rx_partitions_remaining", 0) > 0;
        }
        return new RegistryAccess.NamespaceState(TimeUnit.SECONDS.toMillis(time), copies, acceptsWrites, migrating);
    }

    /** Returns the time of a node, in seconds since 1970, from its figures of a namespace. */
    static long seconds(Map<String, String> figures) {
        return SERVER_EPOCH_SECONDS + longValue(figures, "current_time", 0);
    }

    /** Parses the answer of an info command: {@code a=1;b=2}. */
    static Map<String, String> parsePairs(String text, char separator) {
        Map<String, String> pairs = new LinkedHashMap<>();
        for (String pair : text.split(String.valueOf(separator), -1)) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                pairs.put(pair.substring(0, equals), pair.substring(equals + 1));
            }
        }
        return pairs;
    }

    /** Parses the answer of an info command: {@code a;b;c}. */
    static List<String> parseList(String text) {
        return Stream.of(text.strip().split(";", -1)).filter(s -> !s.isEmpty()).toList();
    }

    /** Returns the number of that name, or {@code defaultValue} if there is none. */
    static long longValue(Map<String, String> pairs, String name, long defaultValue) {
        String text = pairs.getOrDefault(name, "");
        return text.matches("\\d{1,18}") ? Long.parseLong(text) : defaultValue;
    }

    private void requireUsable() throws StoreException {
        for (Node node : nodes()) {
            if (node.getServerVersion().isLessThan(OLDEST_SERVER, 0, 0, 0)) {
                throw new StoreFailedException("Aerospike node " + node + " runs server " + node.getServerVersion()
                        + ", which cannot write batches: upgrade it to 6.0 or newer, or use another cluster");
            }
            List<String> namespaces = parseList(info(node, "namespaces"));
            if (!namespaces.contains(settings.namespace())) {
                throw new StoreFailedException("Aerospike node " + node + " has no namespace '" + settings.namespace()
                        + "', only " + namespaces + ": correct the namespace setting, or configure it on every node");
            }
        }
    }

    /** Closes the client only. Closing {@link #loops} would shut the event loops down, which belong to the caller. */
    @Override
    public void close() {
        client.close();
    }
}
