package dev.lineserver.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.StreamResetException;
import io.vertx.ext.web.Router;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.store.Lookup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Requests with bodies, which no resource reads, and the failures of other routes. */
final class RequestGuardTest {
    private static final int LONGEST_BODY = 64 << 10;
    private static final String CLOSING_REQUEST = "GET /lines/2 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

    private final ScriptedLines lines = new ScriptedLines();
    private final PlainServer server =
            new PlainServer(lines.components, false, new HttpServerOptions(), RequestGuardTest::addFailingRoutes);
    private final HttpClient http2 = PlainServer.VERTX.createHttpClient(
            new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false));

    RequestGuardTest() throws Exception {}

    private static void addFailingRoutes(Router router) {
        router.route("/throwing").handler(_ -> {
            throw new IllegalStateException("scripted");
        });
        router.route("/failing/:status")
                .handler(routing -> routing.fail(Integer.parseInt(routing.pathParam("status"))));
        // As Quarkus REST does.
        router.route("/pausing").handler(routing -> {
            HttpServerRequest _ = routing.request().pause();
            Future<Void> _ = routing.end("paused;");
        });
        // As Quarkus does: any method.
        router.route("/q/metrics").handler(routing -> {
            Future<Void> _ = routing.end("metrics;");
        });
        // Before the route that would read the body.
        router.post("/datasets/failing/lines").order(LineRoute.ROUTE_ORDER - 1).handler(routing -> routing.fail(500));
        router.route("/failing-with-reason")
                .handler(routing -> routing.fail(400, new IllegalArgumentException("the reason")));
    }

    @AfterEach
    void stop() throws Exception {
        PlainServer.await(http2.close());
        server.close();
        lines.close();
        Awaitility.await()
                .untilAsserted(() -> assertEquals(1, lines.closes.get(), "every request releases the version"));
    }

    private String exchange(String requests) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(requests.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    private static String withLength(int length) {
        return "GET /lines/1 HTTP/1.1\r\nHost: x\r\nContent-Length: " + length + "\r\n\r\n" + "x".repeat(length);
    }

    private static String chunked(int length) {
        return "GET /lines/1 HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(length)
                + "\r\n" + "x".repeat(length) + "\r\n0\r\n\r\n";
    }

    /** The router itself fails it, before any route has set the headers that all answers have. */
    @Test
    void aRequestWithoutHostGetsTheHeadersOfAllAnswers() throws Exception {
        String answer = exchange("GET /lines/1 HTTP/1.1\r\n\r\n");
        assertTrue(answer.startsWith("HTTP/1.1 400 "), answer);
        assertTrue(answer.toLowerCase(Locale.ROOT).contains("\r\nx-content-type-options: nosniff\r\n"), answer);
    }

    private void answerWithTheNumber() {
        lines.answer(index -> ScriptedLines.found("line " + (index + 1) + ";"));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5_000, LONGEST_BODY})
    void aBodyUpToTheLimitIsSkippedAndTheConnectionKept(int length) throws IOException {
        answerWithTheNumber();
        for (String request : new String[] {withLength(length), chunked(length)}) {
            String answers = exchange(request + request + CLOSING_REQUEST);
            assertEquals(3, answers.split("HTTP/1.1 200 OK", -1).length - 1, answers);
            assertTrue(answers.contains("line 1;HTTP/1.1") && answers.endsWith("line 2;"), answers);
        }
    }

    /** The lookup does not end before the body, so that no answer can precede the end of the connection. */
    @Test
    void aLongerBodyWithoutLengthEndsItsConnection() throws IOException {
        CompletableFuture<Lookup> pending = new CompletableFuture<>();
        lines.answer(_ -> pending);
        try {
            assertEquals("", exchange(chunked(LONGEST_BODY + 1) + CLOSING_REQUEST));
        } catch (SocketException reset) {
            assertFalse(pending.isDone());
        }
        pending.complete(new Lookup.PastTheEnd(1));
    }

    @Test
    void aBodyThatALaterRoutePausesIsSkippedOrEndsItsConnection() throws IOException {
        answerWithTheNumber();
        String skipped = sendBodyAfterTheAnswer(LONGEST_BODY);
        assertTrue(skipped.endsWith("line 2;"), skipped);
        String tooLong;
        try {
            tooLong = sendBodyAfterTheAnswer(2 * LONGEST_BODY);
        } catch (SocketException e) {
            // The server has closed the connection while the body arrived.
            tooLong = "paused;";
        }
        assertTrue(tooLong.endsWith("paused;"), tooLong);
    }

    /** Returns the answers to a request whose body comes after its answer, and to the next one. */
    private String sendBodyAfterTheAnswer(int length) throws IOException {
        String request = chunked(length).replace("/lines/1", "/pausing");
        int head = request.indexOf("\r\n\r\n") + 4;
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.setSoTimeout(10_000);
            OutputStream out = socket.getOutputStream();
            out.write(request.substring(0, head).getBytes(StandardCharsets.US_ASCII));
            int first = socket.getInputStream().read();
            out.write((request.substring(head) + CLOSING_REQUEST).getBytes(StandardCharsets.US_ASCII));
            return (char) first + new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    @Test
    void inHttp2ABodyThatALaterRoutePausesDoesNotBlockLaterOnes() throws Exception {
        for (int length : new int[] {LONGEST_BODY, LONGEST_BODY, LONGEST_BODY + 1, LONGEST_BODY}) {
            HttpClientRequest request =
                    PlainServer.await(http2.request(HttpMethod.GET, server.port(), "127.0.0.1", "/pausing"));
            CompletableFuture<Throwable> reset = new CompletableFuture<>();
            request.exceptionHandler(reset::complete);
            Future<Void> _ = request.setChunked(true).sendHead();
            assertEquals(200, PlainServer.await(request.response()).statusCode());
            Future<Void> written = request.write(Buffer.buffer(new byte[length]));
            if (length > LONGEST_BODY) {
                assertInstanceOf(StreamResetException.class, reset.get(30, TimeUnit.SECONDS));
            } else {
                PlainServer.await(written.compose(_ -> request.end()));
            }
        }
        assertEquals(1, server.connections.get());
    }

    /** Netty logs each frame that arrives after the end of its stream, so that any client could fill the log. */
    @Test
    void framesAfterTheEndOfTheirStreamAreNotLogged() throws IOException {
        Properties settings = new Properties();
        try (InputStream in = Files.newInputStream(Path.of("src/main/resources/application.properties"))) {
            settings.load(in);
        }
        assertEquals("WARN", settings.getProperty("quarkus.log.category.\"io.netty.handler.codec.http2\".level"));
    }

    @Test
    void aRefusalAnnouncesThatItClosesTheConnection() throws IOException {
        String refusal =
                exchange("GET /lines/1 HTTP/1.1\r\nHost: x\r\nContent-Length: " + (LONGEST_BODY + 1) + "\r\n\r\n");
        assertTrue(refusal.startsWith("HTTP/1.1 400 "), refusal);
        assertTrue(refusal.contains("\r\nconnection: close\r\n"), refusal);
    }

    @Test
    void inHttp2ALongerBodyEndsItsStreamOnly() throws Exception {
        CompletableFuture<Lookup> pending = new CompletableFuture<>();
        lines.answer(index -> index == 0 ? pending : ScriptedLines.found("line " + (index + 1) + ";"));
        ExecutionException e =
                assertThrows(ExecutionException.class, () -> PlainServer.await(send("/lines/1", LONGEST_BODY + 1)));
        assertInstanceOf(StreamResetException.class, e.getCause());
        assertEquals("200 line 2;", PlainServer.await(send("/lines/2", LONGEST_BODY)));
        assertEquals("200 line 3;", PlainServer.await(send("/lines/3", 0)));
        assertEquals(1, server.connections.get());
        pending.complete(new Lookup.PastTheEnd(1));
    }

    @Test
    void inHttp2ARefusalLeavesTheConnectionOpen() throws Exception {
        answerWithTheNumber();
        for (int i = 0; i < 2; i++) {
            String refusal = PlainServer.await(send("/lines/%zz", 0));
            assertTrue(refusal.startsWith("400 ") && refusal.contains("The path is malformed: "), refusal);
        }
        assertEquals("200 line 3;", PlainServer.await(send("/lines/3", 0)));
        assertEquals(1, server.connections.get());
    }

    /**
     * An unread body would keep its share of the flow-control window of the connection, which is 64 KiB. Java's client
     * reads no answer before it has sent its body, and the one of Vert.x resets the stream once it is answered.
     */
    @Test
    void inHttp2ARefusedBodyDoesNotBlockLaterOnes() throws Exception {
        answerWithTheNumber();
        try (java.net.http.HttpClient client = java.net.http.HttpClient.newHttpClient()) {
            // The first request of a connection asks for the upgrade to HTTP/2.
            assertEquals("200 line 3;", post(client, "/lines/3", 0));
            for (int i = 0; i < 3; i++) {
                String refusal = post(client, "/lines/1", 5 * LONGEST_BODY);
                assertTrue(refusal.startsWith("400 ") && refusal.contains("; send none."), refusal);
                assertEquals("200 line 2;", post(client, "/lines/2", LONGEST_BODY));
            }
        }
        assertEquals(1, server.connections.get());
    }

    /** Sends a request over HTTP/2 whose head announces the length of its body. */
    private String post(java.net.http.HttpClient client, String path, int length) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .method("GET", length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(new byte[length]))
                .timeout(Duration.ofSeconds(30))
                .build();
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        assertEquals(java.net.http.HttpClient.Version.HTTP_2, answer.version());
        return answer.statusCode() + " " + answer.body();
    }

    /** Nothing bounds a body that a client goes on to send after its refusal, except the end of its stream. */
    @Test
    void inHttp2ARefusedBodyIsNotReadForEver() throws Exception {
        answerWithTheNumber();
        HttpClientRequest request =
                PlainServer.await(http2.request(HttpMethod.GET, server.port(), "127.0.0.1", "/lines/1"));
        CompletableFuture<Throwable> reset = new CompletableFuture<>();
        request.exceptionHandler(reset::complete);
        int length = 2 * RequestGuard.MAX_REFUSED_BODY_BYTES;
        Future<Void> _ = request.putHeader("content-length", "" + length).write(Buffer.buffer(new byte[length - 1]));
        assertInstanceOf(StreamResetException.class, reset.get(30, TimeUnit.SECONDS));
        assertEquals("200 line 2;", PlainServer.await(send("/lines/2", LONGEST_BODY)));
        assertEquals(1, server.connections.get());
    }

    /** Sends a request over HTTP/2 whose body has no announced length; returns the status and the body of the answer. */
    private Future<String> send(String path, int length) {
        return http2.request(HttpMethod.GET, server.port(), "127.0.0.1", path).compose(request -> {
            Future<String> answer = request.response().compose(RequestGuardTest::statusAndBody);
            return write(request, length).compose(_ -> answer, _ -> answer);
        });
    }

    private static Future<Void> write(HttpClientRequest request, int length) {
        if (length == 0) {
            return request.end();
        }
        request.setChunked(true);
        Future<Void> _ = request.write(Buffer.buffer(new byte[length - 1]));
        return request.end(Buffer.buffer(new byte[1]));
    }

    private static Future<String> statusAndBody(HttpClientResponse response) {
        return response.body().map(body -> response.statusCode() + " " + body);
    }

    @ParameterizedTest
    @CsvSource({
        "GET, 200",
        "HEAD, 200",
        "OPTIONS, 405",
        "POST, 405",
        "PUT, 405",
        "DELETE, 405",
        "PATCH, 405",
        "TRACE, 405"
    })
    void whatIsForOperationCanOnlyBeRead(String method, int status) throws IOException {
        for (String path : List.of("/q/metrics", "//q/./metrics", "/%71/metrics")) {
            String answers = exchange(
                    method + " " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx" + CLOSING_REQUEST);
            assertTrue(answers.startsWith("HTTP/1.1 " + status + " "), answers);
            assertEquals(status == 405, answers.contains("\r\nAllow: GET, HEAD\r\n"), answers);
            assertEquals(status == 405, answers.contains("\"type\":\"/problems/method-not-allowed\""), answers);
            assertTrue(answers.contains(" 200 OK"), answers);
        }
    }

    /** Vert.x answers them before the router, as http.md says. */
    @Test
    void aHeadThatIsTooLongGetsABareAnswer() throws IOException {
        assertTrue(exchange("GET /lines/1?" + "x".repeat(4_096) + " HTTP/1.1\r\nHost: x\r\n\r\n")
                .matches("HTTP/1\\.0 414 [^\r]*\r\n[^{]*"));
        assertTrue(exchange("GET /lines/1 HTTP/1.1\r\nHost: x\r\nx: " + "x".repeat(8_192) + "\r\n\r\n")
                .matches("HTTP/1\\.\\d 431 [^\r]*\r\n[^{]*"));
    }

    @Test
    void aRouteThatThrowsIs500AndCounted() throws IOException {
        assertProblem("/throwing", 500, "unexpected");
        assertEquals(1, lines.components.value("line_server_request_failures"));
    }

    @Test
    void theBodyOfARequestThatFailsBeforeItIsReadIsSkipped() throws IOException {
        answerWithTheNumber();
        String request = "POST /datasets/failing/lines HTTP/1.1\r\nHost: x\r\nContent-Length: " + NumbersBody.MAX_BYTES
                + "\r\n\r\n" + "x".repeat(NumbersBody.MAX_BYTES);
        String answers = exchange(request + CLOSING_REQUEST);
        assertTrue(answers.startsWith("HTTP/1.1 500 ") && answers.endsWith("line 2;"), answers);
    }

    @ParameterizedTest
    @CsvSource({
        "400, 400, bad-request, 0",
        "401, 401, refused, 0",
        "404, 404, not-found, 0",
        "406, 406, not-acceptable, 0",
        "499, 499, refused, 0",
        "500, 500, unexpected, 1",
        "503, 500, unexpected, 1"
    })
    void aRouteThatFailsIsAnsweredWithAProblem(int failed, int status, String type, int counted) throws IOException {
        assertProblem("/failing/" + failed, status, type);
        assertEquals(counted, lines.components.value("line_server_request_failures"));
    }

    @Test
    void aBadRequestNamesTheReason() throws IOException {
        assertTrue(assertProblem("/failing-with-reason", 400, "bad-request").contains("\"the reason.\""));
        assertTrue(assertProblem("/failing/400", 400, "bad-request").contains("\"The request is malformed.\""));
    }

    private String assertProblem(String path, int status, String type) throws IOException {
        String request = "GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n";
        String answers = exchange(request + CLOSING_REQUEST);
        assertTrue(answers.startsWith("HTTP/1.1 " + status + " "), answers);
        assertTrue(answers.contains("\"type\":\"/problems/" + type + "\""), answers);
        // After a bad request, the start of the next one is uncertain.
        assertEquals(status != 400, answers.contains(" 200 OK"), answers);
        return answers;
    }

    private static HttpServerRequest request() {
        return ScriptedLines.proxy(HttpServerRequest.class, (_, method, _) -> switch (method.getName()) {
            case "method" -> HttpMethod.PUT;
            case "path" -> "/the/path";
            default -> null;
        });
    }

    @ParameterizedTest
    @CsvSource({
        "404, There is nothing at /the/path; lines are at /lines/{n}.",
        "405, 'Use GET or HEAD, not PUT.'",
        "406, 'Accept the type of this resource, such as application/json.'",
        "415, The request was refused with status 415.",
        "501, Send requests without a transfer coding.",
        "505, Use HTTP/1.1 or HTTP/2."
    })
    void aFailureOfARestResourceHasAProblemAsItsBody(int status, String detail) {
        RequestGuard guard = new RequestGuard(
                lines.components.outcomes, lines.components.accessLog, lines.components.traces, lines.components.serve);
        Response response = guard.toProblemResponse(new WebApplicationException(status), request());
        assertEquals(status, response.getStatus());
        assertEquals("application/problem+json", response.getHeaderString("Content-Type"));
        assertEquals(status == 405 ? "GET, HEAD" : null, response.getHeaderString("Allow"));
        Problem problem = assertInstanceOf(Problem.class, response.getEntity());
        assertEquals(detail, problem.detail());
        assertEquals(ProblemType.of(status).path(), problem.type());
    }

    @Test
    void aFailureThatHasABodyKeepsIt() {
        RequestGuard guard = new RequestGuard(
                lines.components.outcomes, lines.components.accessLog, lines.components.traces, lines.components.serve);
        Response described = Response.status(409).entity("a body").build();
        assertSame(described, guard.toProblemResponse(new WebApplicationException(described), request()));
    }
}
