package dev.lineserver.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithConverter;
import io.smallrye.config.WithDefault;

import dev.lineserver.store.aerospike.AerospikeSettings;

/** Which store to use. */
@ConfigMapping(prefix = "line-server")
public interface StoreConfig {
    /** Default of {@link #dataDir}, below the user's home directory. */
    String DATA_DIR = ".local/share/line-server";

    /** Default of {@link #aerospikeNamespace}. */
    String NAMESPACE = "lines";

    /** Default of {@link #aerospikeTimeout}. */
    String TIMEOUT_MILLIS = "1000";

    /** Default of {@link #aerospikeConnections}. */
    String CONNECTIONS = "300";

    /** Default of {@link #aerospikeReplica}. */
    String REPLICA = "sequence";

    /** Default of {@link #aerospikeCoalesce}. */
    String COALESCE = "true";

    /** Kind of store; by default the embedded one, unless an Aerospike cluster is named. */
    @WithConverter(Converters.StoreKind.class)
    Optional<Kind> store();

    /** Directory of the embedded store. */
    @WithConverter(Converters.Directory.class)
    Optional<Path> dataDir();

    /** Nodes of an Aerospike cluster to start from. */
    Optional<List<AerospikeSettings.@WithConverter(Converters.Node.class) Node>> aerospikeHosts();

    /** Namespace that holds the lines. */
    @WithDefault(NAMESPACE)
    String aerospikeNamespace();

    /** User, if the cluster asks for one. */
    Optional<String> aerospikeUser();

    /** Password of the user. Not an option, because anybody can read the arguments of a process. */
    Optional<String> aerospikePassword();

    /** Whether connections are encrypted. */
    @WithDefault("false")
    boolean aerospikeTls();

    /** Any other cluster is refused. */
    Optional<String> aerospikeClusterName();

    /** Longest that a lookup may take with all its attempts, in milliseconds. */
    @WithDefault(TIMEOUT_MILLIS)
    @WithConverter(Converters.Timeout.class)
    Duration aerospikeTimeout();

    /** Most connections to a node. */
    @WithDefault(CONNECTIONS)
    @WithConverter(Converters.Connections.class)
    int aerospikeConnections();

    /** Which copy of a record is asked. */
    @WithDefault(REPLICA)
    @WithConverter(Converters.Replica.class)
    String aerospikeReplica();

    /** Whether lookups that wait on one event loop travel as one batch. */
    @WithDefault(COALESCE)
    boolean aerospikeCoalesce();

    /** The stores there are. */
    enum Kind {
        /** On this machine. */
        EMBEDDED,
        /** In a cluster. */
        AEROSPIKE
    }

    /** The store that is named, or implied. */
    default Kind kind() {
        return store().orElse(aerospikeHosts().isPresent() ? Kind.AEROSPIKE : Kind.EMBEDDED);
    }

    /**
     * The directory of the embedded store.
     *
     * @throws InvalidSettingException if none is given and the user has no home directory
     */
    default Path directory() {
        return dataDir().orElseGet(() -> {
            String home = System.getProperty("user.home", "?");
            if (home.isBlank() || home.equals("?")) {
                throw new InvalidSettingException("this user has no home directory to keep data in;"
                        + " name a directory with --data-dir or LINE_SERVER_DATA_DIR");
            }
            return Path.of(home, DATA_DIR);
        });
    }
}
