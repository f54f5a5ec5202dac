package dev.lineserver.store.aerospike;

import java.time.Duration;
import java.util.List;

import com.aerospike.client.policy.Replica;
import org.jspecify.annotations.Nullable;

/** Settings as they are by default, but for times that tests would otherwise wait for, and what a test changes. */
final class TestSettings {
    private final List<AerospikeSettings.Node> hosts;
    /** Longer than the default: a cold JVM on a busy machine takes a second for its first lookup. */
    private Duration readDeadline = Duration.ofSeconds(10);

    private Duration patience = AerospikeSettings.Reads.DEFAULT.patience();
    private int lookupsQueued = AerospikeSettings.Reads.DEFAULT.lookupsQueued();
    private boolean coalesce = true;
    private int recordsPerBatch = AerospikeSettings.Writes.DEFAULT.recordsPerBatch();
    private Duration writeAttempt = AerospikeSettings.Writes.DEFAULT.attemptTimeout();
    private Duration writeDeadline = AerospikeSettings.Writes.DEFAULT.deadline();
    private Duration lease = AerospikeSettings.Writes.DEFAULT.lease();
    private Duration grace = Duration.ofSeconds(1);
    private AerospikeSettings.@Nullable Credentials credentials;
    private String clusterName = "";
    private String namespace = AerospikeSettings.DEFAULT_NAMESPACE;

    private TestSettings(List<AerospikeSettings.Node> hosts) {
        this.hosts = hosts;
    }

    static TestSettings of(List<AerospikeSettings.Node> hosts) {
        return new TestSettings(hosts);
    }

    TestSettings readDeadline(Duration deadline) {
        readDeadline = deadline;
        return this;
    }

    TestSettings lookupsQueued(int most) {
        lookupsQueued = most;
        return this;
    }

    TestSettings withoutCoalescing() {
        coalesce = false;
        return this;
    }

    TestSettings recordsPerBatch(int most) {
        recordsPerBatch = most;
        return this;
    }

    TestSettings patience(Duration duration) {
        patience = duration;
        return this;
    }

    TestSettings writes(Duration attempt, Duration deadline) {
        writeAttempt = attempt;
        writeDeadline = deadline;
        return this;
    }

    TestSettings lease(Duration duration) {
        lease = duration;
        return this;
    }

    TestSettings grace(Duration duration) {
        grace = duration;
        return this;
    }

    TestSettings clusterName(String name) {
        clusterName = name;
        return this;
    }

    TestSettings namespace(String name) {
        namespace = name;
        return this;
    }

    TestSettings credentials(String user, String password) {
        credentials = new AerospikeSettings.Credentials(user, password);
        return this;
    }

    AerospikeSettings settings() {
        return new AerospikeSettings(
                hosts,
                namespace,
                credentials,
                false,
                clusterName.isEmpty() ? null : clusterName,
                AerospikeSettings.DEFAULT_CONNECT_TIMEOUT,
                AerospikeSettings.DEFAULT_CONNECTIONS_PER_NODE,
                AerospikeSettings.DEFAULT_MAX_RECORD_BYTES,
                new AerospikeSettings.Reads(readDeadline, patience, Replica.SEQUENCE, coalesce, lookupsQueued),
                new AerospikeSettings.Writes(
                        recordsPerBatch,
                        AerospikeSettings.Writes.DEFAULT.bytesPerBatch(),
                        AerospikeSettings.Writes.DEFAULT.batchesInFlight(),
                        writeAttempt,
                        writeDeadline,
                        lease,
                        grace));
    }
}
