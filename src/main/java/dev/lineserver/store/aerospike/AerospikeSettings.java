package dev.lineserver.store.aerospike;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

import com.aerospike.client.policy.Replica;
import org.jspecify.annotations.Nullable;

/**
 * Which cluster, and how hard it may be leant on.
 *
 * @param hosts seed nodes, at least one; the others are learnt from them
 * @param namespace holds everything, beside whatever else is in it
 * @param credentials of a user allowed to read, write, and truncate; null where the cluster asks for none
 * @param tls whether connections are encrypted, with the JVM's trusted certificates
 * @param clusterName nodes of any other cluster are refused; null where any will do
 * @param connectTimeout for opening a connection, and for each administrative request
 * @param connectionsPerNode for each of the two kinds, blocking and event-driven
 * @param maxRecordBytes of a node that does not say its own {@code max-record-size}
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

    /** Long enough for a cluster in the next data centre, short enough for somebody who mistyped a host. */
    public static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(2);

    /** What a node grants one client without being asked to (a third of its {@code proto-fd-max}, 15,000). */
    public static final int DEFAULT_CONNECTIONS_PER_NODE = 300;

    /** {@code max-record-size} since server 7, unless configured. */
    public static final int DEFAULT_MAX_RECORD_BYTES = 1 << 20;

    public AerospikeSettings {
        if (hosts.isEmpty()) {
            throw new IllegalArgumentException("no Aerospike host is given: at least one HOST:PORT is needed");
        }
        hosts = List.copyOf(hosts);
    }

    /** Everything but the hosts as it is unless configured. */
    public static AerospikeSettings of(List<Node> hosts) {
        return new AerospikeSettings(
                hosts,
                DEFAULT_NAMESPACE,
                null,
                false,
                null,
                DEFAULT_CONNECT_TIMEOUT,
                DEFAULT_CONNECTIONS_PER_NODE,
                DEFAULT_MAX_RECORD_BYTES,
                Reads.DEFAULT,
                Writes.DEFAULT);
    }

    /**
     * A seed node.
     *
     * @param host name or address
     * @param port of its service
     * @param tlsName the name its certificate is to carry; null where it is the host's
     */
    public record Node(String host, int port, @Nullable String tlsName) {
        /**
         * Reads {@code HOST}, {@code HOST:PORT} or {@code HOST:TLS-NAME:PORT}; an IPv6 address stands in brackets.
         *
         * @throws IllegalArgumentException if {@code text} is none of these
         */
        public static Node parse(String text) {
            return SeedHosts.parse(text);
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
     * @param attemptTimeout after which a silent node is given up and another copy is asked
     * @param deadline of a lookup with all its attempts
     * @param retries after the first attempt
     * @param replica which copy of a record is asked
     * @param commandsInProcess per event loop; each takes a connection of its own
     * @param commandsQueued per event loop, beyond those; any more are refused at once
     * @param coalesce whether lookups that wait on the same event loop travel as one batch
     * @param keysPerBatch in such a batch
     * @param lookupsQueued per event loop, waiting for such a batch; any more are refused at once
     */
    public record Reads(
            Duration attemptTimeout,
            Duration deadline,
            int retries,
            Replica replica,
            int commandsInProcess,
            int commandsQueued,
            boolean coalesce,
            int keysPerBatch,
            int lookupsQueued) {
        /** A record is there within a millisecond or something is wrong; two further copies can be tried in a second. */
        public static final Reads DEFAULT = new Reads(
                Duration.ofMillis(350), Duration.ofSeconds(1), 2, Replica.SEQUENCE, 40, 1_000, true, 256, 4_096);

        /**
         * The usual bounds, but for what people set.
         *
         * @param deadline shared out evenly among the attempts
         * @param replica name of a {@link Replica}, in any case, with hyphens or underscores
         * @throws IllegalArgumentException where there is no such replica policy
         */
        public static Reads of(Duration deadline, String replica, boolean coalesce) {
            return new Reads(
                    deadline.dividedBy(DEFAULT.retries + 1L),
                    deadline,
                    DEFAULT.retries,
                    Replica.valueOf(replica.toUpperCase(Locale.ROOT).replace('-', '_')),
                    DEFAULT.commandsInProcess,
                    DEFAULT.commandsQueued,
                    coalesce,
                    DEFAULT.keysPerBatch,
                    DEFAULT.lookupsQueued);
        }
    }

    /**
     * Bounds on builds.
     *
     * @param recordsPerBatch most records in a batch
     * @param bytesPerBatch most bytes of lines in a batch, unless it is a single line
     * @param batchesFilled being filled at once, each with records of its share of the partitions
     * @param batchesInFlight being written at once; with those being filled, times {@code bytesPerBatch}, the memory they
     *     take
     * @param attemptTimeout of one attempt at a batch
     * @param deadline of a batch with all its attempts; a node may restart meanwhile
     * @param lease for which a build keeps others off its dataset without being heard of
     * @param grace for which a superseded version is kept for readers to move on
     */
    public record Writes(
            int recordsPerBatch,
            int bytesPerBatch,
            int batchesFilled,
            int batchesInFlight,
            Duration attemptTimeout,
            Duration deadline,
            Duration lease,
            Duration grace) {
        /** Batches as in decision 013. Servers look for a new version every second. */
        public static final Writes DEFAULT = new Writes(
                3_000,
                1 << 18,
                64,
                4,
                Duration.ofSeconds(10),
                Duration.ofSeconds(60),
                Duration.ofSeconds(30),
                Duration.ofSeconds(5));
    }
}
