package dev.lineserver.http;

import java.io.IOException;
import java.net.Socket;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

/** A connection is closed for being idle when it is idle, and not while all that it is asked for is lines. */
@QuarkusTest
@TestProfile(IdleConnectionTest.ShortPatience.class)
class IdleConnectionTest {
    private static final Duration PATIENCE = Duration.ofSeconds(1);
    private static final byte[] REQUEST =
            "GET /lines/2 HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    public static final class ShortPatience extends ServedStore.Profile {
        public ShortPatience() {
            super("embedded", Map.of("quarkus.http.idle-timeout", PATIENCE.toSeconds() + "s"));
        }
    }

    @TestHTTPResource("/")
    URL root;

    @Test
    void onlyAConnectionThatIsNotUsedIsClosed() throws IOException {
        int length = answerOfANewConnection();
        try (Socket socket = new Socket(root.getHost(), root.getPort())) {
            byte[] first = ask(socket, length);
            Awaitility.await()
                    .pollInterval(PATIENCE.dividedBy(5))
                    .during(PATIENCE.multipliedBy(3))
                    .atMost(PATIENCE.multipliedBy(10))
                    .untilAsserted(() -> assertArrayEquals(first, ask(socket, length)));
            socket.setSoTimeout((int) PATIENCE.multipliedBy(10).toMillis());
            assertEquals(-1, socket.getInputStream().read());
        }
    }

    /** Its length in bytes: all that comes until that connection is closed. */
    private int answerOfANewConnection() throws IOException {
        try (Socket socket = new Socket(root.getHost(), root.getPort())) {
            socket.getOutputStream().write(REQUEST);
            return socket.getInputStream().readAllBytes().length;
        }
    }

    private static byte[] ask(Socket socket, int length) throws IOException {
        socket.getOutputStream().write(REQUEST);
        return socket.getInputStream().readNBytes(length);
    }
}
