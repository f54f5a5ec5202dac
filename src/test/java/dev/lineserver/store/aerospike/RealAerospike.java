package dev.lineserver.store.aerospike;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.Assumptions;

/**
 * Finds a real server for tests: the one that {@value #VARIABLE} names, else an {@code asd} on the path, else one in
 * Docker. Searches once per process; servers that it started end with this process. <strong>The tests drop every
 * dataset</strong> in the namespace {@code lines} of that server.
 */
final class RealAerospike {
    static final String VARIABLE = "LINE_SERVER_TEST_AEROSPIKE";

    private static final RealAerospike ONE_NODE = new RealAerospike(1);
    private static final RealAerospike THREE_NODES = new RealAerospike(3);

    private final int nodes;
    private boolean searched;
    private List<AerospikeSettings.SeedNode> seedNodes = List.of();
    private String origin = "none";

    private RealAerospike(int nodes) {
        this.nodes = nodes;
    }

    /** Returns one seed node, or skips the test. */
    static List<AerospikeSettings.SeedNode> oneNode(Class<?> test) {
        return ONE_NODE.hosts(test);
    }

    /** Returns the seed nodes of a cluster of three with two replicas, or skips the test. */
    static List<AerospikeSettings.SeedNode> threeNodes(Class<?> test) {
        return THREE_NODES.hosts(test);
    }

    /** Starts a cluster whose nodes the test can stop and start; the test ends it. Skips the test without an asd. */
    static LocalAsdCluster ownCluster(Class<?> test, int nodes) throws IOException {
        Optional<Path> asd = onPath("asd");
        if (asd.isEmpty()) {
            String skipped = test.getSimpleName() + " SKIPPED: no asd on the PATH";
            System.err.println("[aerospike] " + skipped);
            Assumptions.abort(skipped);
        }
        return LocalAsdCluster.start(asd.get(), nodes);
    }

    private synchronized List<AerospikeSettings.SeedNode> hosts(Class<?> test) {
        if (!searched) {
            searched = true;
            find();
            System.err.println("[aerospike] real server, " + nodes + " node(s): " + origin + " " + seedNodes);
        }
        if (seedNodes.isEmpty()) {
            String skipped = test.getSimpleName() + " SKIPPED: no real Aerospike server of " + nodes + " node(s). Set "
                    + VARIABLE + "=HOST:PORT, or put asd on the PATH, or have Docker"
                    + " with the image " + DockerAsdNode.IMAGE + " (" + origin + ")";
            System.err.println("[aerospike] " + skipped);
            Assumptions.abort(skipped);
        }
        return seedNodes;
    }

    private void find() {
        String configured = System.getenv(VARIABLE);
        try {
            if (configured != null && !configured.isBlank()) {
                if (nodes == 1) {
                    origin = VARIABLE;
                    seedNodes = Stream.of(configured.split(",", -1))
                            .map(AerospikeSettings.SeedNode::parse)
                            .toList();
                } else {
                    origin = VARIABLE + " names a server, so no cluster is started";
                }
                return;
            }
            Optional<Path> asd = onPath("asd");
            if (asd.isPresent()) {
                seedNodes = LocalAsdCluster.start(asd.get(), nodes).hosts();
                origin = asd.get() + ", started";
            } else if (nodes == 1 && onPath("docker").isPresent()) {
                seedNodes = DockerAsdNode.start();
                origin = "Docker";
            }
        } catch (IOException | ConditionTimeoutException e) {
            origin = "could not be started: " + e.getMessage();
        }
    }

    private static Optional<Path> onPath(String program) {
        String path = System.getenv().getOrDefault("PATH", "");
        return Stream.of(path.split(java.io.File.pathSeparator, -1))
                .filter(directory -> !directory.isEmpty())
                .map(directory -> Path.of(directory, program))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
