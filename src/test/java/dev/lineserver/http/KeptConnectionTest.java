package dev.lineserver.http;

import java.io.IOException;
import java.net.Socket;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
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
}
