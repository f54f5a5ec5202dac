package dev.lineserver.program;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

import com.github.luben.zstd.ZstdOutputStream;
import com.sun.net.httpserver.HttpServer;
import io.vertx.core.json.JsonObject;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.store.Samples;
import dev.lineserver.store.aerospike.FakeAerospikeNode;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tests the built program from outside, with processes, sockets, signals and files. */
final class ProgramIT {
    private static final HttpClient CLIENT = HttpClient.newHttpClient();
    private static final int TERMINATED = 143;
    /** The grace period of a server with requests in flight is 30 s: one that waits for a request ends later. */
    private static final int SECONDS_WITHOUT_REQUESTS = 25;
    /** Step between requested lines: all requests together are fewer than the streams of an HTTP/2 connection. */
    private static final int STEP = 71;

    @TempDir
    Path directory;

    private @Nullable Process server;
    private String baseUrl = "";

    @BeforeAll
    static void printProgram() {
        System.out.println(
                Program.isNative()
                        ? "ProgramIT tests the native executable."
                        : "ProgramIT tests the jar. SKIPPED: the native executable, which ./build.sh --native builds.");
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (server != null) {
            server.destroyForcibly().waitFor();
        }
    }

    private Program.Result run(String... arguments) throws Exception {
        String[] all = Arrays.copyOf(arguments, arguments.length + 1);
        all[arguments.length] = "--data-dir=" + directory.resolve("data");
        return Program.run(directory.resolve("run"), all);
    }

