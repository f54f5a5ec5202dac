package dev.lineserver.http;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class EmbeddedHttpTest extends PlainHttpContract {
    private static final int REQUEST_COUNT = 150_000;

    EmbeddedHttpTest() throws Exception {
        super(ServedStore.Backend.EMBEDDED, true);
    }

    @Test
    void aChangedSourceIs503AndNeverAWrongLine() throws Exception {
        ServedStore.ingest("fragile", "one\ntwo\n".getBytes(StandardCharsets.UTF_8), false);
        awaitAnswer(Protocol.HTTP_1_1, "/datasets/fragile/lines/2", 200, "two");
        Path source = ServedStore.source("fragile");
        Files.writeString(source, "ONE\nTWO\n");
        Files.setLastModifiedTime(source, FileTime.from(Instant.parse("2020-02-02T02:02:02Z")));
        HttpResponse<byte[]> response = send(Protocol.HTTP_1_1, "GET", "/datasets/fragile/lines/2");
        assertEquals(503, response.statusCode());
        assertEquals("1", header(response, "retry-after"));
        Files.writeString(source, "one\ntwo\n");
        awaitAnswer(Protocol.HTTP_1_1, "/datasets/fragile/lines/2", 200, "two");
    }

    /** The server reads a text of 64 MiB no further than the client, so the change comes before most of the bytes. */
    @Test
    void aSourceThatChangesUnderARangeCutsItOff() throws Exception {
        byte[] text = "sixteen letters\n".repeat(4 << 20).getBytes(StandardCharsets.US_ASCII);
        ServedStore.ingest("changing", text, false);
        awaitAnswer(Protocol.HTTP_1_1, "/datasets/changing/lines/2", 200, "sixteen");
        try (Socket socket = new Socket()) {
            socket.setReceiveBufferSize(1 << 16);
            socket.setSoTimeout(60_000);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port()));
            socket.getOutputStream()
                    .write(request("GET /datasets/changing/lines", "").getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            StringBuilder head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
                head.append((char) in.read());
            }
            assertTrue(head.toString().contains("content-length: " + text.length), head.toString());
            Path source = ServedStore.source("changing");
            Files.writeString(source, "SIXTEEN LETTERS\n".repeat(4 << 20));
            byte[] received = in.readAllBytes();
            assertTrue(received.length < text.length, received.length + " bytes");
            assertTrue(
                    new String(received, StandardCharsets.US_ASCII)
                            .equals(new String(text, 0, received.length, StandardCharsets.US_ASCII)),
                    "only bytes that were ingested");
        }
    }

    /** Without back-pressure, a client that sends requests and reads no answers would fill the server's memory. */
    @Test
    void aClientThatDoesNotReadIsThrottledAndLosesNoAnswer() throws Exception {
        byte[] request = request("GET /lines/2", "").getBytes(StandardCharsets.US_ASCII);
        byte[] answer = answerTo(request("GET /lines/2", "")).getBytes(StandardCharsets.ISO_8859_1);
        AtomicInteger sent = new AtomicInteger();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                Socket socket = new Socket()) {
            socket.setSendBufferSize(1 << 16);
            socket.setReceiveBufferSize(1 << 16);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port()));
            OutputStream out = socket.getOutputStream();
            Future<?> sending = threads.submit(() -> {
                for (; sent.get() < REQUEST_COUNT; sent.incrementAndGet()) {
                    out.write(request);
                }
                return null;
            });
            AtomicInteger before = new AtomicInteger(-1);
            Awaitility.await()
                    .pollInterval(Duration.ofMillis(300))
                    .until(() -> before.getAndSet(sent.get()) == sent.get());
            assertTrue(sent.get() < REQUEST_COUNT, sent + " requests were read");
            for (int i = 0; i < REQUEST_COUNT; i++) {
                assertArrayEquals(answer, socket.getInputStream().readNBytes(answer.length), "answer " + i);
            }
            sending.get();
        }
    }
}
