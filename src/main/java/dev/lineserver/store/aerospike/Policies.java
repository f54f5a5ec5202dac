package dev.lineserver.store.aerospike;

import java.time.Duration;

import com.aerospike.client.policy.BatchPolicy;
import com.aerospike.client.policy.BatchWritePolicy;
import com.aerospike.client.policy.CommitLevel;
import com.aerospike.client.policy.GenerationPolicy;
import com.aerospike.client.policy.InfoPolicy;
import com.aerospike.client.policy.Policy;
import com.aerospike.client.policy.ReadModeAP;
import com.aerospike.client.policy.RecordExistsAction;
import com.aerospike.client.policy.Replica;
import com.aerospike.client.policy.WritePolicy;

/** The policies of all commands. Nothing that matters is left to the client's defaults. */
final class Policies {
    private static final int NEVER_EXPIRES = -1;

    /** So that a retry after a refused connection does not spin. */
    private static final int PAUSE_BETWEEN_RETRIES_MILLIS = 5;

    /** For checks of what is stored, which are repeated rather than failed. */
    private static final int EXISTS_RETRIES = 5;

    /** One attempt at one node: {@link CoalescingReader} decides on retries. */
    final BatchPolicy lineRead;

    final BatchPolicy batchWrite;
    final BatchPolicy batchExists;
    final BatchWritePolicy lineWrite;
    final Policy registryRead;
    final InfoPolicy info;

    private final AerospikeSettings settings;

    Policies(AerospikeSettings settings) {
        this.settings = settings;
        AerospikeSettings.Reads reads = settings.reads();
        AerospikeSettings.Writes writes = settings.writes();
        Duration attempt = Duration.ofMillis(reads.attemptMillis());
        lineRead = batch(attempt, attempt, 0);
        lineRead.connectTimeout = reads.attemptMillis();
        lineRead.allowInline = true;
        // On the thread that received the batch, not spread over several: less than half of the node's time while
        // records
        // come from RAM (decision 006).
        lineRead.allowInlineSSD = true;
        batchWrite = batch(writes.attemptTimeout(), writes.attemptTimeout(), 0);
        batchWrite.allowInline = true;
        // One thread of the server for a whole batch: 4.4 instead of 7.7 microseconds of its time per record. Writes go
        // to its write cache and do not wait for the device. The other batches in flight keep its other threads busy.
        batchWrite.allowInlineSSD = true;
        batchExists = batch(writes.attemptTimeout(), writes.deadline(), EXISTS_RETRIES);
        batchExists.allowInline = true;
        batchExists.allowInlineSSD = true;
        lineWrite = lineWrite();
        registryRead = within(
                new Policy(),
                settings.connectTimeout(),
                settings.connectTimeout().multipliedBy(2),
                2);
        registryRead.replica = Replica.SEQUENCE;
        info = new InfoPolicy();
        info.timeout = millis(settings.connectTimeout());
    }

    /** For a registry last read at this generation; 0 if there was none. */
    WritePolicy registryWrite(int generation) {
        WritePolicy policy = within(new WritePolicy(), settings.connectTimeout(), settings.connectTimeout(), 0);
        policy.commitLevel = CommitLevel.COMMIT_ALL;
        policy.expiration = NEVER_EXPIRES;
        policy.generation = generation;
        policy.generationPolicy = generation == 0 ? GenerationPolicy.NONE : GenerationPolicy.EXPECT_GEN_EQUAL;
        policy.recordExistsAction = generation == 0 ? RecordExistsAction.CREATE_ONLY : RecordExistsAction.REPLACE_ONLY;
        policy.sendKey = true;
        policy.durableDelete = false;
        return policy;
    }

    private static BatchWritePolicy lineWrite() {
        BatchWritePolicy policy = new BatchWritePolicy();
        policy.recordExistsAction = RecordExistsAction.REPLACE;
        policy.commitLevel = CommitLevel.COMMIT_ALL;
        policy.generationPolicy = GenerationPolicy.NONE;
        policy.expiration = NEVER_EXPIRES;
        policy.sendKey = false;
        policy.durableDelete = false;
        return policy;
    }

    private BatchPolicy batch(Duration attempt, Duration deadline, int retries) {
        BatchPolicy policy = within(new BatchPolicy(), attempt, deadline, retries);
        policy.respondAllKeys = true;
        return policy;
    }

    private <P extends Policy> P within(P policy, Duration attempt, Duration deadline, int retries) {
        policy.connectTimeout = millis(settings.connectTimeout());
        policy.socketTimeout = millis(attempt);
        policy.totalTimeout = millis(deadline);
        policy.maxRetries = retries;
        policy.sleepBetweenRetries = PAUSE_BETWEEN_RETRIES_MILLIS;
        policy.timeoutDelay = 0;
        policy.readModeAP = ReadModeAP.ONE;
        policy.sendKey = false;
        policy.compress = false;
        return policy;
    }

    static int millis(Duration duration) {
        return Math.toIntExact(duration.toMillis());
    }
}
