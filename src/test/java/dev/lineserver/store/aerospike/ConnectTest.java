package dev.lineserver.store.aerospike;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;

import com.aerospike.client.ResultCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests the messages about a cluster that cannot be used. */
final class ConnectTest extends FakeNodeTest {
    /** Also to a command that waits for nodes that are away. */
    @Test
    @Timeout(60)
    void aClusterThatCannotBeReachedIsReportedAtOnceWithHostAndPort() throws Exception {
        // No other process can listen at a port that is bound.
        try (Socket bound = new Socket()) {
            bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            AerospikeSettings.SeedNode unreachable =
                    new AerospikeSettings.SeedNode("127.0.0.1", bound.getLocalPort(), null);
            TestSettings settings = TestSettings.of(List.of(unreachable)).patience(Duration.ofHours(1));
            String message = refusal(StoreUnavailableException.class, settings);
            assertSays(String.valueOf(message), unreachable.toString());
        }
    }

    @Test
    void aWrongNamespaceIsReportedWithTheExistingOnes() {
        assertSays(refusal(StoreFailedException.class, settings().namespace("texts")), "'texts'", "[lines]");
    }

    @Test
    void aWrongClusterNameIsReportedWithTheActualOne() {
        assertSays(refusal(StoreFailedException.class, settings().clusterName("production")), "production", "fake");
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                ResultCode.INVALID_USER,
                ResultCode.INVALID_PASSWORD,
                ResultCode.EXPIRED_PASSWORD,
                ResultCode.INVALID_CREDENTIAL
            })
    void refusedCredentialsAreReportedWithTheUser(int result) {
        node.loginResult = result;
        String message = refusal(StoreFailedException.class, settings().credentials("reader", "wrong"));
        assertSays(message, "refused the user 'reader'", "--aerospike-user", "PASSWORD");
        assertFalse(message.contains("wrong"), message);
    }

    @Test
    void credentialsForAClusterWithoutUsersAreReportedAsSuperfluous() {
        node.loginResult = ResultCode.SECURITY_NOT_SUPPORTED;
        assertSays(
                refusal(StoreFailedException.class, settings().credentials("bob", "secret")),
                "have no users",
                "'bob'",
                "leave out --aerospike-user");
    }

    /** A timeout of 0 means no timeout to the client. */
    @Test
    void theShortestTimeoutIsNotZero() {
        Policies policies =
                new Policies(settings().readDeadline(Duration.ofMillis(1)).settings());
        assertEquals(1, policies.lineRead.totalTimeout);
        assertEquals(1, policies.lineRead.connectTimeout);
    }

    @Test
    void anOldServerIsReportedWithItsVersion() {
        node.info.build = "5.7.0.8";
        assertSays(refusal(StoreFailedException.class, settings()), "5.7.0.8", "6.0");
    }

    @Test
    void aStartingNodeIsReportedAsUnavailable() {
        node.info.partitionGeneration = "-1";
        assertSays(refusal(StoreUnavailableException.class, settings()), "still starting", "try again");
    }

    @Test
    void seedNodesAreParsedInEveryForm() {
        assertEquals(new AerospikeSettings.SeedNode("db", 3000, null), AerospikeSettings.SeedNode.parse("db"));
        assertEquals(new AerospikeSettings.SeedNode("db", 4000, null), AerospikeSettings.SeedNode.parse("db:4000"));
        assertEquals(
                new AerospikeSettings.SeedNode("db", 4000, "cert"), AerospikeSettings.SeedNode.parse("db:cert:4000"));
        assertEquals(new AerospikeSettings.SeedNode("::1", 4000, null), AerospikeSettings.SeedNode.parse("[::1]:4000"));
        for (String wrong : List.of("", ":3000", "db:0", "db:70000", "a b")) {
            assertThrows(IllegalArgumentException.class, () -> AerospikeSettings.SeedNode.parse(wrong), wrong);
        }
    }

    @Test
    void toStringOmitsThePassword() {
        assertFalse(new AerospikeSettings.Credentials("me", "secret").toString().contains("secret"));
    }

    private <X extends StoreException> String refusal(Class<X> kind, TestSettings settings) {
        return assertThrows(kind, () -> connect(settings)).getMessage();
    }

    private static void assertSays(String message, String... parts) {
        for (String part : parts) {
            assertTrue(message.contains(part), message);
        }
    }
}
