package dev.lineserver.http;

import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

@QuarkusTest
@TestProfile(EmbeddedHttpTest.Profile.class)
final class EmbeddedHttpTest extends HttpContract {
    private static final int MANY = 150_000;

    public static final class Profile extends ServedStore.Profile {
        public Profile() {
            super("embedded", Map.of("quarkus.http.limits.max-body-size", "1M"));
        }
    }

    @Override
    boolean hasFastPath() {
        return true;
    }

    /** Java's client fails a request that exceeds the server's limit, and assumes 100 if none is announced. */
    @Test
    void threeHundredRequestsShareOneHttp2Connection() throws Exception {
        byte[] _ = line(Protocol.HTTP_2, "/lines/1");
        List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            answers.add(Protocol.HTTP_2.client.sendAsync(
                    build("GET", "/datasets/long/lines/1"), HttpResponse.BodyHandlers.ofByteArray()));
        }
        for (CompletableFuture<HttpResponse<byte[]>> answer : answers) {
            assertEquals((ServedStore.LONG.length / 4 - 1), answer.get().body().length);
        }
    }

    @Test
    void aSourceThatChangedIs503AndNeverAWrongLine() throws Exception {
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

    /** Requests sent without reading answers would otherwise fill the server's memory. */
    @Test
    void aClientThatReadsNoAnswersIsNotReadFromAndGetsThemAllLater() throws Exception {
        byte[] request = request("GET /lines/2", "").getBytes(StandardCharsets.US_ASCII);
        byte[] answer = alone(request("GET /lines/2", "")).getBytes(StandardCharsets.ISO_8859_1);
        AtomicInteger asked = new AtomicInteger();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                Socket socket = new Socket()) {
            socket.setSendBufferSize(1 << 16);
            socket.setReceiveBufferSize(1 << 16);
            socket.connect(new InetSocketAddress(root.getHost(), root.getPort()));
            OutputStream out = socket.getOutputStream();
            Future<?> asking = threads.submit(() -> {
                for (; asked.get() < MANY; asked.incrementAndGet()) {
                    out.write(request);
                }
                return null;
            });
            AtomicInteger before = new AtomicInteger(-1);
            Awaitility.await()
                    .pollInterval(Duration.ofMillis(300))
                    .until(() -> before.getAndSet(asked.get()) == asked.get());
            assertTrue(asked.get() < MANY, asked + " requests were read");
            for (int i = 0; i < MANY; i++) {
                assertArrayEquals(answer, socket.getInputStream().readNBytes(answer.length), "answer " + i);
            }
            asking.get();
        }
    }
}
