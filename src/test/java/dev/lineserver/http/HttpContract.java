package dev.lineserver.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;

import io.vertx.core.json.JsonObject;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import dev.lineserver.store.Samples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * The HTTP contract. It runs against the application, and against a plain server for each store, with the fast path on and
 * off.
 */
abstract class HttpContract {
    private static final List<byte[]> LINES = Samples.linesOf(ServedStore.CONTENT);
    static final List<byte[]> EDGES = Samples.linesOf(ServedStore.EDGES);
    private static final List<byte[]> LONG = Samples.linesOf(ServedStore.LONG);
    static final String IMMUTABLE = "public, max-age=31536000, immutable";
    private static final String PROBLEM = "application/problem+json";
    private static final String CLOSING_REQUEST = "GET /lines/2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    /** Requests whose answer is the same on a new connection and on one that has answered others. */
    private static final List<String> REQUESTS = List.of(
            "GET /lines/1",
            "GET /lines/3000",
            "GET /lines/0003",
            "GET /lines/7/",
            "GET /lines/7?x=/8",
            "GET /lines/0",
            "GET /lines/3001",
            "GET /lines/9999999999999999999999",
            "GET /lines/-1",
            "GET /lines/+1",
            "GET /lines/1x",
            "GET /lines/%31",
            "GET /lines/",
            "GET /lines",
            "GET /lines?start=7&count=5",
            "GET /lines/?start=7&count=5",
            "GET /lines?start=3001",
            "GET /lines?count=0",
            "HEAD /lines",
            "DELETE /lines",
            "GET /datasets/edges/lines?count=3",
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
            "GET /datasets/edges/versions/1/lines/2",
            "GET /datasets/edges/versions/01/lines/0002/",
            "GET /datasets/edges/versions/1/lines/0",
            "GET /datasets/edges/versions/1/lines/9",
            "HEAD /datasets/edges/versions/1/lines/2",
            "DELETE /datasets/edges/versions/1/lines/2",
            "GET /datasets/edges/versions/0/lines/2",
            "GET /datasets/edges/versions/99/lines/2",
            "GET /datasets/edges/versions/99999999999999999999/lines/2",
            "GET /datasets/edges/versions/-1/lines/2",
            "GET /datasets/edges/versions/1?x=/lines/2",
            "GET /datasets/edges/versions/x/lines/2",
            "GET /datasets/edges/versions//lines/2",
            "GET /datasets/edges/versions/lines/2",
            "GET /datasets/edges/versions/1/lines",
            "GET /datasets/none/versions/1/lines/2",
            "GET /lines/versions/1/lines/2",
            "GET /lineS/2",
            "GET /");

    /** Requests of all kinds; most of those sent are the first one. */
    private static final List<String> MIXED = List.of(
            request("GET /lines/2", ""),
            request("GET /lines/1", ""),
            request("GET /datasets/edges/lines/2", ""),
            request("GET /lines/2", "Connection: keep-alive\r\n"),
            request("GET /lines/2", "If-None-Match: *\r\n"),
            request("GET /lines/2", "if-match:\"x\"\r\n"),
            request("GET /lines/2", "Accept: application/json\r\n"),
            request("GET /lines/2", "Accept: text/html, */*\r\n"),
            request("GET /lines/2", "accept:x\r\nACCEPT:Application/Octet-Stream;q=0.1\r\n"),
            request("GET /lines/3", "Content-Length: 5\r\n") + "GET /",
            request("GET /lines/3", "Transfer-Encoding: chunked\r\n") + "5\r\nGET /\r\n0\r\n\r\n",
            request("GET /lines/3001", ""),
            request("GET /lines", "Range: lines=5-9\r\n"),
            request("GET /lines?start=5&count=900", "Accept-Encoding: gzip\r\n"),
            request("GET /lines", "Range: lines=3001-\r\n"),
            request("GET /datasets/long/lines?start=2&count=1", ""),
            request("GET /lines/x", ""),
            request("HEAD /lines/2", ""),
            request("GET /datasets/edges", ""),
            request("GET /datasets/edges/versions/1/lines/2", ""),
            request("GET /datasets/edges/versions/1/lines/9", ""),
            request("GET /datasets/edges/versions/9/lines/2", ""),
            request("GET /datasets/long/versions/1/lines/1", ""),
            request("GET /datasets/long/lines/1", ""),
            request("GET /lines/2", "Cookie: " + "x".repeat(3000) + "\r\n"),
            request("GET /", ""));

