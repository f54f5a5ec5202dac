package dev.lineserver.store.aerospike;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.Info;
import org.awaitility.Awaitility;

/** Starts a node in a container that is reachable only from this machine. */
final class DockerAsdNode {
    static final String IMAGE = "aerospike/aerospike-server:8.1";

    private static final int FIRST_START_SECONDS = 300;

    private DockerAsdNode() {}

    /**
     * Starts the node and waits until it is up. It announces an address inside the container, which is not reachable;
     * so it is the only seed node and has no peers.
     */
    static List<AerospikeSettings.SeedNode> start() throws IOException {
        String id = run(
                "docker", "run", "--detach", "--rm", "--publish", "127.0.0.1::3000", "--env", "NAMESPACE=lines", IMAGE);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                run("docker", "rm", "--force", id);
            } catch (IOException e) {
                System.err.println("[aerospike] container " + id + " could not be removed: " + e);
            }
        }));
        String published =
                run("docker", "port", id, "3000/tcp").lines().findFirst().orElseThrow();
        AerospikeSettings.SeedNode host = AerospikeSettings.SeedNode.parse(published);
        Awaitility.await("Aerospike in container " + id)
                .atMost(Duration.ofSeconds(60))
                .pollInterval(Duration.ofMillis(200))
                .until(() -> isUp(host));
        return List.of(host);
    }

    private static boolean isUp(AerospikeSettings.SeedNode host) {
        try {
            return Info.request(host.host(), host.port(), "status").equals("ok");
        } catch (AerospikeException _) {
            return false;
        }
    }

    private static String run(String... command) throws IOException {
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            if (!process.waitFor(FIRST_START_SECONDS, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IOException(String.join(" ", command) + " failed");
            }
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }
}
