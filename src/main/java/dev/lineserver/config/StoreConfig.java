package dev.lineserver.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;

import dev.lineserver.store.aerospike.AerospikeSettings;

/** Which store to use. */
@ConfigMapping(prefix = "line-server")
public interface StoreConfig {
    /** Kind of store; by default the embedded one, unless an Aerospike cluster is named. */
    Optional<Kind> store();

    /** Directory of the embedded store. */
    Optional<Path> dataDir();

    /** Nodes of an Aerospike cluster to start from. */
    Optional<List<AerospikeSettings.SeedNode>> aerospikeHosts();

    /** Namespace that holds the lines. */
    @WithDefault("lines")
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
    @WithDefault("1000")
    long aerospikeTimeout();

    /** Most connections to a node: far below its {@code proto-fd-max} of 15,000, so that many servers can share it. */
    @WithDefault("300")
    int aerospikeConnections();

    /** The stores there are. */
    enum Kind {
        /** On this machine. */
        EMBEDDED,
        /** In a cluster. */
        AEROSPIKE
    }
}
