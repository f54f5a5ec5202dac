package dev.lineserver.store.aerospike;

import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;

import org.junit.jupiter.api.Test;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What an operator is told when a cluster will not do. */
final class ConnectTest extends FakeNodeTest {
    @Test
    void noNodeReachableNamesHostAndPort() throws Exception {
        AerospikeSettings.SeedNode nobody;
        try (ServerSocket socket = new ServerSocket(0)) {
            nobody = new AerospikeSettings.SeedNode("127.0.0.1", socket.getLocalPort(), null);
        }
        String message = refusal(StoreUnavailableException.class, TestSettings.of(List.of(nobody)));
        assertSays(String.valueOf(message), nobody.toString());
    }

    @Test
    void aWrongNamespaceIsNamedWithThoseThereAre() {
        assertSays(refusal(StoreFailedException.class, settings().namespace("texts")), "'texts'", "[lines]");
    }

    @Test
    void aWrongClusterNameIsNamedWithTheRightOne() {
        assertSays(refusal(StoreFailedException.class, settings().clusterName("production")), "production", "fake");
    }

    @Test
    void refusedCredentialsAreNamedWithTheUser() {
        assertSays(
                refusal(StoreFailedException.class, settings().credentials("reader", "wrong")), "'reader'", "password");
    }

    /** The client takes a timeout of 0 for none. */
    @Test
    void theShortestTimeoutIsNotNone() {
        Policies policies =
                new Policies(settings().readDeadline(Duration.ofMillis(1)).settings());
        assertEquals(1, policies.lineRead.totalTimeout);
        assertEquals(1, policies.lineRead.connectTimeout);
    }

    @Test
    void aServerThatIsTooOldIsNamedWithItsVersion() {
        node.info.build = "5.7.0.8";
        assertSays(refusal(StoreFailedException.class, settings()), "5.7.0.8", "6.0");
    }

    @Test
    void aNodeThatIsStillStartingIsToBeWaitedFor() {
        node.info.partitionGeneration = "-1";
        assertSays(refusal(StoreUnavailableException.class, settings()), "still starting", "try again");
    }

    @Test
    void hostsAreReadInEveryForm() {
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
    void thePasswordIsNotInTheText() {
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
