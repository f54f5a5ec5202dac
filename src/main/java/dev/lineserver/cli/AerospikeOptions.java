package dev.lineserver.cli;

import java.time.Duration;
import java.util.Optional;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

import dev.lineserver.StoreSettings;

/** Which Aerospike cluster. */
final class AerospikeOptions {
    @Option(
            names = "--aerospike",
            descriptionKey = "aerospike-hosts",
            paramLabel = "HOST:PORT[,…]",
            description = "Nodes of an Aerospike cluster to start from; implies --store aerospike."
                    + " Also LINE_SERVER_AEROSPIKE_HOSTS.")
    @Nullable
    String hosts;

    @Option(
            names = "--aerospike-namespace",
            paramLabel = "NAME",
            description = "Namespace that holds the lines. Default: ${DEFAULT-VALUE}",
            defaultValue = "lines")
    String namespace;

    @Option(
            names = "--aerospike-user",
            paramLabel = "USER",
            description = "User, where the cluster asks for one; the password is read from"
                    + " LINE_SERVER_AEROSPIKE_PASSWORD.")
    @Nullable
    String user;

    @Option(names = "--aerospike-tls", description = "Encrypt connections.")
    boolean tls;

    @Option(names = "--aerospike-cluster-name", paramLabel = "NAME", description = "Refuse any other cluster.")
    @Nullable
    String clusterName;

    @Option(
            names = "--aerospike-timeout",
            paramLabel = "MILLIS",
            description = "Longest a lookup may take, in milliseconds. Default: ${DEFAULT-VALUE}",
            defaultValue = "1000")
    long timeoutMillis;

    @Option(
            names = "--aerospike-connections",
            paramLabel = "N",
            description = "Most connections to a node. Default: ${DEFAULT-VALUE}",
            defaultValue = "300")
    int connections;

    @Option(
            names = "--aerospike-replica",
            paramLabel = "POLICY",
            description = "Which copy of a line is asked: sequence, master, master-proles, prefer-rack or random."
                    + " Default: ${DEFAULT-VALUE}",
            defaultValue = "sequence")
    String replica;

    @Option(
            names = "--aerospike-coalesce",
            paramLabel = "true|false",
            arity = "1",
            description = "Send lookups that wait together as one batch. Default: ${DEFAULT-VALUE}",
            defaultValue = "true")
    boolean coalesce;

    Optional<StoreSettings.Cluster> cluster() {
        return Optional.ofNullable(hosts)
                .map(given -> new StoreSettings.Cluster(
                        given,
                        namespace,
                        Optional.ofNullable(user),
                        password(),
                        tls,
                        Optional.ofNullable(clusterName),
                        Duration.ofMillis(timeoutMillis),
                        connections,
                        replica,
                        coalesce));
    }

    private static Optional<String> password() {
        return Optional.ofNullable(System.getProperty("line-server.aerospike-password"))
                .or(() -> Optional.ofNullable(System.getenv("LINE_SERVER_AEROSPIKE_PASSWORD")));
    }
}
