package dev.lineserver.http;

import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import io.vertx.core.http.HttpServerOptions;
import org.awaitility.Awaitility;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Clients that read no more than the beginning of a long line, over both stores. */
final class SlowReaderTest {
    private static final int CLIENTS = 40;
    private static final int MOST_BYTES = 128 << 10;
    /** The operating system buffers some megabytes for each connection. */
    private static final int LINE_BYTES = 24 << 20;

    @ParameterizedTest
    @CsvSource({"EMBEDDED,true", "EMBEDDED,false", "AEROSPIKE,true"})
    void eachOccupiesOnePieceOfTheLine(ServedStore.Backend backend, boolean fastPath) throws Exception {
        byte[] text = new byte[LINE_BYTES + 4];
        for (int i = 0; i < LINE_BYTES; i++) {
            text[i] = (byte) ('a' + i / 5 % 23);
        }
        text[LINE_BYTES] = '\n';
        try (ServedStore served = new ServedStore(backend)) {
            ServedStore.ingest("slow", text, false);
            try (HttpComponents components = new HttpComponents(ServedStore::openPatient, Duration.ofMillis(50));
                    PlainServer server = new PlainServer(components, fastPath, new HttpServerOptions())) {
                requireOnePieceForEach(components, server.port(), Arrays.copyOf(text, LINE_BYTES));
            }
        }
    }

    private static void requireOnePieceForEach(HttpComponents components, int port, byte[] line) throws Exception {
        AtomicLong before = new AtomicLong(-1);
        List<Socket> clients = new ArrayList<>();
        try {
            for (int i = 0; i < CLIENTS; i++) {
                clients.add(request(port));
            }
            // Until the operating system takes no more bytes of any answer.
            Awaitility.await()
                    .atMost(Duration.ofMinutes(1))
                    .pollInterval(Duration.ofMillis(300))
                    .until(() -> before.getAndSet(used(components)) == used(components) && used(components) > 0);
            assertTrue(used(components) > CLIENTS, "the answers are in progress");
            assertTrue(
                    used(components) <= (long) CLIENTS * MOST_BYTES,
                    used(components) / CLIENTS + " bytes for each client");
            InputStream in = clients.getFirst().getInputStream();
            assertArrayEquals(line, in.readNBytes(line.length));
        } finally {
            for (Socket client : clients) {
                client.close();
            }
        }
        Awaitility.await().untilAsserted(() -> assertEquals(0, used(components)));
        assertEquals(0, components.value("line_server_request_failures"));
    }

    private static long used(HttpComponents components) {
        return components.allocator.metric().usedDirectMemory()
                + components.allocator.metric().usedHeapMemory();
    }

    /** Requests the line, and reads the head of the answer. */
    private static Socket request(int port) throws Exception {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(1 << 16);
        socket.setSoTimeout(30_000);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        socket.getOutputStream()
                .write("GET /datasets/slow/lines/1 HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            head.append((char) socket.getInputStream().read());
        }
        assertTrue(head.toString().startsWith("HTTP/1.1 200 "), head.toString());
        return socket;
    }
}
