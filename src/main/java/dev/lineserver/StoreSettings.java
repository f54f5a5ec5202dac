package dev.lineserver;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Which store to use.
 *
 * @param kind of store
 * @param dataDirectory of the embedded store
 * @param cluster that the Aerospike store uses; empty where none was named
 */
public record StoreSettings(Kind kind, Path dataDirectory, Optional<Cluster> cluster) {
    /** The stores there are. */
    public enum Kind {
        /** On this machine. */
        EMBEDDED,
        /** In a cluster. */
        AEROSPIKE
    }

    /**
     * An Aerospike cluster, in the words of options and properties.
     *
     * @param hosts {@code HOST:PORT}, separated by commas
     * @param namespace that holds the lines
     * @param user empty where the cluster asks for none
     * @param password of the user; never shown
     * @param tls whether connections are encrypted
     * @param clusterName empty where any cluster will do
     * @param timeout for a lookup with all its attempts
     * @param connections per node
     * @param replica which copy of a record is asked: {@code sequence}, {@code master}, {@code random} …
     * @param coalesce whether lookups that wait on one event loop travel as one batch
     */
    public record Cluster(
            String hosts,
            String namespace,
            Optional<String> user,
            Optional<String> password,
            boolean tls,
            Optional<String> clusterName,
            Duration timeout,
            int connections,
            String replica,
            boolean coalesce) {
        /** Leaves the password out. */
        @Override
        public String toString() {
            return hosts + "/" + namespace;
        }
    }
}
