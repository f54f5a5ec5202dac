package dev.lineserver.store.aerospike;

import java.time.Duration;

import com.aerospike.client.async.NettyEventLoops;
import com.aerospike.client.policy.AuthMode;
import com.aerospike.client.policy.BatchPolicy;
import com.aerospike.client.policy.BatchReadPolicy;
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

/**
 * Holds the policies of all commands. Sets every field that matters, so that a new version of the client changes
 * nothing.
 */
final class Policies {
    /**
     * For opening a connection, and for each info command: long enough for a cluster in another data centre, and short
     * enough for a user who mistyped a host.
     */
    static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);

    /** Interval at which the client checks its cluster. It removes a lost node after about five of them. */
    private static final int TEND_INTERVAL_MILLIS = 1_000;

    /**
     * Keeps connections between bursts, and closes them before old servers do, with {@code proto-fd-idle-ms} of 60,000.
     */
    private static final int MAX_IDLE_SECONDS = 55;

    /** For commands in flight when the client is closed. By default, the client would wait for them indefinitely. */
    private static final int CLOSE_TIMEOUT_MILLIS = 1_000;

    /** After so many failures within a tend interval, the client does not use a node until the next interval. */
    private static final int MAX_ERRORS_PER_TEND = 100;

    private static final int NEVER_EXPIRES = -1;

    /** Keeps retries after a refused connection from spinning. */
    private static final int SLEEP_BETWEEN_RETRIES_MILLIS = 5;

    /** Reading all records for verification takes long enough to meet a transient failure. */
    private static final int EXISTS_RETRIES = 5;

    /** Without retries of the client: {@link CoalescingReader} retries, and chooses the node. */
    final BatchPolicy lineRead;

    final BatchPolicy batchWrite;
    final BatchPolicy batchExists;
    final BatchReadPolicy recordExists;
    final BatchWritePolicy lineWrite;
    final Policy registryRead;
    final InfoPolicy info;

    Policies(AerospikeSettings settings) {
        AerospikeSettings.WriteLimits writes = settings.writes();
        // At least 1, because 0 disables the timeouts of the client.
        Duration attempt =
                Duration.ofMillis(Math.max(1, settings.lookupDeadline().toMillis() / CoalescingReader.MAX_ATTEMPTS));
        lineRead = batch(attempt, attempt, 0);
        lineRead.connectTimeout = millis(attempt);
        batchWrite = batch(writes.attemptTimeout(), writes.attemptTimeout(), 0);
        batchExists = batch(writes.attemptTimeout(), writes.deadline(), EXISTS_RETRIES);
        // A node that was away answers for records that it has not received yet; with this, it asks the others. The
        // client heeds it for each record, and not for a batch.
        recordExists = new BatchReadPolicy();
        recordExists.readModeAP = ReadModeAP.ALL;
        lineWrite = new BatchWritePolicy();
        lineWrite.recordExistsAction = RecordExistsAction.REPLACE;
        lineWrite.commitLevel = CommitLevel.COMMIT_ALL;
        lineWrite.generationPolicy = GenerationPolicy.NONE;
        lineWrite.expiration = NEVER_EXPIRES;
        lineWrite.sendKey = false;
        lineWrite.durableDelete = false;
        registryRead = withTimeouts(new Policy(), CONNECT_TIMEOUT, CONNECT_TIMEOUT.multipliedBy(2), 2);
        registryRead.replica = Replica.SEQUENCE;
        registryRead.readModeAP = ReadModeAP.ALL;
        info = new InfoPolicy();
        info.timeout = millis(CONNECT_TIMEOUT);
    }

    /** For a registry that was read at this generation; 0 if there was no record, which must still be true. */
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
        // The node executes the batch on the thread that received it, and does not distribute it over its threads.
        // Reads then take less than half of the node's CPU while records come from RAM (decision 006). Writes go to the
        // write cache and do not wait for the device: measured 4.4 instead of 7.7 microseconds per record. The other
        // batches in flight keep the other threads busy.
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
        // The client divides this number among the loops. With fewer, a command within the bounds of the readers would
        // fail for lack of a connection.
        int perLoop = CoalescingReader.MAX_COMMANDS_PER_NODE + BatchReader.MAX_BATCHES_IN_FLIGHT;
        policy.asyncMaxConnsPerNode = Math.max(settings.connectionsPerNode(), perLoop * loops.getSize());
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
