package dev.lineserver.store.aerospike;

import java.time.Duration;

import com.aerospike.client.async.NettyEventLoops;
import com.aerospike.client.policy.AuthMode;
import com.aerospike.client.policy.BatchPolicy;
import com.aerospike.client.policy.BatchWritePolicy;
import com.aerospike.client.policy.ClientPolicy;
import com.aerospike.client.policy.CommitLevel;
import com.aerospike.client.policy.GenerationPolicy;
import com.aerospike.client.policy.InfoPolicy;
import com.aerospike.client.policy.Policy;
import com.aerospike.client.policy.ReadModeAP;
import com.aerospike.client.policy.RecordExistsAction;
import com.aerospike.client.policy.Replica;
import com.aerospike.client.policy.TlsPolicy;
import com.aerospike.client.policy.WritePolicy;

/** The policies of all commands. Nothing that matters is left to the client's defaults. */
final class Policies {
    /**
     * For opening a connection, and for each administrative request: long enough for a cluster in the next data centre, short
     * enough after a mistyped host.
     */
    static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

    /** Interval of the client's checks of its cluster: a lost node is removed after about five of them. */
    private static final int TEND_INTERVAL_MILLIS = 1_000;

    /** Longer than the pause between bursts, shorter than {@code proto-fd-idle-ms} of old servers. */
    private static final int MAX_IDLE_SECONDS = 55;

    /** For commands in flight when the client is closed. The client would wait for them without end. */
    private static final int CLOSE_TIMEOUT_MILLIS = 1_000;

    /** Failures of one node within one tend interval after which it is not used until the next. */
    private static final int MAX_ERRORS_PER_TEND = 100;

    private static final int NEVER_EXPIRES = -1;

    /** So that a retry after a refused connection does not spin. */
    private static final int SLEEP_BETWEEN_RETRIES_MILLIS = 5;

    /** For checks of what is stored, which are repeated rather than failed. */
    private static final int EXISTS_RETRIES = 5;

    /** One attempt at one node: {@link CoalescingReader} decides on retries. */
    final BatchPolicy lineRead;

    final BatchPolicy batchWrite;
    final BatchPolicy batchExists;
    final BatchWritePolicy lineWrite;
    final Policy registryRead;
    final InfoPolicy info;

    Policies(AerospikeSettings settings) {
        AerospikeSettings.WriteLimits writes = settings.writes();
        // At least 1: the client takes 0 for no timeout at all.
        Duration attempt =
                Duration.ofMillis(Math.max(1, settings.lookupDeadline().toMillis() / CoalescingReader.MAX_ATTEMPTS));
        lineRead = batch(attempt, attempt, 0);
        lineRead.connectTimeout = millis(attempt);
        batchWrite = batch(writes.attemptTimeout(), writes.attemptTimeout(), 0);
        batchExists = batch(writes.attemptTimeout(), writes.deadline(), EXISTS_RETRIES);
        lineWrite = new BatchWritePolicy();
        lineWrite.recordExistsAction = RecordExistsAction.REPLACE;
        lineWrite.commitLevel = CommitLevel.COMMIT_ALL;
        lineWrite.generationPolicy = GenerationPolicy.NONE;
        lineWrite.expiration = NEVER_EXPIRES;
        lineWrite.sendKey = false;
        lineWrite.durableDelete = false;
        registryRead = withTimeouts(new Policy(), CONNECT_TIMEOUT, CONNECT_TIMEOUT.multipliedBy(2), 2);
        registryRead.replica = Replica.SEQUENCE;
        info = new InfoPolicy();
        info.timeout = millis(CONNECT_TIMEOUT);
    }

    /** For a registry last read at this generation; 0 if there was none. */
    WritePolicy registryWrite(int generation) {
        WritePolicy policy = withTimeouts(new WritePolicy(), CONNECT_TIMEOUT, CONNECT_TIMEOUT, 0);
        policy.commitLevel = CommitLevel.COMMIT_ALL;
        policy.expiration = NEVER_EXPIRES;
        policy.generation = generation;
        policy.generationPolicy = generation == 0 ? GenerationPolicy.NONE : GenerationPolicy.EXPECT_GEN_EQUAL;
        policy.recordExistsAction = generation == 0 ? RecordExistsAction.CREATE_ONLY : RecordExistsAction.REPLACE_ONLY;
        policy.sendKey = true;
        policy.durableDelete = false;
        return policy;
    }

    private static BatchPolicy batch(Duration attempt, Duration deadline, int retries) {
        BatchPolicy policy = withTimeouts(new BatchPolicy(), attempt, deadline, retries);
        policy.respondAllKeys = true;
        // On the server's thread that received the batch, not spread over several. Reads: less than half of the node's
        // time while records come from RAM (decision 006). Writes, which go to its write cache and do not wait for the
        // device: 4.4 instead of 7.7 microseconds per record; the other batches in flight keep its other threads busy.
        policy.allowInline = true;
        policy.allowInlineSSD = true;
        return policy;
    }

    private static <P extends Policy> P withTimeouts(P policy, Duration attempt, Duration deadline, int retries) {
        policy.connectTimeout = millis(CONNECT_TIMEOUT);
        policy.socketTimeout = millis(attempt);
        policy.totalTimeout = millis(deadline);
        policy.maxRetries = retries;
        policy.sleepBetweenRetries = SLEEP_BETWEEN_RETRIES_MILLIS;
        policy.timeoutDelay = 0;
        policy.readModeAP = ReadModeAP.ONE;
        policy.sendKey = false;
        policy.compress = false;
        return policy;
    }

    /** For the client as a whole. */
    static ClientPolicy client(AerospikeSettings settings, NettyEventLoops loops) {
        ClientPolicy policy = new ClientPolicy();
        policy.eventLoops = loops;
        policy.failIfNotConnected = true;
        policy.timeout = millis(CONNECT_TIMEOUT);
        policy.loginTimeout = policy.timeout;
        policy.tendInterval = TEND_INTERVAL_MILLIS;
        policy.maxSocketIdle = MAX_IDLE_SECONDS;
        policy.maxErrorRate = MAX_ERRORS_PER_TEND;
        policy.errorRateWindow = 1;
        policy.maxConnsPerNode = settings.connectionsPerNode();
        // Shared out among the loops: with fewer, a command within its bound would find no connection.
        policy.asyncMaxConnsPerNode =
                Math.max(settings.connectionsPerNode(), CoalescingReader.MAX_COMMANDS_PER_NODE * loops.getSize());
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

    private static int millis(Duration duration) {
        return Math.toIntExact(duration.toMillis());
    }
}
