package dev.lineserver.store.aerospike;

import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import com.aerospike.client.AerospikeClient;
import com.aerospike.client.AerospikeException;
import com.aerospike.client.Info;
import com.aerospike.client.ResultCode;
import com.aerospike.client.cluster.Node;
import io.netty.channel.EventLoopGroup;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

/** A connected cluster that has been found fit: its client, its event loops, and what its nodes say of themselves. */
final class Cluster implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Cluster.class.getName());

    /** Server 6.0 brought batch writes. */
    private static final int OLDEST_SERVER = 6;

    final AerospikeSettings settings;
    final Policies policies;
    final AerospikeClient client;
    final Loops loops;

    private Cluster(AerospikeSettings settings, AerospikeClient client, Loops loops) {
        this.settings = settings;
        this.policies = new Policies(settings);
        this.client = client;
        this.loops = loops;
    }

    static Cluster connect(AerospikeSettings settings, @Nullable EventLoopGroup shared) throws StoreException {
        Loops loops = Loops.over(shared);
        AerospikeClient client;
        try {
            client = ClientOpening.open(settings, loops);
        } catch (StoreException e) {
            loops.close();
            throw e;
        }
        Cluster cluster = new Cluster(settings, client, loops);
        try {
            cluster.check();
            return cluster;
        } catch (StoreException e) {
            cluster.close();
            throw e;
        }
    }

    /** Seed nodes, for messages. */
    String name() {
        return settings.hosts().stream().map(AerospikeSettings.Node::toString).collect(Collectors.joining(","));
    }

    List<Node> nodes() throws StoreException {
        Node[] nodes = client.getNodes();
        if (nodes.length == 0) {
            throw new StoreUnavailableException("no node of the Aerospike cluster " + name() + " answers any more");
        }
        return Arrays.asList(nodes);
    }

    /** Asks one node. */
    String info(Node node, String command) throws StoreException {
        try {
            String answer = Info.request(policies.info, node, command);
            return answer == null ? "" : answer;
        } catch (AerospikeException e) {
            throw ClusterFailures.of(e, "asking node " + node + " for " + command);
        }
    }

    /** Asks one node for {@code name=value} pairs. */
    Map<String, String> figures(Node node, String command) throws StoreException {
        return InfoText.pairs(info(node, command), ';');
    }

    /** What each node says of the namespace. */
    Map<Node, Map<String, String>> namespaceFigures() throws StoreException {
        Map<Node, Map<String, String>> all = new HashMap<>();
        for (Node node : nodes()) {
            all.put(node, figures(node, "namespace/" + settings.namespace()));
        }
        return all;
    }

    /** Copies of each record, in effect: less than configured if there are fewer nodes. */
    long replicationFactor() throws StoreException {
        return namespaceFigures().values().stream()
                .mapToLong(figures -> InfoText.number(figures, "effective_replication_factor", 1))
                .max()
                .orElse(1);
    }

    /** See {@link dev.lineserver.store.aerospike.registry.RegistryAccess#sets}. */
    Map<String, Long> copies() throws StoreException {
        Map<String, Long> copies = new HashMap<>();
        for (Node node : nodes()) {
            for (String line : InfoText.list(info(node, "sets/" + settings.namespace()))) {
                Map<String, String> figures = InfoText.pairs(line, ':');
                long objects = InfoText.number(figures, "objects", 0);
                boolean truncating = "true".equals(figures.get("truncating"));
                copies.merge(figures.getOrDefault("set", ""), truncating ? objects + 1 : objects, Long::sum);
            }
        }
        return copies;
    }

    /** Tells every node to forget the records of a set that are there now. Returns before they are gone. */
    void truncate(String set) throws StoreException {
        LOG.log(Level.DEBUG, "truncating set {0} of namespace {1}", set, settings.namespace());
        try {
            client.truncate(policies.info, settings.namespace(), set, null);
        } catch (AerospikeException e) {
            int code = e.getResultCode();
            String doing = "truncating set " + set + " of namespace " + settings.namespace();
            throw code == ResultCode.CLIENT_ERROR
                            && String.valueOf(e.getBaseMessage()).contains("ERROR:81")
                    ? ClusterFailures.of(ResultCode.ROLE_VIOLATION, doing, e)
                    : ClusterFailures.of(e, doing);
        }
    }

    private void check() throws StoreException {
        for (Node node : nodes()) {
            String build = info(node, "build");
            if (InfoText.majorVersion(build) < OLDEST_SERVER) {
                throw new StoreFailedException("Aerospike node " + node + " runs server " + build
                        + ", which cannot write batches: upgrade it to 6.0 or newer, or use another cluster");
            }
            List<String> namespaces = InfoText.list(info(node, "namespaces"));
            if (!namespaces.contains(settings.namespace())) {
                throw new StoreFailedException("Aerospike node " + node + " has no namespace '" + settings.namespace()
                        + "', only " + namespaces + ": correct the namespace setting, or configure it on every node");
            }
        }
    }

    @Override
    public void close() {
        client.close();
        loops.close();
    }
}
