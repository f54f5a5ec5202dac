package dev.lineserver.deploy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

import com.sun.net.httpserver.HttpServer;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** The health checks of images and nodes, run as containers run them. */
final class HealthcheckTest {
    @Test
    void answersWhatTheProgramAnswers() throws IOException, InterruptedException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        answer(server, Program.LIVE, 200);
        answer(server, Program.READY, 503);
        server.start();
        try {
            int port = server.getAddress().getPort();
            assertEquals(0, exitCode("live", port));
            assertEquals(1, exitCode("ready", port));
        } finally {
            server.stop(0);
        }
    }

    @Test
    void isUnhealthyWhereNobodyListens() throws IOException, InterruptedException {
        int port;
        try (var taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = taken.getLocalPort();
        }
        assertEquals(1, exitCode("live", port));
    }

    /** The check of compose's Aerospike nodes: a node answers with a cluster key, or with an error. */
    @Test
    void aerospikeNodeIsHealthyInAClusterOfTheSizeAskedFor() throws Exception {
        assertEquals(0, aerospikeExitCode("E392EABED5C8", "cluster-stable:size=3;ignore-migrations=true\n"));
        assertEquals(
                1,
                aerospikeExitCode(
                        "ERROR:7:cluster not specified size", "cluster-stable:size=3;ignore-migrations=true\n"));
    }

    private static int aerospikeExitCode(String answer, String request) throws Exception {
        try (var node = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            var builder = new ProcessBuilder(
                    "bash", DeployFiles.COMPOSE.resolve("aerospike-health.sh").toString(), "3");
            builder.environment().put("AEROSPIKE_PORT", Integer.toString(node.getLocalPort()));
            Process process = builder.inheritIO().start();
            try (Socket client = node.accept()) {
                byte[] header = client.getInputStream().readNBytes(8);
                assertArrayEquals(new byte[] {2, 1, 0, 0, 0, 0, 0, (byte) request.length()}, header);
                byte[] asked = client.getInputStream().readNBytes(request.length());
                assertEquals(request, new String(asked, StandardCharsets.US_ASCII));
                String body = request.strip() + "\t" + answer + "\n";
                client.getOutputStream().write(new byte[] {2, 1, 0, 0, 0, 0, 0, (byte) body.length()});
                client.getOutputStream().write(body.getBytes(StandardCharsets.US_ASCII));
                return waitFor(process);
            }
        }
    }

    private static void answer(HttpServer server, String path, int status) {
        server.createContext(path, exchange -> {
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
    }

    private static int exitCode(String probe, int port) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(
                "bash", DeployFiles.DOCKER.resolve("healthcheck.sh").toString(), probe);
        builder.environment().put("LINE_SERVER_PORT", Integer.toString(port));
        Process process = builder.inheritIO().start();
        return waitFor(process);
    }

    private static int waitFor(Process process) throws InterruptedException {
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("the health check hangs");
        }
        return process.exitValue();
    }
}
