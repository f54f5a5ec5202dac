package dev.lineserver.deploy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.TimeUnit;

import com.sun.net.httpserver.HttpServer;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

/** The health check of both images, run as they run it. */
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
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError("the health check hangs");
        }
        return process.exitValue();
    }
}
