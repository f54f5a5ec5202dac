package dev.lineserver.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.mcp.McpServer;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The Model Context Protocol over HTTP: its messages, its tools over both stores, and its limits. */
final class McpRouteTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Map<String, String> ON = Map.of("line-server.http.mcp", "true");

    private final HttpClient client = HttpClient.newHttpClient();

    @AfterEach
    void close() {
        client.close();
    }

    private HttpResponse<String> post(PlainServer server, String body, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/mcp"))
                // A body that nobody reads would keep the connection waiting for ever.
                .timeout(Duration.ofSeconds(20))
                .header("Content-Type", "application/json")
                .header("Accept", "application/json, text/event-stream")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static String request(String method, String params) {
        return "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" + method + "\",\"params\":" + params + "}";
    }

    private static String callOf(String tool, String arguments) {
        return request("tools/call", "{\"name\":\"" + tool + "\",\"arguments\":" + arguments + "}");
    }

    private JsonNode result(PlainServer server, String message) throws Exception {
        HttpResponse<String> response = post(server, message);
        assertEquals(200, response.statusCode(), response.body());
        assertEquals(
                "application/json",
                response.headers().firstValue("content-type").orElse(""));
        JsonNode answer = JSON.readTree(response.body());
        assertEquals("2.0", answer.path("jsonrpc").asText());
        assertEquals(7, answer.path("id").asInt());
        return answer.path("result");
    }

    private JsonNode call(PlainServer server, String tool, String arguments) throws Exception {
        JsonNode result = result(server, callOf(tool, arguments));
        String text = result.path("content").path(0).path("text").asText();
        assertFalse(result.path("isError").asBoolean(true), text);
        return JSON.readTree(text);
    }

    private String failure(PlainServer server, String tool, String arguments) throws Exception {
        JsonNode result = result(server, callOf(tool, arguments));
        assertTrue(result.path("isError").asBoolean(), result.toString());
        return result.path("content").path(0).path("text").asText();
    }

    private interface Check {
        void run(ScriptedLines lines, PlainServer server) throws Exception;
    }

    private static void serve(Map<String, String> settings, Check check) throws Exception {
        try (ScriptedLines lines = new ScriptedLines(Duration.ofSeconds(30), settings);
                PlainServer server = new PlainServer(lines.components, true, new HttpServerOptions())) {
            lines.answer(index -> ScriptedLines.found("line " + index));
            check.run(lines, server);
        }
    }

    @Test
    void itIsOffByDefault() throws Exception {
        serve(Map.of(), (_, server) -> {
            // Twice on one connection, so the body is not left in it.
            assertEquals(404, post(server, request("ping", "{}")).statusCode());
            assertEquals(404, post(server, request("ping", "{}")).statusCode());
            assertEquals(1, server.connections.get());
            HttpResponse<String> tooLong = post(server, " ".repeat(McpServer.MAX_MESSAGE_BYTES + 1));
            assertEquals(400, tooLong.statusCode());
            assertTrue(tooLong.body().contains("send none"), tooLong.body());
        });
    }

    @Test
    void theProtocolBeginsAndListsTheTools() throws Exception {
        serve(ON, (_, server) -> {
            JsonNode begun = result(server, request("initialize", "{\"protocolVersion\":\"2025-06-18\"}"));
            assertEquals("2025-06-18", begun.path("protocolVersion").asText());
            assertTrue(begun.path("capabilities").has("tools"));
            assertEquals("line-server", begun.path("serverInfo").path("name").asText());
            assertEquals(
                    "2025-11-25",
                    result(server, request("initialize", "{\"protocolVersion\":\"1999-01-01\"}"))
                            .path("protocolVersion")
                            .asText());
            HttpResponse<String> notified =
                    post(server, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}");
            assertEquals(202, notified.statusCode());
            assertEquals("", notified.body());
            assertEquals(
                    202,
                    post(server, "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}").statusCode());
            assertEquals(JSON.createObjectNode(), result(server, request("ping", "{}")));
            JsonNode tools = result(server, request("tools/list", "{}")).path("tools");
            List<String> names = new ArrayList<>();
            tools.forEach(tool -> names.add(tool.path("name").asText()));
            assertEquals(List.of("read_lines", "sample", "stat"), names);
            tools.forEach(tool ->
                    assertEquals("object", tool.path("inputSchema").path("type").asText()));
        });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
            {                                                         | -32700
            {"jsonrpc":"2.0","id":7,"method":"ping"} x                | -32700
            []                                                        | -32600
            {"jsonrpc":"2.0","id":7}                                  | -32600
            {"jsonrpc":"2.0","id":null,"method":"ping"}               | -32600
            {"jsonrpc":"2.0","id":7,"method":"prompts/list"}          | -32601
            {"jsonrpc":"2.0","id":7,"method":"tools/call"}            | -32602
            {"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"stat","arguments":[]}} | -32602
            """)
    void aWrongMessageIsAnError(String message, int code) throws Exception {
        serve(ON, (_, server) -> {
            HttpResponse<String> response = post(server, message);
            assertEquals(200, response.statusCode());
            assertEquals(
                    code,
                    JSON.readTree(response.body()).path("error").path("code").asInt(),
                    response.body());
        });
    }

    private static byte[] bytes(JsonNode line) {
        try {
            return line.has("base64")
                    ? line.path("base64").binaryValue()
                    : line.path("text").asText().getBytes(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static List<byte[]> lines(byte[] content) {
        List<byte[]> lines = new ArrayList<>();
        for (int at = 0; at < content.length; ) {
            int end = at;
            while (end < content.length && content[end] != '\n') {
                end++;
            }
            lines.add(Arrays.copyOfRange(content, at, end));
            at = end + 1;
        }
        return lines;
    }

    /** Reads on from line 1 to the end, and compares the lines with the file. */
    private void readAll(PlainServer server, String dataset, byte[] content, int maxBytes, long count)
            throws Exception {
        List<byte[]> expected = lines(content);
        int read = 0;
        String next = "1";
        while (!next.isEmpty()) {
            JsonNode answer = call(
                    server,
                    "read_lines",
                    "{\"dataset\":\"" + dataset + "\",\"start\":" + next + ",\"count\":" + count + ",\"max_bytes\":"
                            + maxBytes + "}");
            JsonNode lines = answer.path("lines");
            assertTrue(JSON.writeValueAsBytes(lines).length <= maxBytes + 1, dataset);
            assertTrue(!lines.isEmpty() && lines.size() <= count, dataset);
            assertEquals(expected.size(), answer.path("line_count").asLong());
            for (JsonNode line : lines) {
                byte[] found = bytes(line);
                byte[] whole = expected.get(read++);
                assertEquals(read, line.path("number").asLong());
                if (line.has("cut")) {
                    assertEquals(whole.length, line.path("bytes").asLong());
                    // Escaped, one byte may take six, and in base64 three take four.
                    assertTrue(found.length >= (maxBytes - 100) / 6 && found.length < whole.length);
                    assertEquals(1, lines.size());
                    whole = Arrays.copyOf(whole, found.length);
                }
                assertArrayEquals(whole, found, dataset + " line " + read);
            }
            next = answer.path("next").asText();
            assertEquals(next.isEmpty(), answer.path("end").asBoolean());
        }
        assertEquals(expected.size(), read, dataset);
    }

    /** Also that no answer is longer than asked for, and that lines are cut only if they alone are too long. */
    @ParameterizedTest
    @EnumSource
    void readingOnGivesTheWholeFile(ServedStore.Backend backend) throws Exception {
        try (ServedStore _ = new ServedStore(backend);
                HttpComponents components =
                        new HttpComponents(ServedStore::openPatient, Duration.ofHours(1), Duration.ofSeconds(30), ON);
                PlainServer server = new PlainServer(components, true, new HttpServerOptions())) {
            readAll(server, "default", ServedStore.CONTENT, 1 << 10, 1_000);
            readAll(server, "default", ServedStore.CONTENT, 64 << 10, 777);
            readAll(server, "default", ServedStore.CONTENT, 1 << 20, Long.MAX_VALUE);
            readAll(server, "edges", ServedStore.EDGES, 5_000, 2);
            readAll(server, "edges", ServedStore.EDGES, 1 << 20, 100);
            readAll(server, "long", ServedStore.LONG, 64 << 10, 100);
            JsonNode sample =
                    call(server, "sample", "{\"dataset\":\"long\",\"n\":4}").path("lines");
            List<byte[]> expected = lines(ServedStore.LONG);
            for (int i = 0; i < 4; i++) {
                byte[] found = bytes(sample.path(i));
                assertTrue(found.length > 16_000, found.length + " bytes");
                assertArrayEquals(Arrays.copyOf(expected.get(i), found.length), found);
                assertEquals(
                        expected.get(i).length, sample.path(i).path("bytes").asInt());
            }
            JsonNode stat = call(server, "stat", "{}");
            assertEquals("default", stat.path("default_dataset").asText());
            JsonNode first = stat.path("datasets").path(0);
            assertEquals(lines(ServedStore.CONTENT).size(), first.path("lines").asLong());
            assertEquals(ServedStore.CONTENT.length, first.path("bytes").asLong());
            for (String member : List.of("digest", "source", "longestLine", "createdAt")) {
                assertTrue(first.has(member), first.toString());
            }
            assertEquals(3, stat.path("datasets").size());
            assertEquals(
                    1,
                    call(server, "stat", "{\"dataset\":\"long\"}")
                            .path("datasets")
                            .size());
        }
    }

    @Test
    void aCutLineEndsBetweenTwoCharacters() throws Exception {
        serve(ON, (lines, server) -> {
            byte[] line = "x€€€".repeat(1_000).getBytes(StandardCharsets.UTF_8);
            lines.answer(_ -> CompletableFuture.completedFuture(new Lookup.Found(line)));
            for (int maxBytes = 1_024; maxBytes < 1_034; maxBytes++) {
                String limit = "\"max_bytes\":" + maxBytes + "}";
                JsonNode read = call(server, "read_lines", "{\"start\":5,\"count\":1," + limit);
                JsonNode cut = read.path("lines").path(0);
                assertTrue("x€€€".repeat(1_000).startsWith(cut.path("text").asText("?")), cut.toString());
                assertEquals(6, read.path("next").asInt());
                JsonNode sampled = call(server, "sample", "{\"n\":1," + limit)
                        .path("lines")
                        .path(0);
                assertEquals(cut.path("text"), sampled.path("text"));
            }
        });
    }

    /** In parts of 100,000 bytes, which end inside a character. */
    @ParameterizedTest
    @CsvSource({"50000, 200000, false", "100000, 1048576, false", "100000, 200000, true", "100000, 100060, true"})
    void aSampledLineInPartsIsCutOnlyIfItHasNoRoom(int characters, int maxBytes, boolean isCut) throws Exception {
        serve(ON, (lines, server) -> {
            String text = "€".repeat(characters);
            byte[] line = text.getBytes(StandardCharsets.UTF_8);
            int size = 100_000;
            LineParts parts = new LineParts(
                    line.length,
                    Math.ceilDiv(line.length, size),
                    part -> CompletableFuture.completedFuture(
                            Arrays.copyOfRange(line, part * size, Math.min(line.length, (part + 1) * size))));
            lines.answer(_ -> CompletableFuture.completedFuture(new Lookup.FoundInParts(parts)));
            JsonNode found = call(server, "sample", "{\"n\":1,\"max_bytes\":" + maxBytes + "}")
                    .path("lines")
                    .path(0);
            String sampled = found.path("text").asText("not UTF-8");
            assertTrue(text.startsWith(sampled), sampled.length() + " characters");
            assertEquals(isCut, found.has("cut"));
            // The other members of the object, and a character that has no room.
            int least = isCut ? (maxBytes - 60) / 3 : characters;
            assertTrue(sampled.length() >= least, sampled.length() + " characters of " + least);
        });
    }

    @Test
    void samplesAreSpreadOrRandomBySeed() throws Exception {
        serve(ON, (_, server) -> {
            List<Integer> spread = new ArrayList<>();
            call(server, "sample", "{\"n\":5}").path("lines").forEach(line -> {
                int number = line.path("number").asInt();
                spread.add(number);
                assertEquals("line " + (number - 1), line.path("text").asText());
            });
            assertEquals(List.of(1, 250, 500, 750, 1_000), spread);
            assertEquals(
                    1,
                    call(server, "sample", "{\"n\":1}")
                            .path("lines")
                            .path(0)
                            .path("number")
                            .asInt());
            JsonNode some = call(server, "sample", "{\"seed\":1}");
            assertEquals(10, some.path("lines").size());
            assertEquals(some, call(server, "sample", "{\"seed\":1,\"version\":7}"));
            assertNotEquals(some, call(server, "sample", "{\"seed\":2}"));
            assertEquals("'n' must be from 1 to 256, not 257", failure(server, "sample", "{\"n\":257}"));
        });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
            {"start":1001}        | line 1001 is beyond the end: the dataset has 1000 lines, and the last one is 1000
            {"start":9223372036854775807} | line 9223372036854775807 is beyond the end: the dataset has 1000 lines, and the last one is 1000
            {"start":0}           | 'start' is 0, but a line number is a whole number without a sign, and the first line's number is 1
            {"start":-1}          | 'start' is -1, but a line number is a whole number without a sign, and the first line's number is 1
            {"start":"5"}         | 'start' must be a whole number below 2^63
            {"start":1.5}         | 'start' must be a whole number below 2^63
            {"start":9223372036854775808.0} | 'start' must be a whole number below 2^63
            {"start":1e999999999} | 'start' must be a whole number below 2^63
            {"start":1e-999999999} | 'start' must be a whole number below 2^63
            {"start":9007199254740993.0} | line 9007199254740993 is beyond the end: the dataset has 1000 lines, and the last one is 1000
            {"count":0}           | 'count' must be from 1 to 9223372036854775807, not 0
            {"max_bytes":1023}    | 'max_bytes' must be from 1024 to 1048576, not 1023
            {"max_bytes":1048577} | 'max_bytes' must be from 1024 to 1048576, not 1048577
            {"from":1}            | there is no argument 'from'; the arguments are count, dataset, max_bytes, start, version
            {"dataset":5}         | 'dataset' must be a string
            {"dataset":"none"}    | there is no dataset none; the tool stat lists the datasets there are
            {"version":6}         | dataset default has no published version 6; the tool stat lists those it has
            {"version":4}         | its manifest is damaged
            """)
    void aCallThatCannotBeAnsweredSaysWhy(String arguments, String message) throws Exception {
        serve(ON, (_, server) -> assertEquals(message, failure(server, "read_lines", arguments)));
    }

    /** As JSON Schema has it. */
    @Test
    void aWholeNumberMayHaveAnExponentOrAFractionOfZero() throws Exception {
        serve(ON, (_, server) -> {
            JsonNode lines = call(server, "read_lines", "{\"start\":1.2e1,\"count\":2.0}")
                    .path("lines");
            assertEquals(2, lines.size());
            assertEquals(12, lines.path(0).path("number").asInt());
        });
    }

    @Test
    void aKeptVersionIsOpenedByTheFirstCall() throws Exception {
        serve(ON, (lines, server) -> {
            assertEquals(
                    5,
                    call(server, "read_lines", "{\"version\":5}")
                            .path("version")
                            .asInt());
            JsonNode versions =
                    call(server, "stat", "{}").path("datasets").path(0).path("versions");
            assertEquals(
                    "[{\"version\":4,\"state\":\"kept\"},{\"version\":5,\"state\":\"kept\"},"
                            + "{\"version\":7,\"state\":\"current\"}]",
                    versions.toString());
            assertEquals(0, lines.closes.get());
        });
    }

    @Test
    void failuresOfTheStoreAreNamedAndCounted() throws Exception {
        serve(ON, (lines, server) -> {
            lines.answer(index -> CompletableFuture.completedFuture(
                    index == 2 ? new Lookup.Damaged("it is missing") : new Lookup.Found(new byte[0])));
            String damaged = "line 3 is damaged: it is missing; the lines before and after it may be readable";
            assertEquals(damaged, failure(server, "read_lines", "{}"));
            assertEquals(damaged, failure(server, "sample", "{\"n\":500,\"max_bytes\":1048576}"));
            assertEquals(
                    2, call(server, "read_lines", "{\"count\":2}").path("lines").size());
            assertEquals(2, lines.components.value("line_server_lines_damaged"));
            lines.answer(_ -> CompletableFuture.failedFuture(new StoreUnavailableException("the node is down")));
            assertEquals("the node is down", failure(server, "read_lines", "{}"));
            assertEquals(1, lines.components.outcomes.requests.refusals(RequestMetrics.Refusal.STORE));
            lines.answer(_ -> CompletableFuture.failedFuture(new IllegalStateException("a fault")));
            assertEquals(500, post(server, callOf("read_lines", "{}")).statusCode());
        });
    }

    @Test
    void failedAnswersGiveTheirPlacesBack() throws Exception {
        Map<String, String> settings = Map.of("line-server.http.mcp", "true", "line-server.http.max-ranges", "1");
        Consumer<Router> failing = router -> router.route("/mcp").order(0).handler(routing -> {
            if (routing.request().headers().contains("X-Fail")) {
                int _ = routing.addHeadersEndHandler(_ -> {
                    throw new IllegalStateException("the answer cannot be written");
                });
            }
            routing.next();
        });
        try (ScriptedLines lines = new ScriptedLines(Duration.ofSeconds(30), settings);
                PlainServer server = new PlainServer(lines.components, true, new HttpServerOptions(), failing)) {
            lines.answer(_ -> CompletableFuture.failedFuture(new IllegalStateException("a fault")));
            for (int i = 0; i < 2; i++) {
                assertEquals(500, post(server, callOf("read_lines", "{}")).statusCode());
                assertThrows(IOException.class, () -> post(server, request("ping", "{}"), "X-Fail", "yes"));
            }
        }
    }

    /** A store that does not answer keeps the version open, and places are given back. */
    @Test
    void aReadThatIsNotAnsweredIsGivenUp() throws Exception {
        Map<String, String> settings = Map.of("line-server.http.mcp", "true", "line-server.http.max-ranges", "1");
        try (ScriptedLines lines = new ScriptedLines(Duration.ofSeconds(1), settings);
                PlainServer server = new PlainServer(lines.components, true, new HttpServerOptions())) {
            CompletableFuture<Lookup> pending = new CompletableFuture<>();
            lines.answer(_ -> pending);
            for (int i = 0; i < 2; i++) {
                assertEquals("the store has not answered within 1000 ms; try again", failure(server, "sample", "{}"));
            }
            lines.close();
            assertEquals(0, lines.closes.get());
            pending.complete(new Lookup.Found(new byte[0]));
            Awaitility.await().until(() -> lines.closes.get() == 1);
        }
    }

    /** An answer takes twelve places, if there are as many, and a body one. */
    @ParameterizedTest
    @ValueSource(strings = {"1", "13"})
    void answersInProgressAreLimited(String places) throws Exception {
        Map<String, String> settings = Map.of("line-server.http.mcp", "true", "line-server.http.max-ranges", places);
        serve(settings, (lines, server) -> {
            CompletableFuture<Lookup> pending = new CompletableFuture<>();
            CompletableFuture<Void> looked = new CompletableFuture<>();
            lines.answer(_ -> {
                looked.complete(null);
                return pending;
            });
            CompletableFuture<Void> first = CompletableFuture.runAsync(() -> {
                try {
                    call(server, "sample", "{\"n\":1}");
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            });
            looked.join();
            String ping = request("ping", "{}");
            String longest = ping + " ".repeat(McpServer.MAX_MESSAGE_BYTES - ping.length());
            for (int i = 0; i < 2; i++) {
                assertEquals(503, post(server, longest).statusCode());
            }
            pending.complete(new Lookup.Found(new byte[0]));
            first.join();
            Awaitility.await().until(() -> post(server, request("ping", "{}")).statusCode() == 200);
        });
    }

    /** A page whose name resolves to this server seems to be of the same origin: its name must not suffice. */
    @ParameterizedTest
    @CsvSource({
        "http://127.0.0.1:PORT, 200",
        "http://evil.example, 403",
        "http://evil.example:PORT, 403",
        "http://127.0.0.1:1, 403",
        "http://127.0.0.1.evil.example:PORT, 403",
        "null, 403",
        "https://app.example, 200"
    })
    void pagesOfOtherOriginsAreRefused(String origin, int status) throws Exception {
        serve(
                Map.of("line-server.http.mcp", "true", "line-server.http.cors-origins", "https://app.example"),
                (_, server) -> {
                    String sent = origin.replace("PORT", Integer.toString(server.port()));
                    assertEquals(
                            status,
                            post(server, request("ping", "{}"), "Origin", sent).statusCode());
                });
    }

    @Test
    void aReboundNameIsRefusedEvenIfItIsTheHost() throws Exception {
        serve(ON, (_, server) -> {
            String host = "evil.example:" + server.port();
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
                socket.setSoTimeout(30_000);
                socket.getOutputStream()
                        .write(("POST /mcp HTTP/1.1\r\nHost: " + host + "\r\nOrigin: http://" + host
                                        + "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
                                .getBytes(StandardCharsets.US_ASCII));
                ByteArrayOutputStream answer = new ByteArrayOutputStream();
                socket.getInputStream().transferTo(answer);
                assertTrue(
                        answer.toString(StandardCharsets.UTF_8).startsWith("HTTP/1.1 403 "),
                        answer.toString(StandardCharsets.UTF_8));
            }
        });
    }

    @Test
    void requestsThatAreNoMessagesAreProblems() throws Exception {
        serve(ON, (_, server) -> {
            String blanks = " ".repeat(64 << 10);
            assertEquals(
                    200,
                    post(server, request("ping", "{}" + blanks.substring(200))).statusCode());
            HttpResponse<String> tooLong = post(server, request("ping", "{}") + blanks);
            assertEquals(400, tooLong.statusCode());
            assertTrue(tooLong.body().contains("longer than 65536 bytes"), tooLong.body());
            assertEquals(
                    400,
                    post(server, request("ping", "{}"), "MCP-Protocol-Version", "1.0")
                            .statusCode());
            assertEquals(
                    200,
                    post(server, request("ping", "{}"), "MCP-Protocol-Version", "2025-03-26")
                            .statusCode());
            HttpRequest.Builder to = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + "/mcp"));
            HttpRequest text = to.copy()
                    .header("Content-Type", "text/plain")
                    .POST(HttpRequest.BodyPublishers.ofString("{}"))
                    .build();
            assertEquals(
                    415, client.send(text, HttpResponse.BodyHandlers.ofString()).statusCode());
            HttpResponse<String> stream = client.send(to.build(), HttpResponse.BodyHandlers.ofString());
            assertEquals(405, stream.statusCode());
            assertEquals("POST", stream.headers().firstValue("allow").orElse(""));
            HttpRequest chunked = to.copy()
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.fromPublisher(HttpRequest.BodyPublishers.ofString("x" + blanks)))
                    .build();
            assertEquals(
                    400,
                    client.send(chunked, HttpResponse.BodyHandlers.ofString()).statusCode());
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1"})
    void theFirstLineHasTheConfiguredNumber(String first) throws Exception {
        serve(Map.of("line-server.http.mcp", "true", "line-server.first-line-number", first), (_, server) -> {
            JsonNode answer = call(server, "read_lines", "{\"count\":2}");
            assertEquals(first, answer.path("lines").path(0).path("number").asText());
            assertEquals(Integer.parseInt(first) + 2, answer.path("next").asInt());
            assertEquals(
                    first,
                    result(server, request("tools/list", "{}"))
                            .path("tools")
                            .path(0)
                            .path("inputSchema")
                            .path("properties")
                            .path("start")
                            .path("minimum")
                            .asText());
        });
    }
}
