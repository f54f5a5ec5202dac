package dev.lineserver.store.aerospike;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.Info;
import org.awaitility.Awaitility;

/** Starts real nodes on free ports of the loopback interface. They write only to a temporary directory. */
final class LocalAsdCluster {
    private static final Duration START = Duration.ofSeconds(60);

    private LocalAsdCluster() {}

    static List<AerospikeSettings.SeedNode> start(Path asd, int nodes) throws IOException {
        Path directory = Files.createTempDirectory("line-server-asd-");
        List<Process> processes = new ArrayList<>();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(processes, directory)));
        int[] ports = freePorts(nodes * 3);
        List<AerospikeSettings.SeedNode> hosts = new ArrayList<>();
        for (int i = 0; i < nodes; i++) {
            Path home = directory.resolve("node" + i);
            for (String part : List.of("state/smd", "state/usr/udf/lua", "data")) {
                Files.createDirectories(home.resolve(part));
            }
            Path configuration = home.resolve("aerospike.conf");
            Files.writeString(configuration, configuration(home, i, ports, nodes));
            // A node needs more open files than the default limit of a shell.
            String command = "ulimit -n 4096; exec '" + asd + "' --foreground --config-file '" + configuration + "'";
            processes.add(new ProcessBuilder("sh", "-c", command)
                    .redirectErrorStream(true)
                    .redirectOutput(home.resolve("console.log").toFile())
                    .start());
            hosts.add(new AerospikeSettings.SeedNode("127.0.0.1", ports[i * 3], null));
        }
        Awaitility.await("asd in " + directory)
                .atMost(START)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> {
                    for (int i = 0; i < nodes; i++) {
                        requireAlive(processes.get(i), directory.resolve("node" + i));
                    }
                    return hosts.stream().allMatch(host -> isUp(host, nodes));
                });
        return hosts;
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

    private static void end(List<Process> processes, Path directory) {
        processes.forEach(Process::destroy);
        try {
            for (Process process : processes) {
                if (!process.waitFor(20, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            }
            try (Stream<Path> files = Files.walk(directory)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (InterruptedException | IOException e) {
            System.err.println("[aerospike] " + directory + " could not be removed: " + e);
        }
    }
}
