package dev.lineserver.store.aerospike;

import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * Which cluster, and the bounds on its use.
 *
 * @param hosts seed nodes, at least one; the others are learnt from them
 * @param namespace that holds all lines; it may hold other data too
 * @param credentials of a user with the right to read, write, and truncate; null if the cluster has no users
 * @param tls true to encrypt connections, with the JVM's trusted certificates
 * @param clusterName nodes of any other cluster are refused; null to accept any
 * @param connectionsPerNode for each of the two kinds, blocking and event-driven
 * @param lookupDeadline of a lookup with all its attempts
 * @param writes bounds on builds
 */
public record AerospikeSettings(
        List<SeedNode> hosts,
        String namespace,
        @Nullable Credentials credentials,
        boolean tls,
        @Nullable String clusterName,
        int connectionsPerNode,
        Duration lookupDeadline,
        WriteLimits writes) {

    private static final int DEFAULT_PORT = 3000;

    /**
     * A seed node.
     *
     * @param host name or address
     * @param port of its service
     * @param tlsName name in its certificate; null if that is the host's
     */
    public record SeedNode(String host, int port, @Nullable String tlsName) {
        private static final Pattern FORM = Pattern.compile(
                "(?<host>\\[[0-9A-Fa-f:.]+]|[^:\\[\\]\\s]+)(:(?<tls>[^:\\s]+))??(:(?<port>[0-9]{1,5}))?");

        /**
         * Reads {@code HOST}, {@code HOST:PORT} or {@code HOST:TLS-NAME:PORT}; an IPv6 address stands in brackets.
         *
         * @throws IllegalArgumentException if {@code text} is none of these
         */
        public static SeedNode parse(String text) {
            Matcher parts = FORM.matcher(text.strip());
            if (parts.matches()) {
                String given = parts.group("port");
                int port = given == null ? DEFAULT_PORT : Integer.parseInt(given);
                if (port >= 1 && port <= 65_535) {
                    return new SeedNode(parts.group("host").replaceAll("[\\[\\]]", ""), port, parts.group("tls"));
                }
            }
            throw new IllegalArgumentException(
                    "'" + text + "' is not an Aerospike host: HOST, HOST:PORT or HOST:TLS-NAME:PORT is");
        }

        @Override
        public String toString() {
            return host + ":" + port;
        }
    }

    /** A user of the cluster. Its text form leaves the password out. */
    public record Credentials(String user, String password) {
        @Override
        public String toString() {
            return user;
        }
    }

    /**
     * Bounds on builds.
     *
     * @param recordsPerBatch most records in a batch
     * @param attemptTimeout of one attempt at a batch; at most a third of the lease, under which it begins
     * @param deadline of a batch with all its attempts; a node may restart meanwhile
     * @param lease time for which a build that is not heard of keeps others off its dataset
     * @param grace time for which a superseded version is kept for readers to notice
     */
    public record WriteLimits(
            int recordsPerBatch, Duration attemptTimeout, Duration deadline, Duration lease, Duration grace) {
        /** Larger batches were no faster, of 1,000 records a fifth slower. Servers look for a new version twice a second. */
        public static final WriteLimits DEFAULT = new WriteLimits(
                5_000, Duration.ofSeconds(10), Duration.ofSeconds(60), Duration.ofSeconds(30), Duration.ofSeconds(5));
    }
}
