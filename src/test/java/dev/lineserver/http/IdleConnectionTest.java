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

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The idle timeout closes an idle connection, but not one whose requests the fast path answers. */
final class IdleConnectionTest {
    private static final Duration IDLE_TIMEOUT = Duration.ofSeconds(3);
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
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(60_000);
            String first = exchange(socket);
            Awaitility.await()
                    .pollInterval(IDLE_TIMEOUT.dividedBy(15))
                    .during(IDLE_TIMEOUT.multipliedBy(3).dividedBy(2))
                    .atMost(IDLE_TIMEOUT.multipliedBy(10))
                    .untilAsserted(() -> assertEquals(first, exchange(socket)));
            socket.setSoTimeout((int) IDLE_TIMEOUT.multipliedBy(10).toMillis());
            assertEquals(-1, socket.getInputStream().read());
        }
    }

    /** Returns the head of the answer, which has no body, because the line is empty. */
    private static String exchange(Socket socket) throws IOException {
        socket.getOutputStream().write(REQUEST);
        StringBuilder answer = new StringBuilder();
        while (!answer.toString().endsWith("\r\n\r\n")) {
            int next = socket.getInputStream().read();
            assertTrue(next >= 0, () -> "closed after: " + answer);
            answer.append((char) next);
        }
        return answer.toString();
    }
}