    private void serve(String... arguments) throws Exception {
        String[] all = Arrays.copyOf(arguments, arguments.length + 3);
        all[arguments.length] = "--data-dir=" + directory.resolve("data");
        all[arguments.length + 1] = "--port=0";
        all[arguments.length + 2] = "--host=127.0.0.1";
        Process started = Program.start(directory.resolve("serve"), all);
        server = started;
        Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> {
            String log = Program.text(Program.err(directory.resolve("serve")));
            assertTrue(started.isAlive(), () -> "serve has ended: " + log);
            Matcher listening = Program.LISTENING.matcher(log);
            if (!listening.find()) {
                return false;
            }
            baseUrl = listening.group(1);
            return isReady();
        });
    }

    private boolean isReady() throws InterruptedException {
        try {
            return get("/q/health/ready").statusCode() == 200;
        } catch (IOException notListening) {
            return false;
        }
    }

    private HttpResponse<byte[]> get(String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(baseUrl + path)).build();
        return CLIENT.send(request, HttpResponse.BodyHandlers.ofByteArray());
    }

    private Path file(String name, byte[] content) throws IOException {
        return Files.write(directory.resolve(name), content);
    }

    /** The first example of the README, whose figures come from a larger file. */
    @Test
    void theReadmeShowsTheOutputOfTheProgram() throws Exception {
        String readme = Files.readString(Path.of("README.md"));
        String started = between(readme, "$ ./run.sh access.log\n", "$ curl");
        JsonObject shown = new JsonObject(between(readme, "lines/99999999999\n", "```"));
        serve("serve", file("access.log", Samples.random(5_000, 100, 63)).toString());
        assertEquals(shape(started), shape(Program.text(Program.err(directory.resolve("serve")))));
        HttpResponse<byte[]> response = get("/lines/99999999999");
        JsonObject answered = new JsonObject(new String(response.body(), StandardCharsets.UTF_8));
        assertEquals(shown.fieldNames(), answered.fieldNames());
        for (String member : List.of("type", "title", "status")) {
            assertEquals(shown.getValue(member), answered.getValue(member));
        }
        assertEquals(shape(shown.getString("detail")), shape(answered.getString("detail")));
        assertEquals(200, get(shown.getString("type")).statusCode());
    }

    private static String between(String text, String before, String after) {
        int start = text.indexOf(before) + before.length();
        return text.substring(start, text.indexOf(after, start));
    }

    private static String shape(String output) {
        return output.replaceAll("from /\\S+", "from FILE")
                .replaceAll("\\d[\\d,.:]*", "0")
                .replaceAll("\\b([KMGT]i)?B\\b", "B")
                .strip();
    }

    @Test
    void aFileIsServedByOneCommand() throws Exception {
        byte[] content = Samples.random(20_000, 200, 41);
        List<byte[]> lines = Samples.linesOf(content);
        serve("serve", file("a file.txt", content).toString());
        for (int i = 0; i < lines.size(); i += 97) {
            HttpResponse<byte[]> response = get("/lines/" + (i + 1));
            assertEquals(200, response.statusCode());
            assertArrayEquals(lines.get(i), response.body(), "line " + (i + 1));
        }
        assertEquals(413, get("/lines/20001").statusCode());
        assertEquals(400, get("/lines/x").statusCode());
        assertEquals(404, get("/datasets/none/lines/1").statusCode());
        assertTrue(new String(get("/datasets").body(), StandardCharsets.UTF_8).contains("\"lines\":20000"));
        assertTrue(new String(get("/q/openapi").body(), StandardCharsets.UTF_8).contains("/lines/{n}"));
        assertTrue(new String(get("/q/metrics").body(), StandardCharsets.UTF_8)
                .contains("line_server_dataset_lines{dataset=\"default\"} 20000.0"));
    }

    @Test
    void theLogAndTheAccessLogAreJsonIfTheSettingsSaySo() throws Exception {
        serve("serve", file("x.txt", Samples.random(100, 20, 46)).toString(), "--log-format=json", "--access-log=json");
        assertEquals(200, get("/lines/1").statusCode());
        Path log = directory.resolve("serve");
        Awaitility.await().until(() -> Program.text(Program.out(log)).contains("\"target\":\"/lines/1\""));
        List<JsonObject> answers =
                Program.text(Program.out(log)).lines().map(JsonObject::new).toList();
        assertEquals("/lines/1", answers.getLast().getString("target"));
        // What is printed before the server starts is for the person who starts it.
        List<JsonObject> messages = Program.text(Program.err(log))
                .lines()
                .filter(line -> !line.startsWith("line-server: "))
                .map(JsonObject::new)
                .toList();
        assertTrue(
                messages.stream()
                        .anyMatch(message -> message.getString("message").startsWith("listening at ")
                                && message.getString("level").equals("INFO")),
                messages::toString);
    }

    /** The sender of spans is found by name, which a native executable must be told. */
    @Test
    void spansArePostedToACollector() throws Exception {
        HttpServer collector = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        List<String> received = new CopyOnWriteArrayList<>();
        collector.createContext("/v1/traces", exchange -> {
            received.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.ISO_8859_1));
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        collector.start();
        try {
            String url = "http://127.0.0.1:" + collector.getAddress().getPort() + "/v1/traces";
            serve("serve", file("x.txt", Samples.random(100, 20, 47)).toString(), "--traces=" + url);
            // The first export may be late, and is then dropped.
            Awaitility.await().atMost(Duration.ofMinutes(1)).until(() -> {
                assertEquals(200, get("/lines/7").statusCode());
                return received.stream().anyMatch(spans -> spans.contains("GET /lines/{n}"));
            });
        } finally {
            collector.stop(0);
        }
    }

    @Test
    void aKeyThatTheProgramMadeOpensItsDatasetOnly() throws Exception {
        Program.Result made = Program.run(directory.resolve("key"), "key", "web", "--datasets", "other");
        List<String> out =
                new String(made.out(), StandardCharsets.US_ASCII).lines().toList();
        String key =
                out.stream().filter(line -> line.startsWith("lsk_")).findFirst().orElseThrow();
        String entry = out.stream()
                .filter(line -> line.contains("sha256:"))
                .findFirst()
                .orElseThrow();
        Path keys = Files.writeString(directory.resolve("keys"), entry.replaceFirst("other$", "default") + "\n");
        serve(
                "serve",
                file("x.txt", "one\ntwo\n".getBytes(StandardCharsets.US_ASCII)).toString(),
                "--api-keys=" + keys);
        assertEquals(401, get("/lines/2").statusCode());
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(baseUrl + "/lines/2")).header("Authorization", "Bearer " + key);
        assertEquals(
                "two",
                CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofString())
                        .body());
        Files.writeString(keys, entry + "\n");
        Awaitility.await()
                .until(() -> CLIENT.send(request.build(), HttpResponse.BodyHandlers.discarding())
                                .statusCode()
                        == 403);
    }

    @Test
    void linesAreStoredInAndServedFromACluster() throws Exception {
        byte[] content = Samples.random(5_000, 200, 45);
        List<byte[]> lines = Samples.linesOf(content);
        try (FakeAerospikeNode node = new FakeAerospikeNode()) {
            String source = file("x.txt", content).toString();
            serve("serve", source, "--aerospike=" + node.address(), "--aerospike-timeout=20000");
            List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
            for (int i = 0; i < lines.size(); i += STEP) {
                HttpRequest request = HttpRequest.newBuilder(URI.create(baseUrl + "/lines/" + (i + 1)))
                        .build();
                answers.add(CLIENT.sendAsync(request, HttpResponse.BodyHandlers.ofByteArray()));
            }
            for (int i = 0; i < answers.size(); i++) {
                HttpResponse<byte[]> answer = answers.get(i).get(1, TimeUnit.MINUTES);
                assertEquals(200, answer.statusCode());
                assertArrayEquals(lines.get(STEP * i), answer.body(), "line " + (STEP * i + 1));
            }
            assertEquals(413, get("/lines/5001").statusCode());
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void theEpollTransportIsUsedOnLinux() throws Exception {
        serve("serve", file("x.txt", Samples.random(10, 10, 44)).toString());
        Path mapped = Path.of("/proc", Objects.requireNonNull(server).pid() + "", "maps");
        assertTrue(Files.readString(mapped).contains("netty_transport_native_epoll"));
    }

    @Test
    void plainAndCompressedSourcesAreReadBack() throws Exception {
        byte[] content = Objects.requireNonNull(Samples.all().get("a line of 3 MiB, not ended"));
        Path gzip = directory.resolve("x.gz");
        try (OutputStream packed = new GZIPOutputStream(Files.newOutputStream(gzip))) {
            packed.write(content);
        }
        Path zstd = directory.resolve("x.zst");
        try (OutputStream packed = new ZstdOutputStream(Files.newOutputStream(zstd))) {
            packed.write(content);
        }
        Path plain = file("x", content);
        for (Path source : List.of(gzip, zstd, plain)) {
            Program.Result ingested = run("ingest", source.toString(), "--json");
            assertEquals(0, ingested.exitCode(), ingested.err());
            Program.Result verified = run("verify", plain.toString());
            assertEquals(0, verified.exitCode(), verified.err());
        }
        byte[] longLine = Samples.linesOf(content).getLast();
        assertArrayEquals(longLine, run("get", "3").out());
        serve("serve");
        assertArrayEquals(longLine, get("/lines/3").body());
    }

    @Test
    void failuresHaveExitCodesAndMessages() throws Exception {
        Program.Result missing = run("ingest", directory.resolve("none").toString());
        assertEquals(1, missing.exitCode());
        assertTrue(missing.err().contains("does not exist"), missing.err());
        assertEquals(0, missing.out().length);
        assertEquals(2, run("ingest").exitCode());
        assertEquals(1, run("datasets", "--aerospike=127.0.0.1:1").exitCode());
        assertEquals(0, Program.run(directory.resolve("help"), "--help").exitCode());
    }

    @Test
    void anIngestKilledAtAnyMomentLeavesTheLastVersion() throws Exception {
        byte[] before = Samples.random(1_000, 100, 51);
        run("ingest", file("before", before).toString(), "--copy");
        Path after = file("after", Samples.random(400_000, 250, 52));
        Random random = new Random(53);
        for (int round = 0; round < 6; round++) {
            Process ingest = Program.start(
                    directory.resolve("ingest"),
                    "ingest",
                    after.toString(),
                    "--copy",
                    "--data-dir=" + directory.resolve("data"));
            boolean ended = ingest.waitFor(100L + random.nextInt(1_500), TimeUnit.MILLISECONDS);
            ingest.destroyForcibly().waitFor();
            Program.Result stillThere =
                    run("verify", directory.resolve("before").toString());
            Program.Result published = run("verify", after.toString());
            assertTrue(
                    stillThere.exitCode() == 0 || published.exitCode() == 0,
                    "round " + round + ", ended " + ended + ": " + stillThere.err() + published.err());
        }
        run("ingest", directory.resolve("before").toString(), "--copy");
        try (var entries = Files.list(directory.resolve("data/default"))) {
            // The version, the file that lists it, and the copy of that file.
            assertEquals(3, entries.count(), "an ingest must remove the remains of earlier ones");
        }
    }

    @Test
    void aChangedSourceIs503OnAPersistentConnection() throws Exception {
        Path source = file("served", "a\nb\n".getBytes(StandardCharsets.US_ASCII));
        serve("serve", source.toString());
        URI uri = URI.create(baseUrl);
        byte[] request = "GET /lines/2 HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
        try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
            socket.setSoTimeout((int) Duration.ofMinutes(1).toMillis());
            for (int i = 0; i < 4; i++) {
                socket.getOutputStream().write(request);
                assertTrue(answer(socket, "\r\n\r\nb").startsWith("HTTP/1.1 200 "));
            }
            Files.writeString(source, "c\n", StandardOpenOption.APPEND);
            socket.getOutputStream().write(request);
            String refused = answer(socket, "}");
            assertTrue(refused.startsWith("HTTP/1.1 503 "), refused);
        }
    }

    /** Reads a response up to and including {@code last}. */
    private static String answer(Socket socket, String last) throws IOException {
        StringBuilder answer = new StringBuilder();
        while (!answer.toString().endsWith(last)) {
            int next = socket.getInputStream().read();
            assertTrue(next >= 0, "the connection was closed after: " + answer);
            answer.append((char) next);
        }
        return answer.toString();
    }

    @Test
    void noRequestFailsAfterSigtermUnderLoad() throws Exception {
        byte[] content = Samples.random(5_000, 100, 61);
        List<byte[]> lines = Samples.linesOf(content);
        serve("serve", file("served", content).toString());
        AtomicBoolean stopping = new AtomicBoolean();
        CompletableFuture<Integer> answered = CompletableFuture.supplyAsync(() -> sendRequests(lines, stopping));
        Awaitility.await().until(() -> isReady());
        stopping.set(true);
        Process terminated = Objects.requireNonNull(server);
        terminated.destroy();
        assertTrue(answered.get(1, TimeUnit.MINUTES) > 0);
        assertTrue(terminated.waitFor(40, TimeUnit.SECONDS), "the server is still running after its grace period");
        assertEquals(TERMINATED, terminated.exitValue());
        assertFalse(Program.text(Program.err(directory.resolve("serve"))).contains("Exception"));
    }

    @Test
    void aLongResponseInFlightIsCompletedAfterSigterm() throws Exception {
        byte[] line = new byte[32 << 20];
        Arrays.fill(line, (byte) 'x');
        byte[] content = Arrays.copyOf("short\n".getBytes(StandardCharsets.US_ASCII), 6 + line.length);
        System.arraycopy(line, 0, content, 6, line.length);
        serve("serve", file("served", content).toString());
        URI uri = URI.create(baseUrl);
        try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
            socket.setSoTimeout(60_000);
            // The router answers the first request of a connection, the fast path the second.
            String requests = "GET /lines/1 HTTP/1.1\r\nHost: x\r\n\r\nGET /lines/2 HTTP/1.1\r\nHost: x\r\n\r\n";
            socket.getOutputStream().write(requests.getBytes(StandardCharsets.US_ASCII));
            byte[] begun = socket.getInputStream().readNBytes(1 << 16);
            Process terminated = Objects.requireNonNull(server);
            terminated.destroy();
            assertFalse(terminated.waitFor(2, TimeUnit.SECONDS), "the server ended before the response was complete");
            byte[] rest = socket.getInputStream().readAllBytes();
            String all = new String(begun, StandardCharsets.US_ASCII) + new String(rest, StandardCharsets.US_ASCII);
            assertTrue(all.endsWith(new String(line, StandardCharsets.US_ASCII)), "the response was truncated");
            assertTrue(terminated.waitFor(40, TimeUnit.SECONDS), "the server is still running after its grace period");
        }
    }

    /** One request of the connection is being answered, and the body of the next one is incomplete. */
    @Test
    void aClientThatVanishesLeavesNoRequestThatTheServerWaitsFor() throws Exception {
        byte[] content = new byte[32 << 20];
        Arrays.fill(content, (byte) 'x');
        serve("serve", file("served", content).toString());
        URI uri = URI.create(baseUrl);
        for (int i = 0; i < 4; i++) {
            try (Socket socket = new Socket(uri.getHost(), uri.getPort())) {
                socket.setSoTimeout(60_000);
                String requests = "GET /lines HTTP/1.1\r\nHost: x\r\n\r\n"
                        + "POST /lines HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
                socket.getOutputStream().write(requests.getBytes(StandardCharsets.US_ASCII));
                assertEquals(1 << 16, socket.getInputStream().readNBytes(1 << 16).length);
                // The unread rest makes the client reset the connection.
            }
        }
        assertEquals(200, get("/lines/1").statusCode());
        Process terminated = Objects.requireNonNull(server);
        terminated.destroy();
        assertTrue(
                terminated.waitFor(SECONDS_WITHOUT_REQUESTS, TimeUnit.SECONDS),
                "the server waits for a request of a client that is gone");
        assertFalse(
                Files.readString(Program.err(directory.resolve("serve"))).contains("Exception"),
                () -> "a client filled the log");
    }

    /** The client has sent all of its request, and the server closes the connection. */
    @Test
    void anAnswerThatIsCutOffLeavesNoRequestThatTheServerWaitsFor() throws Exception {
        Path data = directory.resolve("data");
        serve("serve", file("served", Samples.random(20_000, 100, 63)).toString(), "--copy");
        Path lines;
        try (Stream<Path> files = Files.walk(data)) {
            lines = files.filter(path -> path.endsWith("lines")).findFirst().orElseThrow();
        }
        try (FileChannel channel = FileChannel.open(lines, StandardOpenOption.WRITE)) {
            channel.truncate(channel.size() / 2);
        }
        String numbers =
                IntStream.rangeClosed(7_000, 16_000).mapToObj(Integer::toString).collect(Collectors.joining(","));
        HttpRequest request = HttpRequest.newBuilder(URI.create(baseUrl + "/lines"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"numbers\":[" + numbers + "]}"))
                .version(HttpClient.Version.HTTP_1_1)
                .build();
        assertThrows(IOException.class, () -> CLIENT.send(request, HttpResponse.BodyHandlers.ofByteArray()));
        Process terminated = Objects.requireNonNull(server);
        terminated.destroy();
        assertTrue(
                terminated.waitFor(SECONDS_WITHOUT_REQUESTS, TimeUnit.SECONDS),
                "the server waits for a request that it has cut off");
    }

    /** Sends requests until the server stops listening. Every response must hold the requested line. */
    private int sendRequests(List<byte[]> lines, AtomicBoolean stopping) {
        Random random = new Random(62);
        int answered = 0;
        try {
            while (true) {
                int i = random.nextInt(lines.size());
                HttpResponse<byte[]> response = get("/lines/" + (i + 1));
                assertEquals(200, response.statusCode());
                assertArrayEquals(lines.get(i), response.body());
                answered++;
            }
        } catch (IOException closed) {
            assertTrue(stopping.get(), closed.toString());
            return answered;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
