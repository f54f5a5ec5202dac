package dev.lineserver.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** What a kept connection is answered, which is not Quarkus's router's work, against what a new one is. */
@QuarkusTest
@QuarkusTestResource(ServedStore.class)
class KeptConnectionTest {
    private static final String LAST = "GET /lines/2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    private static final List<String> REQUESTS = List.of(
            "GET /lines/1",
            "GET /lines/3000",
            "GET /lines/0003",
            "GET /lines/7/",
            "GET /lines/7?x=/8",
            "GET /lines/0",
            "GET /lines/3001",
            "GET /lines/999999999999999999",
            "GET /lines/9999999999999999999999",
            "GET /lines/-1",
            "GET /lines/+1",
            "GET /lines/1x",
            "GET /lines/%31",
            "GET /lines/",
            "GET /lines",
            "GET /lines/1/2",
            "GET /lines/../lines/2",
            "GET //lines/2",
            "HEAD /lines/2",
            "DELETE /lines/2",
            "GET /line_server/lines/2",
            "GET /datasets/edges/lines/2",
            "GET /datasets/edges/lines/",
            "GET /datasets/edges/2",
            "GET /datasets/none/lines/2",
            "GET /datasets/lines/2",
            "GET /datasets//lines/2",
            "GET /datasets/a/b/lines/2",
            "GET /datasets/edges",
            "GET /lineS/2",
            "GET /2",
            "GET /");

    /** The first is the one that is asked for most. */
    private static final List<String> MIXED = List.of(
            request("GET /lines/2", ""),
            request("GET /lines/1", ""),
            request("GET /datasets/edges/lines/2", ""),
            request("GET /lines/2", "Connection: keep-alive\r\n"),
            request("GET /lines/2", "If-None-Match: *\r\n"),
            request("GET /lines/3", "Content-Length: 5\r\n") + "GET /",
            request("GET /lines/3", "Transfer-Encoding: chunked\r\n") + "5\r\nGET /\r\n0\r\n\r\n",
            request("GET /lines/3001", ""),
            request("GET /lines/x", ""),
            request("HEAD /lines/2", ""),
            request("GET /datasets/edges", ""),
            request("GET /lines/2", "Cookie: " + "x".repeat(3000) + "\r\n"),
            request("GET /", ""));

    private static final int MANY = 150_000;

    @TestHTTPResource("/")
    URL root;

    /** All that comes back, until the server closes the connection. */
    private String send(String requests) throws IOException {
        try (Socket socket = new Socket(root.getHost(), root.getPort())) {
            socket.getOutputStream().write((requests + LAST).getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private static String request(String methodAndPath, String headers) {
        return methodAndPath + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
    }

    @Test
    void aKeptConnectionIsAnsweredAsANewOneIs() throws IOException {
        String last = send("");
        String all = REQUESTS.stream().map(request -> request(request, "")).collect(Collectors.joining());
        StringBuilder expected = new StringBuilder();
        for (String request : REQUESTS) {
            String alone = send(request(request, ""));
            assertTrue(alone.endsWith(last), request);
            expected.append(alone, 0, alone.length() - last.length());
        }
        assertEquals(expected + last, send(all));
        String first = request("GET /lines/1", "");
        String answer = send(first);
        answer = answer.substring(0, answer.length() - last.length());
        assertEquals(answer + expected + last, send(first + all));
    }

    /** What arrives together must make no difference: a seed that fails is in the message. */
    @Test
    void answersComeInTheOrderOfRequestsHoweverTheyArrive() throws IOException {
        String last = send("");
        Map<String, String> alone = new HashMap<>();
        for (String request : MIXED) {
            String answer = send(request);
            alone.put(request, answer.substring(0, answer.length() - last.length()));
        }
        for (int seed = 0; seed < 40; seed++) {
            Random random = new Random(seed);
            StringBuilder expected = new StringBuilder();
            try (Socket socket = new Socket(root.getHost(), root.getPort())) {
                socket.setTcpNoDelay(true);
                InputStream in = socket.getInputStream();
                OutputStream out = socket.getOutputStream();
                StringBuilder got = new StringBuilder();
                for (int burst = 0; burst < 30; burst++) {
                    StringBuilder requests = new StringBuilder();
                    int size = random.nextInt(3) == 0 ? random.nextInt(200) : 1;
                    for (int i = 0; i < size; i++) {
                        String request = MIXED.get(random.nextInt(4) == 0 ? random.nextInt(MIXED.size()) : 0);
                        requests.append(request);
                        expected.append(alone.get(request));
                    }
                    byte[] bytes = requests.toString().getBytes(StandardCharsets.ISO_8859_1);
                    int cut = bytes.length == 0 ? 0 : random.nextInt(bytes.length);
                    out.write(bytes, 0, cut);
                    out.write(bytes, cut, bytes.length - cut);
                    if (random.nextBoolean()) {
                        int missing = expected.length() - got.length();
                        got.append(new String(in.readNBytes(missing), StandardCharsets.ISO_8859_1));
                    }
                }
                out.write(LAST.getBytes(StandardCharsets.ISO_8859_1));
                got.append(new String(in.readAllBytes(), StandardCharsets.ISO_8859_1));
                assertEquals(expected + last, got.toString(), "seed " + seed);
            }
        }
    }

    /** Bytes after these are no request, whatever they look like. */
    @Test
    void nothingIsAnsweredAfterWhatIsNoRequest() throws IOException {
        String last = send("");
        String plain = request("GET /lines/2", "");
        String answer = send(plain);
        int length = answer.length() - last.length();
        for (String wrong : List.of("GET /lines/2 HTTP/1.1\r\nno colon\r\n\r\n", "GET /lines/2 HTTP/1.1 x\r\n\r\n")) {
            try (Socket socket = new Socket(root.getHost(), root.getPort())) {
                for (int i = 0; i < 3; i++) {
                    socket.getOutputStream().write(plain.getBytes(StandardCharsets.ISO_8859_1));
                    assertEquals(
                            answer.substring(0, length),
                            new String(socket.getInputStream().readNBytes(length), StandardCharsets.ISO_8859_1));
                }
                socket.getOutputStream().write((wrong + plain).getBytes(StandardCharsets.ISO_8859_1));
                String rest = new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
                assertTrue(rest.contains(" 400 Bad Request"), rest);
                assertEquals(-1, rest.indexOf("HTTP/1.1 200 "), rest);
            }
        }
    }

    @Test
    void aKeptConnectionKnowsWhatItsClientHas() throws IOException {
        String last = send("");
        String answer = send(request("GET /lines/5", ""));
        answer = answer.substring(0, answer.length() - last.length());
        String etag = answer.lines()
                .filter(line -> line.toLowerCase(java.util.Locale.ROOT).startsWith("etag:"))
                .findFirst()
                .orElseThrow()
                .substring("etag:".length())
                .strip();
        String asked = request("GET /lines/5", "If-None-Match: " + etag + "\r\n");
        String unchanged = send(asked);
        assertTrue(unchanged.startsWith("HTTP/1.1 304 "), unchanged);
        unchanged = unchanged.substring(0, unchanged.length() - last.length());
        assertEquals(answer + unchanged + last, send(request("GET /lines/5", "") + asked));
    }

    /** What it asks for without reading answers would otherwise fill the server's memory. */
    @Test
    void aClientThatReadsNoAnswersIsNotReadFromAndGetsThemAllLater() throws Exception {
        String last = send("");
        byte[] request = request("GET /lines/2", "").getBytes(StandardCharsets.US_ASCII);
        byte[] answer = send(new String(request, StandardCharsets.US_ASCII)).getBytes(StandardCharsets.ISO_8859_1);
        int length = answer.length - last.length();
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
                byte[] got = socket.getInputStream().readNBytes(length);
                assertTrue(Arrays.equals(answer, 0, length, got, 0, got.length), "answer " + i);
            }
            asking.get();
        }
    }
}
