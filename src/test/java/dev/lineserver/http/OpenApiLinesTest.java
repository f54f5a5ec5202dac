package dev.lineserver.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.http.HttpServerOptions;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

import dev.lineserver.http.access.ApiKey;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

/**
 * Every answer that the OpenAPI document has for lines, and the failures that it has for datasets, is sent by the server as
 * documented. {@link OpenApiTest} does the same for the others.
 */
final class OpenApiLinesTest {
    private static final int DAMAGED = 900;
    private static final int STORE_FAILED = 901;
    private static final int UNEXPECTED = 902;
    private static final int UNAVAILABLE = 903;
    private static final int LONG = 904;

    private final OpenApiDocument document = OpenApiDocument.ofFile();
    private final ScriptedLines lines = new ScriptedLines();
    private final ScriptedLines limited =
            new ScriptedLines(Duration.ofSeconds(30), Map.of("line-server.http.max-range-lines", "10"));
    private final ApiKey key = ApiKey.generate();
    private final ScriptedLines keyed = new ScriptedLines(
            Duration.ofSeconds(30),
            Map.of(
                    "line-server.http.api-keys",
                    Files.writeString(Files.createTempFile("line-server-keys", null), key.fileLine("web", "other"))
                            .toString()));
    private final ScriptedLines busy =
            new ScriptedLines(Duration.ofSeconds(30), Map.of("line-server.http.rate-limit", "1/h"));
    private final HttpComponents empty = new HttpComponents(
            () -> ScriptedLines.proxy(
                    LineStore.class,
                    (_, method, _) -> method.getName().equals("datasets") ? List.of() : Optional.empty()),
            Duration.ofHours(1));
    private final HttpComponents unavailable = new HttpComponents(
            () -> {
                throw new StoreUnavailableException("no node answers");
            },
            Duration.ofHours(1));

    OpenApiLinesTest() throws Exception {}

    @AfterEach
    void stop() {
        lines.close();
        limited.close();
        keyed.close();
        busy.close();
        empty.close();
        unavailable.close();
    }

    private static CompletionStage<Lookup> script(long lineIndex) {
        return switch ((int) lineIndex + 1) {
            case 5_000 -> CompletableFuture.completedFuture(new Lookup.PastTheEnd(ScriptedLines.LINES));
            case DAMAGED -> CompletableFuture.completedFuture(new Lookup.Damaged("its bytes are gone"));
            case STORE_FAILED -> CompletableFuture.failedFuture(new StoreFailedException("the namespace is gone"));
            case UNEXPECTED -> CompletableFuture.failedFuture(new IllegalStateException("scripted"));
            case UNAVAILABLE -> CompletableFuture.failedFuture(new StoreUnavailableException("no node answers"));
            case LONG ->
                CompletableFuture.completedFuture(new Lookup.FoundInParts(
                        new LineParts(2 << 20, 2, _ -> CompletableFuture.completedFuture(new byte[1 << 20]))));
            case 3 -> ScriptedLines.found("\u00ff");
            default -> ScriptedLines.found("a line");
        };
    }

    /** Sends a request, and compares its answer with that of the document for the same path with parameters. */
    private final class Requests {
        private final int port;
        private final String path;

        Requests(PlainServer server, String path) {
            port = server.port();
            this.path = path;
        }

        void get(int status, Map<String, String> values, String query, String... headers) throws IOException {
            send("GET", "GET", status, values, query, "HTTP/1.1", "", headers);
        }

        void post(int status, Map<String, String> values, String body, String... headers) throws IOException {
            String length = "Content-Length: " + body.length();
            String[] all = Arrays.copyOf(headers, headers.length + 1);
            all[headers.length] = length;
            send("POST", "POST", status, values, "", "HTTP/1.1", body, all);
        }

