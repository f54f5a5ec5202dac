package dev.lineserver.store.aerospike;

import java.util.List;

import com.aerospike.client.AerospikeClient;
import com.aerospike.client.AerospikeException;
import com.aerospike.client.Host;
import com.aerospike.client.policy.AuthMode;
import com.aerospike.client.policy.ClientPolicy;
import com.aerospike.client.policy.TlsPolicy;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

/** Opens a client, and explains to an operator why it could not. */
final class ClientOpening {
    /** Interval of the client's checks of its cluster: a lost node is removed after about five of them. */
    private static final int TEND_INTERVAL_MILLIS = 1_000;

    /** Longer than the pause between bursts, shorter than {@code proto-fd-idle-ms} of old servers. */
    private static final int MAX_IDLE_SECONDS = 55;

    /** For commands in flight when the client is closed. The client would wait for them without end. */
    private static final int CLOSE_TIMEOUT_MILLIS = 1_000;

    /** ClusterFailures of one node within one tend interval after which it is not used until the next. */
    private static final int MAX_ERRORS_PER_TEND = 100;

    /** In the texts of the server's result codes, and of the client. */
    private static final List<String> REFUSALS_OF_USERS = List.of(
            "Invalid user",
            "Invalid password",
            "Invalid credential",
            "Password expired",
            "Security not",
            "Authentication failed",
            "Not authenticated");

    private ClientOpening() {}

    static AerospikeClient open(AerospikeSettings settings, Loops loops) throws StoreException {
        Host[] seeds = settings.hosts().stream()
                .map(node -> new Host(node.host(), node.tlsName(), node.port()))
                .toArray(Host[]::new);
        try {
            return new AerospikeClient(policy(settings, loops), seeds);
        } catch (AerospikeException e) {
            throw explain(e, settings);
        }
    }

    private static ClientPolicy policy(AerospikeSettings settings, Loops loops) {
        ClientPolicy policy = new ClientPolicy();
        policy.eventLoops = loops.all();
        policy.failIfNotConnected = true;
        policy.timeout = Policies.millis(Policies.CONNECT_TIMEOUT);
        policy.loginTimeout = policy.timeout;
        policy.tendInterval = TEND_INTERVAL_MILLIS;
        policy.maxSocketIdle = MAX_IDLE_SECONDS;
        policy.maxErrorRate = MAX_ERRORS_PER_TEND;
        policy.errorRateWindow = 1;
        policy.maxConnsPerNode = settings.connectionsPerNode();
        // Shared out among the loops: with fewer, a command within its bound would find no connection.
        policy.asyncMaxConnsPerNode = Math.max(
                settings.connectionsPerNode(),
                CoalescingReader.COMMANDS_PER_NODE * loops.all().getSize());
        policy.closeTimeout = CLOSE_TIMEOUT_MILLIS;
        policy.clusterName = settings.clusterName();
        policy.validateClusterName = settings.clusterName() != null;
        AerospikeSettings.Credentials credentials = settings.credentials();
        if (credentials != null) {
            policy.user = credentials.user();
            policy.password = credentials.password();
            policy.authMode = AuthMode.INTERNAL;
        }
        if (settings.tls()) {
            policy.tlsPolicy = new TlsPolicy();
        }
        return policy;
    }

    /** A failed connect carries the seeds' own failures as text only. */
    private static StoreException explain(AerospikeException e, AerospikeSettings settings) {
        String text = String.valueOf(e.getMessage());
        String hosts = settings.hosts().toString();
        if (text.contains("expected cluster name")) {
            return new StoreFailedException(
                    "the Aerospike nodes at " + hosts + " belong to another cluster: " + detail(text, "expected")
                            + ". Correct the cluster name setting, or the hosts",
                    e);
        }
        if (REFUSALS_OF_USERS.stream().anyMatch(text::contains)) {
            return new StoreFailedException(
                    "the Aerospike nodes at " + hosts + " refused the user '" + settings.credentials()
                            + "': check user and password, and whether the cluster has users at all"
                            + " (Community Edition has none)",
                    e);
        }
        if (text.contains("version <") || text.contains("requires server version")) {
            return new StoreFailedException(
                    "the Aerospike nodes at " + hosts + " are too old: upgrade the server to 6.0 or newer", e);
        }
        if (text.contains("not yet fully initialized")) {
            return new StoreUnavailableException(
                    "the Aerospike nodes at " + hosts + " are still starting: wait until they are up, then try again",
                    e);
        }
        return new StoreUnavailableException(
                "no Aerospike node is reachable at " + hosts + ": check host and port, that the node is up, that its"
                        + " access-address can be reached from here, and whether it wants TLS (" + detail(text, "")
                        + ")",
                e);
    }

    private static String detail(String text, String from) {
        String tail = text.substring(Math.max(0, text.indexOf(from)));
        return tail.strip().replaceAll("\\R+", " ");
    }
}
