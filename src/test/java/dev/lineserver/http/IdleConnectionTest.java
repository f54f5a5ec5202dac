package dev.lineserver.http;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

import io.vertx.core.http.HttpServerOptions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** The idle timeout closes an idle connection, but not one whose requests the fast path answers. */
final class IdleConnectionTest {
    private static final Duration IDLE_TIMEOUT = Duration.ofSeconds(1);
    private static final byte[] REQUEST =
            "GET /lines/2 HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private final ScriptedLines lines = new ScriptedLines();
    private final PlainServer server = new PlainServer(
            lines.components, true, new HttpServerOptions().setIdleTimeout((int) IDLE_TIMEOUT.toSeconds()));

    IdleConnectionTest() throws Exception {}

    @AfterEach
    void stop() throws Exception {
        server.close();
        lines.close();
    }

    @Test
    void onlyAnIdleConnectionIsClosed() throws IOException {
        int length = lengthOfAnAnswer();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(60_000);
            byte[] first = exchange(socket, length);
            Awaitility.await()
                    .pollInterval(IDLE_TIMEOUT.dividedBy(5))
                    .during(IDLE_TIMEOUT.multipliedBy(3))
                    .atMost(IDLE_TIMEOUT.multipliedBy(10))
                    .untilAsserted(() -> assertArrayEquals(first, exchange(socket, length)));
            socket.setSoTimeout((int) IDLE_TIMEOUT.multipliedBy(10).toMillis());
            assertEquals(-1, socket.getInputStream().read());
        }
    }

    /** Returns the length in bytes of one answer: all bytes received until the idle connection is closed. */
    private int lengthOfAnAnswer() throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write(REQUEST);
            return socket.getInputStream().readAllBytes().length;
        }
    }

    private static byte[] exchange(Socket socket, int length) throws IOException {
        socket.getOutputStream().write(REQUEST);
        return socket.getInputStream().readNBytes(length);
    }
}
