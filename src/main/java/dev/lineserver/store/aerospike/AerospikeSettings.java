package dev.lineserver.store.aerospike;

import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * Names a cluster, and limits its use.
 *
 * @param hosts seed nodes, at least one; the client learns the other nodes from them
 * @param namespace holds all lines; it may hold other data too
 * @param credentials of a user with the roles read-write and truncate; null if the cluster has no users
 * @param tls true to encrypt connections; the nodes' certificates are checked against those that the JVM trusts
 * @param clusterName name that the nodes must report; null to accept any cluster
 * @param connectionsPerNode limit on connections to a node, for blocking and for asynchronous commands separately
 * @param lookupDeadline of a lookup, all attempts included
 * @param writes limits on builds
 * @param patience time for which requests other than lookups are repeated while nodes are away; zero if the caller repeats
 *     them
 */
public record AerospikeSettings(
        List<SeedNode> hosts,
        String namespace,
        @Nullable Credentials credentials,
        boolean tls,
        @Nullable String clusterName,
        int connectionsPerNode,
        Duration lookupDeadline,
        WriteLimits writes,
        Duration patience) {

    /**
     * The longest interval at which a server may look for new versions: then two looks fall into the grace, and a server
     * that misses one still holds a version before its lines are deleted.
     */
    public static final Duration MAX_CHECK_INTERVAL =
            WriteLimits.DEFAULT.grace().multipliedBy(2).dividedBy(5);

    private static final int DEFAULT_PORT = 3000;

    /**
     * A seed node.
     *
     * @param host name or address
     * @param port of its service
     * @param tlsName name in the certificate of the node; null if it is the host name
     */
    public record SeedNode(String host, int port, @Nullable String tlsName) {
        private static final Pattern FORM = Pattern.compile(
                "(?<host>\\[[0-9A-Fa-f:.]+]|[^:\\[\\]\\s]+)(:(?<tls>[^:\\s]+))??(:(?<port>[0-9]{1,5}))?");

        /**
         * Parses {@code HOST}, {@code HOST:PORT} or {@code HOST:TLS-NAME:PORT}; an IPv6 address must be in brackets.
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
            throw new IllegalArgumentException("'" + text
                    + "' is not an Aerospike host: use HOST, HOST:PORT or HOST:TLS-NAME:PORT; a port is 1 to 65535");
        }

        @Override
        public String toString() {
            return host + ":" + port;
        }
    }

    /** A user of the cluster. {@link #toString} omits the password, so that it cannot reach a log. */
    public record Credentials(String user, String password) {
        @Override
        public String toString() {
            return user;
        }
    }

    /**
     * Limits on builds.
     *
     * @param recordsPerBatch limit on the records of a batch
     * @param attemptTimeout of one attempt at a batch; at most a third of the lease, so that the attempt ends before
     *     the lease
     * @param deadline of a batch since the last progress of the build; long enough for a node to restart, unless it is the
     *     one that has the registry: then the lease ends the build after a third to two thirds of its duration
     * @param lease time after its last renewal for which a build excludes other builds of its dataset
     * @param grace time for which a superseded version is kept, so that servers notice the new version
     * @param lowPriority true to write one batch at a time, and to pause after each attempt for as long as it took
     */
    public record WriteLimits(
            int recordsPerBatch,
            Duration attemptTimeout,
            Duration deadline,
            Duration lease,
            Duration grace,
            boolean lowPriority) {
        /**
         * Measured: with ten times the records per batch, the native program took 1.7 times the CPU, because more objects
         * survived each collection. By default, servers check for a new version twice a second, so the grace leaves them
         * ten checks.
         */
        public static final WriteLimits DEFAULT = new WriteLimits(
                500,
                Duration.ofSeconds(10),
                Duration.ofSeconds(60),
                Duration.ofSeconds(30),
                Duration.ofSeconds(5),
                false);

        /** Returns these limits with the given priority. */
        public WriteLimits withLowPriority(boolean low) {
            return new WriteLimits(recordsPerBatch, attemptTimeout, deadline, lease, grace, low);
        }
    }
}
