package dev.lineserver.http;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import io.vertx.core.http.HttpServerOptions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.store.LineParts;
import dev.lineserver.store.Lookup;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** If the store loses an answer, the request ends all the same, and releases its version. */
final class LookupTimeoutTest {
    private static final int PART = 1_000;

    private static String exchange(int port, String... paths) throws IOException {
        return exchangeAs("text/plain", port, paths);
    }

    private static String exchangeAs(String type, int port, String... paths) throws IOException {
        StringBuilder requests = new StringBuilder();
        for (String path : paths) {
            requests.append("GET ")
                    .append(path)
                    .append(" HTTP/1.1\r\nHost: x\r\nAccept: ")
                    .append(type)
                    .append("\r\n");
            requests.append(path.equals(paths[paths.length - 1]) ? "Connection: close\r\n\r\n" : "\r\n");
        }
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(requests.toString().getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aLookupThatIsNeverAnsweredIs503AndItsLateAnswerIsIgnored(boolean fastPath) throws Exception {
        try (ScriptedLines lines = new ScriptedLines(Duration.ofSeconds(1));
                PlainServer server = new PlainServer(lines.components, fastPath, new HttpServerOptions())) {
            CompletableFuture<Lookup> lost = new CompletableFuture<>();
            lines.answer(index -> index == 1 ? lost : ScriptedLines.found("line " + index));
            String answers = exchange(server.port(), "/lines/1", "/lines/2", "/lines/3");
            assertEquals(2, answers.split("200 OK", -1).length - 1, answers);
            assertEquals(1, answers.split("503 Service Unavailable", -1).length - 1, answers);
            assertTrue(answers.contains("the store has not answered within 1000 ms"), answers);
            lost.complete(new Lookup.Found("late".getBytes(StandardCharsets.ISO_8859_1)));
            assertTrue(exchange(server.port(), "/lines/5").endsWith("line 4"));
            assertEquals(1, lines.components.value("line_server_lookups", "outcome", "unavailable"));
            assertReleased(lines);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aPartThatIsNeverReadEndsTheConnection(boolean fastPath) throws Exception {
        LineParts parts = new LineParts(3 * PART, 3, LookupTimeoutTest::part);
        try (ScriptedLines lines = new ScriptedLines(Duration.ofMillis(100));
                PlainServer server = new PlainServer(lines.components, fastPath, new HttpServerOptions())) {
            lines.answer(_ -> CompletableFuture.completedFuture(new Lookup.FoundInParts(parts)));
            String answer = exchange(server.port(), "/lines/1");
            assertEquals(PART, answer.substring(answer.indexOf("\r\n\r\n") + 4).length());
            assertEquals(1, lines.components.value("line_server_answers_cut"));
            assertEquals(0, lines.components.value("line_server_requests_refused", "reason", "store"));
            assertReleased(lines);
        }
    }

    @Test
    void aLineInPartsAsJsonThatIsNeverReadIs503() throws Exception {
        LineParts parts = new LineParts(3 * PART, 3, LookupTimeoutTest::part);
        try (ScriptedLines lines = new ScriptedLines(Duration.ofMillis(100));
                PlainServer server = new PlainServer(lines.components, false, new HttpServerOptions())) {
            lines.answer(_ -> CompletableFuture.completedFuture(new Lookup.FoundInParts(parts)));
            String answer = exchangeAs("application/json", server.port(), "/lines/1");
            assertTrue(answer.startsWith("HTTP/1.1 503 "), answer);
            assertTrue(answer.contains("the store has not answered within 100 ms"), answer);
            assertReleased(lines);
        }
    }

    private static CompletionStage<byte[]> part(int part) {
        return part == 0 ? CompletableFuture.completedFuture(new byte[PART]) : new CompletableFuture<>();
    }

    private static void assertReleased(ScriptedLines lines) {
        lines.close();
        Awaitility.await().untilAsserted(() -> assertEquals(1, lines.closes.get()));
    }
}
