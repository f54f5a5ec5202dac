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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** Runs the health checks of the images and of the Aerospike nodes in the same way as a container. */
final class HealthcheckTest {
    @Test
    void aServerThatAnswers200IsHealthy() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/q/health", exchange -> {
            exchange.sendResponseHeaders(exchange.getRequestURI().getPath().equals("/q/health/live") ? 200 : 503, -1);
            exchange.close();
        });
        server.start();
        int port = server.getAddress().getPort();
        try {
            assertEquals(0, waitFor(start("healthcheck.sh", "live", "LINE_SERVER_PORT", port)));
            assertEquals(1, waitFor(start("healthcheck.sh", "ready", "LINE_SERVER_PORT", port)));
        } finally {
            server.stop(0);
        }
        // No other process can listen at a port that is bound.
        try (Socket bound = new Socket()) {
            bound.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
            Process check = start("healthcheck.sh", "live", "LINE_SERVER_PORT", bound.getLocalPort());
            assertEquals(1, waitFor(check), "no server is listening");
        }
    }

    /** An Aerospike node responds to {@code cluster-stable} with the key of the cluster or with an error. */
    @ParameterizedTest
    @CsvSource({"E392EABED5C8, 0", "ERROR:7:cluster not specified size, 1"})
    void anAerospikeNodeIsHealthyInAStableClusterOfTheGivenSize(String answer, int exitCode) throws Exception {
        String request = "cluster-stable:size=3;ignore-migrations=true\n";
        try (var node = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Process process = start("compose/aerospike-health.sh", "3", "AEROSPIKE_PORT", node.getLocalPort());
            try (Socket client = node.accept()) {
                byte[] expected = message(request);
                assertArrayEquals(expected, client.getInputStream().readNBytes(expected.length));
                client.getOutputStream().write(message(request.strip() + "\t" + answer + "\n"));
                assertEquals(exitCode, waitFor(process));
            }
        }
    }

    private static byte[] message(String text) {
        byte[] bytes = ("\2\1\0\0\0\0\0\0" + text).getBytes(StandardCharsets.US_ASCII);
        bytes[7] = (byte) text.length();
        return bytes;
    }

    private static Process start(String script, String argument, String variable, int port) throws IOException {
        var builder = new ProcessBuilder("bash", "src/main/docker/" + script, argument);
        builder.environment().put(variable, Integer.toString(port));
        return builder.inheritIO().start();
    }

    private static int waitFor(Process process) throws InterruptedException {
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("the health check has not ended within 30 s");
        }
        return process.exitValue();
    }
}
