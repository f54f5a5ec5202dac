package dev.lineserver.http;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

import dev.lineserver.StoreSettings;

/** What to serve, from which store, where. The command line has the same settings, under the same names. */
@ConfigMapping(prefix = "line-server")
interface ServeConfig {
    /** Kind of store; by default the embedded one, unless an Aerospike cluster is named. */
    Optional<StoreSettings.Kind> store();

    /** Directory of the embedded store. */
    @WithDefault("${user.home}/.local/share/line-server")
    Path dataDir();

    /** The dataset that {@code /lines} answers from. */
    @WithDefault("default")
    String dataset();

    /** Number of the first line, 0 or 1. */
    @WithDefault("1")
    int firstLineNumber();

    /** Address to listen on. */
    @WithDefault("127.0.0.1")
    String host();

    /** Port to listen on. */
    @WithDefault("8080")
    int port();

    /** Nodes of an Aerospike cluster, {@code HOST:PORT}, separated by commas. */
    Optional<String> aerospikeHosts();

    /** Namespace that holds the lines. */
    @WithDefault("lines")
    String aerospikeNamespace();

    /** User, where the cluster asks for one. */
    Optional<String> aerospikeUser();

    /** Password of the user. */
    Optional<String> aerospikePassword();

    /** Whether connections are encrypted. */
    @WithDefault("false")
    boolean aerospikeTls();

    /** Any other cluster is refused. */
    Optional<String> aerospikeClusterName();

    /** Longest a lookup may take, in milliseconds. */
    @WithDefault("1000")
    long aerospikeTimeout();

    /** Most connections to a node. */
    @WithDefault("300")
    int aerospikeConnections();

    /** Which copy of a line is asked. */
    @WithDefault("sequence")
    String aerospikeReplica();

    /** Whether lookups that wait together travel as one batch. */
    @WithDefault("true")
    boolean aerospikeCoalesce();

    default StoreSettings settings() {
        Optional<StoreSettings.Cluster> cluster = aerospikeHosts()
                .map(hosts -> new StoreSettings.Cluster(
                        hosts,
                        aerospikeNamespace(),
                        aerospikeUser(),
                        aerospikePassword(),
                        aerospikeTls(),
                        aerospikeClusterName(),
                        Duration.ofMillis(aerospikeTimeout()),
                        aerospikeConnections(),
                        aerospikeReplica(),
                        aerospikeCoalesce()));
        StoreSettings.Kind implied = cluster.isPresent() ? StoreSettings.Kind.AEROSPIKE : StoreSettings.Kind.EMBEDDED;
        return new StoreSettings(store().orElse(implied), dataDir(), cluster);
    }
}
