package dev.lineserver.store.aerospike;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import com.aerospike.client.policy.Replica;
import org.jspecify.annotations.Nullable;

/**
 * Which cluster, and the bounds on its use.
 *
 * @param hosts seed nodes, at least one; the others are learnt from them
 * @param namespace that holds all lines; it may hold other data too
 * @param credentials of a user with the right to read, write, and truncate; null if the cluster has no users
 * @param tls true to encrypt connections, with the JVM's trusted certificates
 * @param clusterName nodes of any other cluster are refused; null to accept any
 * @param connectTimeout for opening a connection, and for each administrative request
 * @param connectionsPerNode for each of the two kinds, blocking and event-driven
 * @param maxRecordBytes of a node that does not report its own {@code max-record-size}
 * @param reads bounds on lookups
 * @param writes bounds on builds
 */
public record AerospikeSettings(
        List<Node> hosts,
        String namespace,
        @Nullable Credentials credentials,
        boolean tls,
        @Nullable String clusterName,
        Duration connectTimeout,
        int connectionsPerNode,
        int maxRecordBytes,
        Reads reads,
        Writes writes) {

    public static final String DEFAULT_NAMESPACE = "lines";
    public static final int DEFAULT_PORT = 3000;

    /** Long enough for a cluster in the next data centre, short enough after a mistyped host. */
    public static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(2);

    /** Far below a node's {@code proto-fd-max} of 15,000, so that many servers can share it. */
    public static final int DEFAULT_CONNECTIONS_PER_NODE = 300;

    public static final int FEWEST_CONNECTIONS_PER_NODE = 1;
    public static final int MOST_CONNECTIONS_PER_NODE = 100_000;

    /** {@code max-record-size} since server 7, unless configured. */
    public static final int DEFAULT_MAX_RECORD_BYTES = 1 << 20;

    public AerospikeSettings {
        if (hosts.isEmpty()) {
            throw new IllegalArgumentException("no Aerospike host is given: at least one HOST:PORT is needed");
        }
        requireWithin(
                "number of Aerospike connections per node",
                connectionsPerNode,
                FEWEST_CONNECTIONS_PER_NODE,
                MOST_CONNECTIONS_PER_NODE,
                "");
        hosts = List.copyOf(hosts);
    }

    private static void requireWithin(String name, long value, long least, long most, String unit) {
        if (value < least || value > most) {
            throw new IllegalArgumentException(
                    "the " + name + " is " + value + unit + ": it must be from " + least + " to " + most + unit);
        }
    }

    /**
     * A seed node.
     *
     * @param host name or address
     * @param port of its service
     * @param tlsName name in its certificate; null if that is the host's
     */
    public record Node(String host, int port, @Nullable String tlsName) {
        private static final Pattern FORM = Pattern.compile(
                "(?<host>\\[[0-9A-Fa-f:.]+]|[^:\\[\\]\\s]+)(:(?<tls>[^:\\s]+))??(:(?<port>[0-9]{1,5}))?");

        /**
         * Reads {@code HOST}, {@code HOST:PORT} or {@code HOST:TLS-NAME:PORT}; an IPv6 address stands in brackets.
         *
         * @throws IllegalArgumentException if {@code text} is none of these
         */
        public static Node parse(String text) {
            Matcher parts = FORM.matcher(text.strip());
            if (!parts.matches()) {
                throw notAHost(text);
            }
            String host = parts.group("host").replaceAll("[\\[\\]]", "");
            String port = parts.group("port");
            int number = port == null ? DEFAULT_PORT : Integer.parseInt(port);
            if (number < 1 || number > 65_535) {
                throw notAHost(text);
            }
            return new Node(host, number, parts.group("tls"));
        }

        private static IllegalArgumentException notAHost(String text) {
            return new IllegalArgumentException(
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
     * Bounds on lookups.
     *
     * @param deadline of a lookup with all its attempts
     * @param patience after which a node that has not answered is suspect, and another copy is asked as well
     * @param replica order in which the copies of a record are asked; {@code PREFER_RACK} is {@code SEQUENCE} here
     * @param coalesce true to send lookups that wait for the same node as one batch
     * @param lookupsQueued per node and event loop; any more are refused at once
     */
    public record Reads(Duration deadline, Duration patience, Replica replica, boolean coalesce, int lookupsQueued) {
        public static final Duration SHORTEST_DEADLINE = Duration.ofMillis(10);
        public static final Duration LONGEST_DEADLINE = Duration.ofMinutes(10);

        /** Most nodes asked for one line, one after the other. */
        static final int ATTEMPTS = 3;

        private static final int KEYS_PER_BATCH = 256;

        /** Each takes a connection. */
        private static final int SINGLE_COMMANDS_PER_NODE = 40;

        /** Many times what a busy node takes, and short enough that few requests wait when a node falls silent. */
        private static final Duration LONGEST_PATIENCE = Duration.ofMillis(75);

        public static final Reads DEFAULT =
                new Reads(Duration.ofSeconds(1), LONGEST_PATIENCE, Replica.SEQUENCE, true, 4_096);

        public Reads {
            requireWithin(
                    "timeout of Aerospike lookups",
                    deadline.toMillis(),
                    SHORTEST_DEADLINE.toMillis(),
                    LONGEST_DEADLINE.toMillis(),
                    " ms");
            Duration half = deadline.dividedBy(2L * ATTEMPTS);
            patience = patience.compareTo(half) < 0 ? patience : half;
        }

        /**
         * The default bounds, except for the settings that users have.
         *
         * @param replica name of a {@link Replica}, in any case, with hyphens or underscores
         * @throws IllegalArgumentException if there is no such replica policy, or the deadline is out of bounds
         */
        public static Reads of(Duration deadline, String replica, boolean coalesce) {
            Replica order = Replica.valueOf(replica.toUpperCase(Locale.ROOT).replace('-', '_'));
            return new Reads(deadline, LONGEST_PATIENCE, order, coalesce, DEFAULT.lookupsQueued);
        }

        /** Most commands in flight to one node from one event loop: one on its way there while the other is on its way back. */
        int commandsPerNode() {
            return coalesce ? 2 : SINGLE_COMMANDS_PER_NODE;
        }

        int keysPerCommand() {
            return coalesce ? KEYS_PER_BATCH : 1;
        }

        /** For one command. The client takes 0 for no timeout at all. */
        int attemptMillis() {
            return Math.toIntExact(Math.max(1, deadline.toMillis() / ATTEMPTS));
        }
    }

    /**
     * Bounds on builds.
     *
     * @param recordsPerBatch most records in a batch
     * @param bytesPerBatch most bytes of lines in a batch, unless it is a single line
     * @param batchesInFlight being written at once; with the one being filled, times {@code bytesPerBatch}, their memory
     * @param attemptTimeout of one attempt at a batch; at most a third of the lease, under which it begins
     * @param deadline of a batch with all its attempts; a node may restart meanwhile
     * @param lease time for which a build that is not heard of keeps others off its dataset
     * @param grace time for which a superseded version is kept for readers to notice
     */
    public record Writes(
            int recordsPerBatch,
            int bytesPerBatch,
            int batchesInFlight,
            Duration attemptTimeout,
            Duration deadline,
            Duration lease,
            Duration grace) {
        /** Larger batches were no faster, of 1,000 records a fifth slower. Servers look for a new version twice a second. */
        public static final Writes DEFAULT = new Writes(
                5_000,
                1 << 19,
                4,
                Duration.ofSeconds(10),
                Duration.ofSeconds(60),
                Duration.ofSeconds(30),
                Duration.ofSeconds(5));
    }
}