        void send(
                String documented,
                String method,
                int status,
                Map<String, String> values,
                String query,
                String version,
                String body,
                String... headers)
                throws IOException {
            Map<String, String> all = new TreeMap<>(Map.of("version", "7"));
            all.putAll(values);
            String request = method + " " + document.examplePath(path, all) + query + " " + version
                    + "\r\nHost: x\r\nConnection: close\r\n" + String.join("\r\n", headers)
                    + (headers.length == 0 ? "" : "\r\n") + "\r\n" + body;
            byte[] answer;
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setSoTimeout(30_000);
                socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
                answer = socket.getInputStream().readAllBytes();
            }
            String text = new String(answer, StandardCharsets.ISO_8859_1);
            int end = text.indexOf("\r\n\r\n");
            String[] head = text.substring(0, end).split("\r\n", -1);
            Map<String, List<String>> received = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
            for (int i = 1; i < head.length; i++) {
                String[] header = head[i].split(": *", 2);
                received.put(header[0], List.of(header[1]));
            }
            assertEquals(String.valueOf(status), head[0].split(" ", 3)[1], request + "\n" + text);
            byte[] content = Arrays.copyOfRange(answer, end + 4, answer.length);
            boolean coded = received.containsKey("content-encoding");
            document.check(
                    documented,
                    path,
                    status,
                    received,
                    coded
                            ? "{\"number\":1,\"text\":\"\"}".getBytes(StandardCharsets.UTF_8)
                            : received.containsKey("transfer-encoding") ? unchunk(content) : content);
        }
    }

    private static byte[] unchunk(byte[] chunked) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        String text = new String(chunked, StandardCharsets.ISO_8859_1);
        int at = 0;
        while (true) {
            int line = text.indexOf("\r\n", at);
            int length = Integer.parseInt(text.substring(at, line), 16);
            if (length == 0) {
                return body.toByteArray();
            }
            body.write(chunked, line + 2, length);
            at = line + 2 + length + 2;
        }
    }

    private static final Map<String, String> SAME = Map.of();

    private static Map<String, String> n(Object number) {
        return Map.of("n", number.toString());
    }

    @Test
    void everyDocumentedAnswerIsSent() throws Exception {
        for (ScriptedLines scripted : List.of(lines, limited)) {
            scripted.answer(OpenApiLinesTest::script);
        }
        try (PlainServer server = new PlainServer(lines.components, true, new HttpServerOptions());
                PlainServer limitedServer = new PlainServer(limited.components, true, new HttpServerOptions());
                PlainServer keyedServer = new PlainServer(keyed.components, true, new HttpServerOptions());
                PlainServer busyServer = new PlainServer(busy.components, true, new HttpServerOptions());
                PlainServer emptyServer = new PlainServer(empty, true, new HttpServerOptions())) {
            // The only request of this hour.
            try (InputStream _ = URI.create("http://127.0.0.1:" + busyServer.port() + "/lines/1")
                    .toURL()
                    .openStream()) {
                // The answer does not matter.
            } catch (IOException notFound) {
                // Nor does its status.
            }
            for (String path : document.paths()) {
                if (path.contains("/lines")) {
                    new Requests(busyServer, path).get(429, SAME, "");
                    new Requests(keyedServer, path).get(401, SAME, "");
                    new Requests(keyedServer, path).get(403, SAME, "", "Authorization: Bearer " + key.text());
                }
                if (path.endsWith("/lines/{n}")) {
                    requestLine(new Requests(server, path), path.contains("{version}"));
                    new Requests(emptyServer, path).get(404, SAME, "");
                } else if (path.endsWith("/lines")) {
                    requestLines(new Requests(server, path), path.contains("{version}"));
                    new Requests(emptyServer, path).get(404, SAME, "");
                    new Requests(emptyServer, path)
                            .post(404, SAME, "{\"numbers\":[5]}", "Content-Type: application/json");
                    new Requests(limitedServer, path).get(400, SAME, "?count=11");
                }
            }
        }
        describeDatasets();

        Set<String> documented = document.answers(path -> path.contains("/lines"));
        documented.addAll(document.answers(path -> path.startsWith("/datasets")).stream()
                .filter(answer -> answer.matches(".* (400|404|410|500|503)"))
                .toList());
        assertEquals("", OpenApiDocument.difference(documented, document.seen()), "no answer was sent");
        // Those of Quarkus REST, that of an incomplete request (ConnectionEdgeTest), and one that nothing here sends.
        assertEquals(
                Set.of(
                        "NotAcceptable not-acceptable",
                        "NotFound not-found",
                        "Refused request-timeout",
                        "Refused refused"),
                document.unseenProblems());
    }

    private static void requestLine(Requests line, boolean pinned) throws IOException {
        line.get(200, SAME, "");
        line.get(200, SAME, "", "Accept: application/json");
        line.get(200, n(3), "", "Accept: application/json");
        line.get(200, SAME, "", "Accept: application/octet-stream");
        line.get(304, SAME, "", "If-None-Match: *");
        line.get(412, SAME, "", "If-Match: \"x\"");
        line.get(400, n("x"), "");
        line.send("GET", "DELETE", 405, SAME, "", "HTTP/1.1", "");
        line.get(406, n(LONG), "", "Accept: application/json");
        line.get(413, n(5_000), "");
        for (int failing : List.of(DAMAGED, STORE_FAILED, UNEXPECTED)) {
            line.get(500, n(failing), "");
        }
        line.get(503, n(UNAVAILABLE), "");
        line.get(400, SAME, "", "Host: y");
        line.get(501, SAME, "", "Transfer-Encoding: gzip");
        if (pinned) {
            line.get(400, Map.of("version", "x"), "");
            line.get(404, Map.of("version", "6"), "");
            line.get(410, Map.of("version", "8"), "");
            line.get(500, Map.of("version", "4"), "");
        }
    }

    private static void requestLines(Requests some, boolean pinned) throws IOException {
        String ndjson = "Accept: application/x-ndjson";
        String json = "Content-Type: application/json";
        some.get(200, SAME, "?count=9");
        some.get(200, SAME, "?start=2&count=3", ndjson);
        some.get(200, SAME, "?start=2&count=3", ndjson, "Accept-Encoding: gzip");
        some.get(200, SAME, "?n=5&n=3&n=5000&n=" + DAMAGED + "&n=" + LONG);
        some.get(206, SAME, "", "Range: lines=5-9");
        some.get(206, SAME, "", "Range: lines=5-9", ndjson);
        some.get(304, SAME, "", "If-None-Match: *");
        some.get(412, SAME, "", "If-Match: \"x\"");
        some.get(400, SAME, "?count=0");
        some.get(400, SAME, "?start=x");
        some.send("GET", "DELETE", 405, SAME, "", "HTTP/1.1", "");
        some.get(413, SAME, "?start=5000");
        some.get(416, SAME, "", "Range: lines=5000-");
        some.get(500, SAME, "?start=" + STORE_FAILED + "&count=1");
        some.get(503, SAME, "?start=" + UNAVAILABLE + "&count=1");
        some.send("GET", "GET", 505, SAME, "?n=5", "HTTP/1.0", "");
        some.post(200, SAME, "{\"numbers\":[5,3,5000]}", json);
        some.post(200, SAME, "{\"numbers\":[5,3,5000]}", json, "Accept-Encoding: gzip");
        some.post(400, SAME, "{\"numbers\":5}", json);
        some.post(415, SAME, "5");
        some.post(500, SAME, "{\"numbers\":[" + STORE_FAILED + "]}", json);
        some.post(503, SAME, "{\"numbers\":[" + UNAVAILABLE + "]}", json);
        some.send("POST", "POST", 501, SAME, "", "HTTP/1.1", "", "Transfer-Encoding: gzip");
        if (pinned) {
            some.get(400, Map.of("version", "x"), "");
            some.get(404, Map.of("version", "6"), "");
            some.get(410, Map.of("version", "8"), "");
            some.post(410, Map.of("version", "8"), "{\"numbers\":[5]}", json);
        }
    }

    private void describeDatasets() throws Exception {
        DatasetResource scripted = new DatasetResource(lines.components.datasets, lines.components.access);
        DatasetResource failing = new DatasetResource(unavailable.datasets, unavailable.access);
        String one = "/datasets/{dataset}";
        String version = one + "/versions/{version}";
        checkFailure("/datasets", () -> failing.all(HttpComponents.ROUTING));
        checkFailure(one, () -> failing.one("default"));
        checkFailure(one, () -> scripted.one("none"));
        checkFailure(one + "/versions", () -> failing.versions("default"));
        checkFailure(one + "/versions", () -> scripted.versions("none"));
        checkFailure(version, () -> failing.version("default", "1"));
        for (String number : List.of("x", "6", "8", "4")) {
            checkFailure(version, () -> scripted.version("default", number));
        }
        document.check("GET", one + "/versions", 200, json(), body(scripted.versions("default")));
        document.check("GET", version, 200, json(), body(scripted.version("default", "5")));
    }

    private static Map<String, List<String>> json() {
        return Map.of("content-type", List.of("application/json"));
    }

    private static byte[] body(Object value) throws IOException {
        return new ObjectMapper().writeValueAsBytes(value);
    }

    private void checkFailure(String path, Executable request) throws IOException {
        Response response = assertThrows(WebApplicationException.class, request).getResponse();
        Map<String, List<String>> headers = new TreeMap<>();
        response.getStringHeaders().forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values));
        document.check("GET", path, response.getStatus(), headers, body(response.getEntity()));
    }

    @Test
    void everyKindOfProblemHasAnExample() {
        Set<String> types = new TreeSet<>();
        for (ProblemType type : ProblemType.values()) {
            types.add(type.path());
        }
        assertEquals(types, document.problemTypes());
    }
}
