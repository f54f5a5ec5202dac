package dev.lineserver.http;

import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import io.vertx.core.http.HttpServerOptions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import dev.lineserver.store.Lookup;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Requests that name a version which is not open, or not stored, for each protocol with the fast path on and off. */
@ParameterizedClass
@MethodSource("variants")
final class NamedVersionTest {
    @Parameter(0)
    private HttpClient.Version protocol = HttpClient.Version.HTTP_1_1;

    @Parameter(1)
    private boolean fastPath;

    static Stream<Arguments> variants() {
        return Stream.of(HttpClient.Version.values())
                .flatMap(version -> Stream.of(true, false).map(fastPath -> Arguments.of(version, fastPath)));
    }

    private ScriptedLines lines = start(Duration.ofSeconds(30));
    private final List<AutoCloseable> opened = new ArrayList<>();

    NamedVersionTest() throws Exception {}

    /** @param timeout of a lookup, and of the wait until a version is open */
    private static ScriptedLines start(Duration timeout) throws Exception {
        ScriptedLines lines = new ScriptedLines(timeout);
        lines.answer(index -> ScriptedLines.found("line " + index));
        return lines;
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable resource : opened.reversed()) {
            resource.close();
        }
        lines.close();
        Awaitility.await()
                .untilAsserted(() -> assertEquals(1, lines.closes.get(), "every request releases the version"));
    }

    private PlainServer server() throws Exception {
        PlainServer server = new PlainServer(lines.components, fastPath, new HttpServerOptions());
        opened.add(server);
        return server;
    }

    private HttpClient client() {
        HttpClient client = HttpClient.newBuilder().version(protocol).build();
        opened.add(client);
        return client;
    }

    private static HttpRequest request(PlainServer server, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                .build();
    }

    private static String pinned(String version) {
        return "/datasets/default/versions/" + version + "/lines/3";
    }

    private void assertProblem(HttpResponse<String> response, int status, String type, String detail) {
        assertEquals(status, response.statusCode(), response.body());
        assertEquals(
                "application/problem+json",
                response.headers().firstValue("content-type").orElse(""));
        assertTrue(response.body().contains("\"/problems/" + type + "\""), response.body());
        assertTrue(response.body().contains(detail), response.body());
        assertEquals(status == 503, response.headers().firstValue("retry-after").isPresent());
        assertFalse(response.headers().firstValue("etag").isPresent());
        assertEquals(protocol, response.version());
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client().send(request(server(), path), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void aVersionThatIsNotStoredAnyMoreIs410() throws Exception {
        HttpResponse<String> response = get(pinned("8"));
        assertProblem(response, 410, "version-gone", "Version 8 of dataset default is not stored any more.");
        assertTrue(response.body().contains("\"version\":8"), response.body());
        assertProblem(get(pinned("1")), 410, "version-gone", "Version 1 ");
        assertProblem(get(pinned("009")), 410, "version-gone", "Version 9 ");
        assertEquals(0, lines.components.value("line_server_lookups", "outcome", "unavailable"));
    }

    @Test
    void aVersionThatIsHeldOrNotYetStoredIs404() throws Exception {
        for (String version : List.of("6", "10", "0", "999999999999999999", "99999999999999999999")) {
            assertProblem(get(pinned(version)), 404, "no-such-version", "/datasets/default/versions");
        }
        assertProblem(get("/datasets/none/versions/5/lines/3"), 404, "no-such-dataset", "none");
    }

    @Test
    void aVersionThatIsNotANumberIs400() throws Exception {
        for (String version : List.of("x", "-5", "+5", "5.0", "5%20")) {
            assertProblem(get(pinned(version)), 400, "not-a-version-number", "is not a version number");
        }
        assertProblem(get("/datasets/default/versions/5/lines/x"), 400, "not-a-line-number", "x");
        assertEquals(0, lines.openedKept.get());
    }

    /** Several connections ask at once; the first request begins to open the version, and no other does. */
    @Test
    void firstRequestsWaitUntilTheVersionIsOpen() throws Exception {
        CountDownLatch proceed = new CountDownLatch(1);
        lines.beforeOpening(() -> proceed.await(30, TimeUnit.SECONDS));
        PlainServer server = server();
        HttpClient client = client();
        List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            answers.add(client.sendAsync(request(server, pinned("5")), HttpResponse.BodyHandlers.ofString()));
        }
        Awaitility.await().until(() -> lines.openedKept.get() == 1);
        // The event loops are free meanwhile.
        assertEquals(
                "line 2",
                client.send(request(server, "/lines/3"), HttpResponse.BodyHandlers.ofString())
                        .body());
        assertEquals(
                "line 2",
                client.send(request(server, pinned("7")), HttpResponse.BodyHandlers.ofString())
                        .body());
        proceed.countDown();
        for (CompletableFuture<HttpResponse<String>> answer : answers) {
            HttpResponse<String> response = answer.get(30, TimeUnit.SECONDS);
            assertEquals(200, response.statusCode(), response.body());
            assertEquals("line 2", response.body());
            assertEquals(
                    "public, max-age=31536000, immutable",
                    response.headers().firstValue("cache-control").orElse(""));
        }
        assertEquals(
                "line 2",
                client.send(request(server, pinned("5")), HttpResponse.BodyHandlers.ofString())
                        .body());
        assertEquals(1, lines.openedKept.get());
    }

    @Test
    void aVersionThatIsNotOpenWithinTheTimeoutIs503AndAnswersLater() throws Exception {
        lines.close();
        lines = start(Duration.ofMillis(500));
        CountDownLatch proceed = new CountDownLatch(1);
        lines.beforeOpening(() -> proceed.await(30, TimeUnit.SECONDS));
        PlainServer server = server();
        HttpClient client = client();
        HttpResponse<String> late = client.send(request(server, pinned("5")), HttpResponse.BodyHandlers.ofString());
        assertProblem(late, 503, "unavailable", "Version 5 of dataset default is still being opened.");
        assertEquals(1, lines.components.value("line_server_lookups", "outcome", "unavailable"));
        proceed.countDown();
        Awaitility.await()
                .untilAsserted(() -> assertEquals(
                        "line 2",
                        client.send(request(server, pinned("5")), HttpResponse.BodyHandlers.ofString())
                                .body()));
        assertEquals(1, lines.openedKept.get());
    }

    @Test
    void aVersionThatCannotBeOpenedIs503Or500WithTheReason() throws Exception {
        lines.beforeOpening(() -> {
            throw new StoreUnavailableException("its file is gone");
        });
        assertProblem(get(pinned("5")), 503, "unavailable", "its file is gone");
        lines.beforeOpening(() -> {
            throw new StoreFailedException("its index is damaged");
        });
        assertProblem(get(pinned("5")), 500, "store-failed", "its index is damaged");
        // Within the delay the failure is remembered.
        assertProblem(get(pinned("5")), 500, "store-failed", "its index is damaged");
        assertEquals(2, lines.openedKept.get());
        assertProblem(get(pinned("4")), 500, "store-failed", "its manifest is damaged");
        assertTrue(get("/lines/3").body().equals("line 2"));
        assertEquals(0, lines.components.value("line_server_request_failures"));
    }

    @Test
    void anErrorWhileAVersionIsOpenedIs503() throws Exception {
        lines.beforeOpening(() -> {
            throw new OutOfMemoryError("scripted");
        });
        assertProblem(get(pinned("5")), 503, "unavailable", "Version 5 of dataset default cannot be opened");
    }

    @Test
    void aFaultOfALineOfANamedVersionIsAnsweredAsOfAnyOther() throws Exception {
        lines.openKept();
        lines.answer(_ -> CompletableFuture.completedFuture(new Lookup.Damaged("its bytes are gone")));
        assertProblem(get(pinned("5")), 500, "line-damaged", "Line 3 of dataset default version 5: its bytes are gone");
        lines.answer(_ -> CompletableFuture.completedFuture(new Lookup.PastTheEnd(2)));
        assertProblem(get(pinned("5")), 413, "past-the-end", "2 lines");
    }

    /** Answers keep their order, although the first one waits for its version and the others do not. */
    @Test
    void pipelinedRequestsWaitForTheOneWhoseVersionIsBeingOpened() throws Exception {
        CountDownLatch proceed = new CountDownLatch(1);
        lines.beforeOpening(() -> proceed.await(30, TimeUnit.SECONDS));
        lines.answer(index -> ScriptedLines.found("line " + index + ";"));
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server().port())) {
            socket.setSoTimeout(30_000);
            String requests = "GET " + pinned("5") + " HTTP/1.1\r\nHost: x\r\n\r\n"
                    + "GET /lines/8 HTTP/1.1\r\nHost: x\r\n\r\n"
                    + "GET " + pinned("5") + "0 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(requests.getBytes(StandardCharsets.US_ASCII));
            Awaitility.await().until(() -> lines.openedKept.get() == 1);
            proceed.countDown();
            InputStream in = socket.getInputStream();
            String answers = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
            assertTrue(answers.matches("(?s).*line 2;.*line 7;.*line 29;"), answers);
            assertEquals(3, answers.split("200 OK", -1).length - 1);
        }
    }

    @Test
    void aClientThatLeavesWhileItsVersionIsBeingOpenedHoldsNothing() throws Exception {
        CountDownLatch proceed = new CountDownLatch(1);
        lines.beforeOpening(() -> proceed.await(30, TimeUnit.SECONDS));
        PlainServer server = server();
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            socket.getOutputStream()
                    .write(("GET " + pinned("5") + " HTTP/1.1\r\nHost: x\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
            Awaitility.await().until(() -> lines.openedKept.get() == 1);
        }
        proceed.countDown();
        lines.openKept();
        assertEquals("line 2", get(pinned("5")).body());
        lines.close();
        Awaitility.await().untilAsserted(() -> assertEquals(1, lines.closesOfKept.get()));
    }
}
