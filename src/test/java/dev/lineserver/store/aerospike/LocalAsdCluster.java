package dev.lineserver.store.aerospike;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.Info;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** Real nodes on free ports of the loopback interface. They write only to a temporary directory, and end with the JVM. */
final class LocalAsdCluster {
    private static final Duration START = Duration.ofSeconds(60);

    private final Path asd;
    private final Path directory;
    private final int[] ports;
    private final List<AerospikeSettings.SeedNode> hosts = new ArrayList<>();

    /** By index of the node; null if the node is stopped. */
    private final List<@Nullable Process> processes = new ArrayList<>();

    private LocalAsdCluster(Path asd, int nodes) throws IOException {
        this.asd = asd;
        directory = Files.createTempDirectory("line-server-asd-");
        ports = freePorts(nodes * 3);
        Runtime.getRuntime().addShutdownHook(new Thread(this::end));
    }

    static LocalAsdCluster start(Path asd, int nodes) throws IOException {
        LocalAsdCluster cluster = new LocalAsdCluster(asd, nodes);
        for (int i = 0; i < nodes; i++) {
            Path home = cluster.home(i);
            for (String part : List.of("state/smd", "state/usr/udf/lua", "data")) {
                Files.createDirectories(home.resolve(part));
            }
            Files.writeString(home.resolve("aerospike.conf"), configuration(home, i, cluster.ports, nodes));
            cluster.hosts.add(new AerospikeSettings.SeedNode("127.0.0.1", cluster.ports[i * 3], null));
            cluster.processes.add(cluster.run(i));
        }
        cluster.awaitStable();
        return cluster;
    }

    List<AerospikeSettings.SeedNode> hosts() {
        return hosts;
    }

    /** Stops a node, and waits until the others have replicated its records. */
    void stop(int node) throws InterruptedException {
        Process process = processes.set(node, null);
        if (process == null || !terminate(process)) {
            throw new IllegalStateException("node " + node + " could not be stopped");
        }
        awaitStable();
    }

    /** Kills a node: what it has not written to its device is lost. Does not wait for the others. */
    void kill(int node) throws InterruptedException {
        Process process = Objects.requireNonNull(processes.set(node, null));
        process.destroyForcibly().waitFor();
    }

    /** Starts a stopped node with the records on its device: a cold start. Waits until migrations have ended. */
    void start(int node) throws IOException {
        processes.set(node, run(node));
        awaitStable();
    }

    private Path home(int node) {
        return directory.resolve("node" + node);
    }

    private Process run(int node) throws IOException {
        // A node needs more open files than the default limit of a shell.
        String command =
                "ulimit -n 4096; exec '" + asd + "' --foreground --config-file '" + home(node) + "/aerospike.conf'";
        return new ProcessBuilder("sh", "-c", command)
                .redirectErrorStream(true)
                .redirectOutput(home(node).resolve("console.log").toFile())
                .start();
    }

    private void awaitStable() {
        int running =
                Math.toIntExact(processes.stream().filter(Objects::nonNull).count());
        if (running > 0) {
            Awaitility.await("asd in " + directory)
                    .atMost(START)
                    .pollInterval(Duration.ofMillis(200))
                    .until(() -> isStable(running));
        }
    }

    private boolean isStable(int running) throws IOException {
        boolean stable = true;
        for (int i = 0; i < processes.size(); i++) {
            Process process = processes.get(i);
            if (process != null) {
                requireAlive(process, home(i));
                stable &= isUp(hosts.get(i), running);
            }
        }
        return stable;
    }

    private static void requireAlive(Process process, Path home) throws IOException {
        if (!process.isAlive()) {
            throw new IOException("asd has exited: " + Files.readString(home.resolve("console.log")));
        }
    }

    private static boolean isUp(AerospikeSettings.SeedNode host, int nodes) {
        try {
            String command = "cluster-stable:size=" + nodes + ";ignore-migrations=false;namespace=lines";
            return Info.request(host.host(), host.port(), "status").equals("ok")
                    && Info.request(host.host(), host.port(), command).matches("[0-9A-F]+");
        } catch (AerospikeException _) {
            return false;
        }
    }

    private static int[] freePorts(int count) throws IOException {
        List<ServerSocket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                sockets.add(new ServerSocket(0));
            }
            return sockets.stream().mapToInt(ServerSocket::getLocalPort).toArray();
        } finally {
            for (ServerSocket socket : sockets) {
                socket.close();
            }
        }
    }

    private static String configuration(Path home, int node, int[] ports, int nodes) {
        StringBuilder seeds = new StringBuilder();
        for (int i = 0; i < nodes; i++) {
            seeds.append("        mesh-seed-address-port 127.0.0.1 ")
                    .append(ports[i * 3 + 2])
                    .append('\n');
        }
        return """
            service {
                cluster-name line-server-test-%1$d
                node-id b%2$d
                proto-fd-max 1024
                work-directory %3$s/state
            }
            mod-lua {
                user-path %3$s/state/usr/udf/lua
            }
            logging {
                file %3$s/asd.log {
                    context any info
                }
            }
            network {
                service {
                    address 127.0.0.1
                    access-address 127.0.0.1
                    port %4$d
                }
                fabric {
                    address 127.0.0.1
                    port %5$d
                }
                heartbeat {
                    mode mesh
                    address 127.0.0.1
                    port %6$d
            %7$s        interval 150
                    timeout 10
                }
            }
            namespace lines {
                replication-factor %8$d
                nsup-period 0
                storage-engine device {
                    file %3$s/data/lines.dat
                    filesize 2G
                }
            }
            """.formatted(
                        ports[0],
                        node + 1,
                        home,
                        ports[node * 3],
                        ports[node * 3 + 1],
                        ports[node * 3 + 2],
                        seeds,
                        Math.min(2, nodes));
    }

    private static boolean terminate(Process process) throws InterruptedException {
        process.destroy();
        return process.waitFor(20, TimeUnit.SECONDS)
                || process.destroyForcibly().waitFor(20, TimeUnit.SECONDS);
    }

    /** Ends all nodes, and deletes their files. */
    void end() {
        try {
            for (Process process : processes) {
                if (process != null) {
                    boolean _ = terminate(process);
                }
            }
            if (Files.exists(directory)) {
                try (Stream<Path> files = Files.walk(directory)) {
                    for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                        Files.deleteIfExists(file);
                    }
                }
            }
        } catch (InterruptedException | IOException e) {
            System.err.println("[aerospike] " + directory + " could not be removed: " + e);
        }
    }
}