    /** Port of the server under test, on the loopback interface. */
    abstract int port();

    /** The protocol that a client uses. Java's client upgrades to HTTP/2 in clear text with its first request. */
    enum Protocol {
        HTTP_1_1(HttpClient.Version.HTTP_1_1),
        HTTP_2(HttpClient.Version.HTTP_2);

        final HttpClient client;

        Protocol(HttpClient.Version version) {
            client = HttpClient.newBuilder().version(version).build();
        }
    }

    HttpRequest build(String method, String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
                .method(method, HttpRequest.BodyPublishers.noBody());
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return request.build();
    }

    HttpResponse<byte[]> send(Protocol protocol, String method, String path, String... headers) throws Exception {
        HttpResponse<byte[]> response =
                protocol.client.send(build(method, path, headers), HttpResponse.BodyHandlers.ofByteArray());
        assertEquals(protocol.client.version(), response.version());
        return response;
    }

    byte[] line(Protocol protocol, String path) throws Exception {
        HttpResponse<byte[]> response = send(protocol, "GET", path);
        assertEquals(200, response.statusCode(), path);
        return response.body();
    }

    static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("");
    }

    final JsonObject problem(Protocol protocol, int status, String method, String path, String... headers)
            throws Exception {
        HttpResponse<byte[]> response = send(protocol, method, path, headers);
        assertEquals(status, response.statusCode(), path);
        assertEquals(PROBLEM, header(response, "content-type"), path);
        assertEquals("no-store", header(response, "cache-control"), path);
        JsonObject problem = new JsonObject(new String(response.body(), StandardCharsets.UTF_8));
        assertEquals(status, problem.getInteger("status"));
        return problem;
    }

    @ParameterizedTest
    @EnumSource
    void everyLineComesBackByteForByte(Protocol protocol) throws Exception {
        for (int i = 0; i < LINES.size(); i += 29) {
            assertArrayEquals(LINES.get(i), line(protocol, "/lines/" + (i + 1)), "line " + (i + 1));
        }
        assertArrayEquals(LINES.getLast(), line(protocol, "/lines/" + LINES.size()));
        for (int i = 0; i < EDGES.size(); i++) {
            HttpResponse<byte[]> response = send(protocol, "GET", "/datasets/edges/lines/" + (i + 1));
            assertArrayEquals(EDGES.get(i), response.body(), "edge " + (i + 1));
            assertEquals(String.valueOf(EDGES.get(i).length), header(response, "content-length"));
        }
        for (int i = 0; i < LONG.size(); i++) {
            assertArrayEquals(LONG.get(i), line(protocol, "/datasets/long/lines/" + (i + 1)), "long line " + (i + 1));
        }
    }

    /** The first request of a connection has a code path of its own: Vert.x has not yet added its handlers. */
    @Test
    void aLongLineArrivesWholeOnEachOfAHundredNewConnections() throws Exception {
        for (int i = 0; i < 100; i++) {
            byte[] line = LONG.get(i % LONG.size());
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
                socket.setSoTimeout(60_000);
                String path = "/datasets/long/lines/" + (i % LONG.size() + 1);
                socket.getOutputStream().write(request("GET " + path, "").getBytes(StandardCharsets.US_ASCII));
                InputStream in = socket.getInputStream();
                StringBuilder head = new StringBuilder();
                while (head.indexOf("\r\n\r\n") < 0) {
                    head.append((char) in.read());
                }
                assertTrue(head.toString().startsWith("HTTP/1.1 200 "), head.toString());
                assertArrayEquals(line, in.readNBytes(line.length), "connection " + i);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLineHasTheHeadersOfTheContract(Protocol protocol) throws Exception {
        HttpResponse<byte[]> response = send(protocol, "GET", "/lines/1");
        assertEquals("text/plain; charset=UTF-8", header(response, "content-type"));
        assertEquals("no-cache", header(response, "cache-control"));
        assertTrue(header(response, "etag").startsWith("\""));
    }

    @ParameterizedTest
    @EnumSource
    void aliasesTrailingSlashesAndUnnormalisedPathsAnswerAlike(Protocol protocol) throws Exception {
        for (String path : List.of(
                "/lines/2/",
                "/line_server/lines/2",
                "/line_server/lines/2/",
                "/datasets/default/lines/2",
                "/datasets/default/lines/2/",
                "/lines/0002",
                "/lines/%32",
                "//lines/2",
                "/x/../lines/2",
                "/%6Cines/2")) {
            assertArrayEquals(LINES.get(1), line(protocol, path), path);
        }
        assertArrayEquals(EDGES.get(1), line(protocol, "/datasets/edges/versions/01/lines/0002/"));
    }

    @ParameterizedTest
    @EnumSource
    void beyondTheEndIs413NamingTheLineCount(Protocol protocol) throws Exception {
        for (String number : List.of(
                "3001", "3002", "4294967297", "9223372036854775807", "9223372036854775808", "1" + "0".repeat(40))) {
            JsonObject problem = problem(protocol, 413, "GET", "/lines/" + number);
            assertEquals("/problems/past-the-end", problem.getString("type"));
            assertEquals(3000, problem.getInteger("lines"));
            assertTrue(problem.getString("detail").contains("3000 lines"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void anInvalidLineNumberIs400WithTheRule(Protocol protocol) throws Exception {
        for (String number : List.of("0", "-1", "+1", "1.5", "1e3", "abc", "1/2", "1%20")) {
            JsonObject problem = problem(protocol, 400, "GET", "/lines/" + number);
            assertTrue(problem.getString("detail").contains("a line number is a whole number"), number);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "404, GET, /datasets/none/lines/1",
        "404, GET, /elsewhere",
        "404, GET, /datasets/edges/more",
        "404, GET, /datasets/edges/versions/2/lines/1",
        "404, GET, /datasets/edges/versions/0/lines/1",
        "404, GET, /datasets/none/versions/1/lines/1",
        "400, GET, /datasets/edges/versions/x/lines/1",
        "400, GET, /datasets/edges/versions/1/lines/x",
        "413, GET, /datasets/edges/versions/1/lines/99",
        "405, POST, /datasets/edges/versions/1/lines/1",
        "405, POST, /lines/1",
        "405, DELETE, /lines/1"
    })
    final void everyErrorIsAProblem(int status, String method, String path) throws Exception {
        assertProblem(status, method, path);
    }

    final void assertProblem(int status, String method, String path, String... headers) throws Exception {
        for (Protocol protocol : Protocol.values()) {
            problem(protocol, status, method, path, headers);
            if (status == 405) {
                assertEquals("GET, HEAD", header(send(protocol, method, path), "allow"));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void headAnswersAsGetWithoutTheBody(Protocol protocol) throws Exception {
        for (String path : List.of("/lines/2", "/lines/9999", "/lines/x", "/datasets/edges/lines/5")) {
            HttpResponse<byte[]> get = send(protocol, "GET", path);
            HttpResponse<byte[]> head = send(protocol, "HEAD", path);
            assertEquals(get.statusCode(), head.statusCode());
            assertEquals(get.headers().map(), head.headers().map());
            assertEquals(0, head.body().length);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aMatchingIfNoneMatchIs304(Protocol protocol) throws Exception {
        String etag = header(send(protocol, "GET", "/lines/5"), "etag");
        for (String sent : List.of(etag, "\"other\", " + etag, "W/" + etag, "*")) {
            HttpResponse<byte[]> response = send(protocol, "GET", "/lines/5", "If-None-Match", sent);
            assertEquals(304, response.statusCode(), sent);
            assertEquals(0, response.body().length);
            assertEquals(etag, header(response, "etag"));
        }
        assertEquals(
                304,
                send(protocol, "GET", "/lines/5", "If-None-Match", "\"a\"", "If-None-Match", etag)
                        .statusCode());
        for (String sent : List.of("\"other\"", etag.replace("-4", "-5"), "")) {
            assertEquals(
                    200,
                    send(protocol, "GET", "/lines/5", "If-None-Match", sent).statusCode(),
                    sent);
        }
        assertEquals(
                413, send(protocol, "GET", "/lines/5000", "If-None-Match", "*").statusCode());
    }

    @ParameterizedTest
    @EnumSource
    void anIfMatchWithoutTheTagIs412(Protocol protocol) throws Exception {
        for (String path : List.of("/lines/5", "/lines?start=5&count=3", "/lines")) {
            String etag = header(send(protocol, "GET", path), "etag");
            for (String sent : List.of(etag, "\"other\", " + etag, "*")) {
                assertEquals(200, send(protocol, "GET", path, "If-Match", sent).statusCode(), sent);
            }
            assertEquals(
                    304,
                    send(protocol, "GET", path, "If-Match", etag, "If-None-Match", etag)
                            .statusCode());
            for (String sent : List.of("\"other\"", "W/" + etag, "")) {
                for (String method : List.of("GET", "HEAD")) {
                    assertEquals(
                            412, send(protocol, method, path, "If-Match", sent).statusCode(), sent);
                }
                JsonObject problem = problem(
                        protocol, 412, "GET", path, "If-Match", sent, "If-None-Match", "*", "Range", "lines=9999-");
                assertEquals("/problems/precondition-failed", problem.getString("type"));
                assertTrue(problem.getString("detail").contains(etag), problem.getString("detail"));
            }
        }
        JsonObject json = problem(protocol, 412, "GET", "/lines/5", "If-Match", "\"x\"", "Accept", "application/json");
        assertTrue(json.getString("detail").contains("-json-"), json.getString("detail"));
        assertEquals(
                413, send(protocol, "GET", "/lines/5000", "If-Match", "\"x\"").statusCode());
    }

    /** Ingests, a held version, its publication, a rollback and a drop, as a running server and its clients see them. */
    @ParameterizedTest
    @EnumSource
    void aNamedVersionIsReadableUntilItIsGone(Protocol protocol) throws Exception {
        String dataset = "kept-" + (protocol == Protocol.HTTP_2 ? "h2" : "h1");
        String current = "/datasets/" + dataset + "/lines/1";
        long first = ingestKept(dataset, "one\n", false);
        awaitAnswer(protocol, current, 200, "one");
        long second = ingestKept(dataset, "eins\nzwei\n", false);
        awaitAnswer(protocol, current, 200, "eins");
        String firstPath = "/datasets/" + dataset + "/versions/" + first + "/lines/";
        String secondPath = "/datasets/" + dataset + "/versions/" + second + "/lines/";
        HttpResponse<byte[]> kept = send(protocol, "GET", firstPath + 1);
        assertEquals("one", new String(kept.body(), StandardCharsets.UTF_8));
        assertEquals(IMMUTABLE, header(kept, "cache-control"));
        assertEquals(1, problem(protocol, 413, "GET", firstPath + 2).getInteger("lines"));
        assertEquals("zwei", new String(line(protocol, secondPath + 2), StandardCharsets.UTF_8));

        long third = ingestKept(dataset, "un\n", true);
        String thirdPath = "/datasets/" + dataset + "/versions/" + third + "/lines/";
        JsonObject held = problem(protocol, 404, "GET", thirdPath + 1);
        assertEquals("/problems/no-such-version", held.getString("type"));
        ServedStore.publish(dataset, third, 2);
        awaitAnswer(protocol, current, 200, "un");
        assertEquals("un", new String(line(protocol, thirdPath + 1), StandardCharsets.UTF_8));
        assertEquals("eins", new String(line(protocol, secondPath + 1), StandardCharsets.UTF_8));
        awaitAnswer(protocol, firstPath + 1, 410, "/problems/version-gone");

        String etag = header(send(protocol, "GET", thirdPath + 1), "etag");
        ServedStore.publish(dataset, second, Integer.MAX_VALUE);
        awaitAnswer(protocol, current, 200, "eins");
        HttpResponse<byte[]> rolledBack = send(protocol, "GET", thirdPath + 1);
        assertEquals("un", new String(rolledBack.body(), StandardCharsets.UTF_8));
        assertEquals(etag, header(rolledBack, "etag"));
        assertEquals(
                header(send(protocol, "GET", current), "etag"), header(send(protocol, "GET", secondPath + 1), "etag"));
        ServedStore.drop(dataset);
        awaitAnswer(protocol, current, 404, "no dataset " + dataset);
        assertEquals(
                "/problems/no-such-dataset",
                problem(protocol, 404, "GET", thirdPath + 1).getString("type"));
    }

    static long ingestKept(String dataset, String content, boolean hold) throws Exception {
        return ServedStore.ingest(dataset, content.getBytes(StandardCharsets.UTF_8), 2, hold)
                .version();
    }

    /** The path of a line of a version that stays the same for ever. */
    @ParameterizedTest
    @EnumSource
    void aLineOfANamedVersionIsTheSameLineAndImmutable(Protocol protocol) throws Exception {
        for (int line : new int[] {1, 2, 3, 5}) {
            HttpResponse<byte[]> current = send(protocol, "GET", "/datasets/edges/lines/" + line);
            for (String slash : List.of("", "/")) {
                String path = "/datasets/edges/versions/1/lines/" + line + slash;
                HttpResponse<byte[]> pinned = send(protocol, "GET", path);
                assertEquals(200, pinned.statusCode());
                assertArrayEquals(current.body(), pinned.body(), path);
                assertEquals(IMMUTABLE, header(pinned, "cache-control"));
                for (String name : List.of("etag", "content-type", "content-length")) {
                    assertEquals(header(current, name), header(pinned, name));
                }
                HttpResponse<byte[]> head = send(protocol, "HEAD", path);
                assertEquals(pinned.headers().map(), head.headers().map());
                assertEquals(0, head.body().length);
                HttpResponse<byte[]> unmodified = send(protocol, "GET", path, "If-None-Match", header(current, "etag"));
                assertEquals(304, unmodified.statusCode());
                assertEquals(IMMUTABLE, header(unmodified, "cache-control"));
                assertEquals(header(current, "etag"), header(unmodified, "etag"));
            }
        }
        for (int i = 0; i < LONG.size(); i++) {
            HttpResponse<byte[]> pinned = send(protocol, "GET", "/datasets/long/versions/1/lines/" + (i + 1));
            assertArrayEquals(LONG.get(i), pinned.body(), "long line " + (i + 1));
            assertEquals(IMMUTABLE, header(pinned, "cache-control"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aNewVersionIsServedAndADroppedDatasetIsGone(Protocol protocol) throws Exception {
        ServedStore.ingest("moving", "one\n".getBytes(StandardCharsets.UTF_8), false);
        awaitAnswer(protocol, "/datasets/moving/lines/1", 200, "one");
        String etag = header(send(protocol, "GET", "/datasets/moving/lines/1"), "etag");
        ServedStore.ingest("moving", "eins\nzwei\n".getBytes(StandardCharsets.UTF_8), false);
        awaitAnswer(protocol, "/datasets/moving/lines/1", 200, "eins");
        awaitAnswer(protocol, "/datasets/moving/lines/2", 200, "zwei");
        assertEquals(
                200,
                send(protocol, "GET", "/datasets/moving/lines/1", "If-None-Match", etag)
                        .statusCode());
        ServedStore.drop("moving");
        awaitAnswer(protocol, "/datasets/moving/lines/1", 404, "no dataset moving");
    }

    void awaitAnswer(Protocol protocol, String path, int status, String text) {
        Awaitility.await().atMost(java.time.Duration.ofSeconds(60)).untilAsserted(() -> {
            HttpResponse<byte[]> response = send(protocol, "GET", path);
            assertEquals(status, response.statusCode());
            assertTrue(new String(response.body(), StandardCharsets.UTF_8).contains(text));
        });
    }

    /** Sends requests, and returns all bytes received until the server closes the connection. */
    private String exchange(String requests) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
            socket.setSoTimeout(60_000);
            socket.getOutputStream().write(requests.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    static String request(String methodAndPath, String headers) {
        return methodAndPath + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n";
    }

    /** Returns the answer to one request that is the first on its connection. */
    String answerTo(String request) throws IOException {
        String last = exchange(CLOSING_REQUEST);
        String answers = exchange(request + CLOSING_REQUEST);
        assertTrue(answers.endsWith(last), request);
        return answers.substring(0, answers.length() - last.length());
    }

    @Test
    void aKeptConnectionAnswersAsANewOne() throws IOException {
        String all = REQUESTS.stream().map(request -> request(request, "")).collect(Collectors.joining());
        StringBuilder expected = new StringBuilder();
        for (String request : REQUESTS) {
            expected.append(answerTo(request(request, "")));
        }
        expected.append(exchange(CLOSING_REQUEST));
        assertEquals(expected.toString(), exchange(all + CLOSING_REQUEST));
        String first = request("GET /lines/1", "");
        assertEquals(answerTo(first) + expected, exchange(first + all + CLOSING_REQUEST));
    }

    /** What arrives together makes no difference: a seed that fails is in the message. */
    @Test
    void answersKeepTheOrderOfRequests() throws IOException {
        Map<String, String> answers = new HashMap<>();
        for (String request : MIXED) {
            answers.put(request, answerTo(request));
        }
        String last = exchange(CLOSING_REQUEST);
        for (int seed = 0; seed < 10; seed++) {
            Random random = new Random(seed);
            StringBuilder expected = new StringBuilder();
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port())) {
                socket.setTcpNoDelay(true);
                socket.setSoTimeout(60_000);
                InputStream in = socket.getInputStream();
                OutputStream out = socket.getOutputStream();
                StringBuilder got = new StringBuilder();
                for (int burst = 0; burst < 20; burst++) {
                    StringBuilder requests = new StringBuilder();
                    int size = random.nextInt(3) == 0 ? random.nextInt(100) : 1;
                    for (int i = 0; i < size; i++) {
                        String request = MIXED.get(random.nextInt(4) == 0 ? random.nextInt(MIXED.size()) : 0);
                        requests.append(request);
                        expected.append(answers.get(request));
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
                out.write(CLOSING_REQUEST.getBytes(StandardCharsets.ISO_8859_1));
                got.append(new String(in.readAllBytes(), StandardCharsets.ISO_8859_1));
                assertEquals(expected + last, got.toString(), "seed " + seed);
            }
        }
    }

    /**
     * The server refuses each with a problem, or without a body, and closes the connection. It does not take the bytes
     * that follow for a request.
     */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "GET /lines/2 HTTP/1.1\\n\\n | 400",
                "GET /lines/2 HTTP/1.1\\nHost: x\\nHost: x\\n\\n | 400",
                "GET /lines/2 HTTP/1.1\\nHost: x\\nTransfer-Encoding: gzip\\n\\n | 501",
                "GET /lines/2 HTTP/1.1\\nHost: x\\nContent-Length: 100000\\n\\n | 400",
                "POST /lines/2 HTTP/1.1\\nHost: x\\nContent-Length: 100000\\n\\n | 400",
                "GET /lines/2 HTTP/1.1\\nno colon\\n\\n | 400",
                "GET /lines/2 HTTP/1.1 x\\n\\n | 400",
                "nonsense\\n\\n | 400"
            })
    void aForbiddenRequestIsRefusedAndTheConnectionClosed(String request, int status) throws IOException {
        assertRefused(request, status);
    }

    /** Longer than the queue of Vert.x for the parts of a body that is not read. */
    @Test
    void aConnectionTakesTheNextRequestAfterABodyInManyChunks() throws IOException {
        String plain = answerTo(request("GET /lines/2", ""));
        String body = ("3e8\r\n" + "x".repeat(1_000) + "\r\n").repeat(60) + "0\r\n\r\n";
        String chunked = request("GET /lines/2", "Transfer-Encoding: chunked\r\n") + body;
        assertEquals(plain + exchange(CLOSING_REQUEST), exchange(chunked + CLOSING_REQUEST));
    }

    @Test
    void aChunkedBodyThatIsTooLongEndsItsConnection() throws IOException {
        String body = ("3e8\r\n" + "x".repeat(1_000) + "\r\n").repeat(200) + "0\r\n\r\n";
        String chunked = request("GET /lines/2", "Transfer-Encoding: chunked\r\n") + body;
        String last = exchange(CLOSING_REQUEST);
        String answers;
        try {
            answers = exchange(chunked + CLOSING_REQUEST);
        } catch (SocketException reset) {
            return;
        }
        assertFalse(answers.endsWith(last), answers);
    }

    void assertRefused(String request, int status) throws IOException {
        String plain = request("GET /lines/2", "");
        String answer = answerTo(plain);
        String answers = exchange(plain + request.replace("\\n", "\r\n") + plain);
        assertTrue(answers.startsWith(answer), answers);
        String refusal = answers.substring(answer.length());
        assertTrue(refusal.matches("(?s)HTTP/\\d\\.\\d " + status + " .*"), refusal);
        assertTrue(
                refusal.contains(PROBLEM) || refusal.toLowerCase(Locale.ROOT).contains("content-length: 0"), refusal);
        assertFalse(refusal.contains(" 200 OK"), refusal);
    }
}
