package dev.lineserver.config;

import io.netty.channel.EventLoopGroup;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.LineStore;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.aerospike.AerospikeSettings;
import dev.lineserver.store.aerospike.AerospikeSettings.Credentials;
import dev.lineserver.store.aerospike.AerospikeSettings.Reads;
import dev.lineserver.store.aerospike.AerospikeSettings.Writes;
import dev.lineserver.store.aerospike.AerospikeStore;
import dev.lineserver.store.embedded.EmbeddedStore;

/** The only place that picks a store. */
public final class Stores {
    private Stores() {}

    /**
     * Opens the store that the settings name.
     *
     * @param eventLoops on which lookups come in; null if there are none
     */
    public static LineStore open(StoreConfig config, @Nullable EventLoopGroup eventLoops) throws StoreException {
        return switch (config.kind()) {
            case EMBEDDED -> EmbeddedStore.open(config.directory(), eventLoops);
            case AEROSPIKE -> AerospikeStore.connect(aerospike(config), eventLoops);
        };
    }

    private static AerospikeSettings aerospike(StoreConfig config) {
        return new AerospikeSettings(
                config.aerospikeHosts()
                        .orElseThrow(
                                () -> new InvalidSettingException(
                                        "no Aerospike cluster is named; name its nodes with --aerospike HOST:PORT[,HOST:PORT]")),
                config.aerospikeNamespace(),
                config.aerospikeUser()
                        .map(user ->
                                new Credentials(user, config.aerospikePassword().orElse("")))
                        .orElse(null),
                config.aerospikeTls(),
                config.aerospikeClusterName().orElse(null),
                AerospikeSettings.DEFAULT_CONNECT_TIMEOUT,
                config.aerospikeConnections(),
                AerospikeSettings.DEFAULT_MAX_RECORD_BYTES,
                Reads.of(config.aerospikeTimeout(), config.aerospikeReplica(), config.aerospikeCoalesce()),
                Writes.DEFAULT);
    }
}
