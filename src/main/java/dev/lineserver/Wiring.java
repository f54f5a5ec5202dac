package dev.lineserver;

import java.util.Arrays;
import java.util.List;

import io.netty.channel.EventLoopGroup;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.LineStore;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.aerospike.AerospikeSettings;
import dev.lineserver.store.aerospike.AerospikeSettings.Credentials;
import dev.lineserver.store.aerospike.AerospikeSettings.Node;
import dev.lineserver.store.aerospike.AerospikeSettings.Reads;
import dev.lineserver.store.aerospike.AerospikeSettings.Writes;
import dev.lineserver.store.aerospike.AerospikeStore;
import dev.lineserver.store.embedded.EmbeddedStore;

/** The only place that picks a store. */
public final class Wiring {
    private Wiring() {}

    /**
     * Opens the store that the settings name.
     *
     * @param eventLoops on which lookups come in; null where there are none
     */
    public static LineStore open(StoreSettings settings, @Nullable EventLoopGroup eventLoops) throws StoreException {
        return switch (settings.kind()) {
            case EMBEDDED -> EmbeddedStore.open(settings.dataDirectory(), eventLoops);
            case AEROSPIKE -> AerospikeStore.connect(aerospike(settings), eventLoops);
        };
    }

    private static AerospikeSettings aerospike(StoreSettings settings) throws StoreFailedException {
        StoreSettings.Cluster cluster = settings.cluster()
                .orElseThrow(() -> new StoreFailedException(
                        "no Aerospike cluster is named; name its nodes with --aerospike HOST:PORT[,HOST:PORT]"));
        try {
            return new AerospikeSettings(
                    nodes(cluster.hosts()),
                    cluster.namespace(),
                    cluster.user()
                            .map(user ->
                                    new Credentials(user, cluster.password().orElse("")))
                            .orElse(null),
                    cluster.tls(),
                    cluster.clusterName().orElse(null),
                    AerospikeSettings.DEFAULT_CONNECT_TIMEOUT,
                    cluster.connections(),
                    AerospikeSettings.DEFAULT_MAX_RECORD_BYTES,
                    Reads.of(cluster.timeout(), cluster.replica(), cluster.coalesce()),
                    Writes.DEFAULT);
        } catch (IllegalArgumentException e) {
            throw new StoreFailedException("the Aerospike settings are wrong: " + e.getMessage(), e);
        }
    }

    private static List<Node> nodes(String hosts) {
        return Arrays.stream(hosts.split(",", -1))
                .map(String::strip)
                .map(Node::parse)
                .toList();
    }
}
