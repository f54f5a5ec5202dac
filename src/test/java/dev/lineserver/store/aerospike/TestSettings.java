package dev.lineserver.store.aerospike;

import java.time.Duration;
import java.util.List;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * Builds settings for tests: the defaults, with a shorter grace, a longer lookup deadline, and the changes of the test.
 */
public final class TestSettings {
    /** The event loops of all tests, with daemon threads. */
    public static final EventLoopGroup LOOPS = new NioEventLoopGroup(2, new DefaultThreadFactory("test-loop", true));

    private static final int CONNECTIONS_PER_NODE = 300;

    private final List<AerospikeSettings.SeedNode> hosts;
    /** Longer than the default, because a cold JVM on a busy machine takes a second for its first lookup. */
    private Duration readDeadline = Duration.ofSeconds(10);

    private int recordsPerBatch = AerospikeSettings.WriteLimits.DEFAULT.recordsPerBatch();
    private Duration writeAttempt = AerospikeSettings.WriteLimits.DEFAULT.attemptTimeout();
    private Duration writeDeadline = AerospikeSettings.WriteLimits.DEFAULT.deadline();
    private Duration lease = AerospikeSettings.WriteLimits.DEFAULT.lease();
    private Duration grace = Duration.ofSeconds(1);
    private boolean lowPriority;
    private Duration patience = Duration.ZERO;
    private AerospikeSettings.@Nullable Credentials credentials;
    private String clusterName = "";
    private String namespace = "lines";

    private TestSettings(List<AerospikeSettings.SeedNode> hosts) {
        this.hosts = hosts;
    }

    public static TestSettings of(List<AerospikeSettings.SeedNode> hosts) {
        return new TestSettings(hosts);
    }

    TestSettings readDeadline(Duration deadline) {
        readDeadline = deadline;
        return this;
    }

    TestSettings recordsPerBatch(int most) {
        recordsPerBatch = most;
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

    TestSettings lowPriority() {
        lowPriority = true;
        return this;
    }

    /** Zero unless it is set, as for a server. */
    TestSettings patience(Duration duration) {
        patience = duration;
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

    public AerospikeSettings settings() {
        return new AerospikeSettings(
                hosts,
                namespace,
                credentials,
                false,
                clusterName.isEmpty() ? null : clusterName,
                CONNECTIONS_PER_NODE,
                readDeadline,
                new AerospikeSettings.WriteLimits(
                        recordsPerBatch, writeAttempt, writeDeadline, lease, grace, lowPriority),
                patience);
    }
}
