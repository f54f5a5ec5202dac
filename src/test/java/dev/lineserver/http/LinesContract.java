package dev.lineserver.http;

import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

import io.vertx.core.json.JsonObject;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import dev.lineserver.store.Samples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The part of the HTTP contract that concerns requests for several lines. */
abstract class LinesContract extends HttpContract {
    private static final Map<String, byte[]> TEXTS = Map.of(
            "/lines", ServedStore.CONTENT,
            "/datasets/edges/lines", ServedStore.EDGES,
            "/datasets/long/lines", ServedStore.LONG,
            "/datasets/edges/versions/1/lines", ServedStore.EDGES);

    /** The lines from {@code from} to {@code to}, as numbers from 1 on, with their terminators. */
    private static byte[] cut(byte[] text, int from, int to) {
        int start = 0;
        int end = 0;
        for (int line = 1; line <= to; line++) {
            start = line == from ? end : start;
            while (end < text.length && text[end++] != '\n') {}
        }
        return Arrays.copyOfRange(text, start, end);
    }

    private static int lineCount(byte[] text) {
        return Samples.linesOf(text).size();
    }

    @ParameterizedTest
    @EnumSource
    void theWholeTextComesBackByteForByte(Protocol protocol) throws Exception {
        for (Map.Entry<String, byte[]> text : TEXTS.entrySet()) {
            for (String slash : List.of("", "/", "?other=1")) {
                HttpResponse<byte[]> response = send(protocol, "GET", text.getKey() + slash);
                assertEquals(200, response.statusCode());
                assertArrayEquals(text.getValue(), response.body(), text.getKey());
                assertEquals(String.valueOf(text.getValue().length), header(response, "content-length"));
                assertEquals("text/plain; charset=UTF-8", header(response, "content-type"));
                assertEquals("lines", header(response, "accept-ranges"));
                assertEquals("Accept, Accept-Encoding", header(response, "vary"));
                assertEquals(
                        text.getKey().contains("/versions/") ? IMMUTABLE : "no-cache",
                        header(response, "cache-control"));
            }
        }
        assertArrayEquals(ServedStore.CONTENT, line(protocol, "/line_server/lines/"));
        assertArrayEquals(ServedStore.CONTENT, line(protocol, "/datasets/default/lines"));
    }

    /** The seed is in the message. */
    @ParameterizedTest
    @EnumSource
    void randomRangesAreTheBytesOfTheFile(Protocol protocol) throws Exception {
        for (int seed = 0; seed < 60; seed++) {
            Random random = new Random(seed);
            String path = List.copyOf(TEXTS.keySet()).get(random.nextInt(TEXTS.size()));
            byte[] text = Objects.requireNonNull(TEXTS.get(path));
            int lines = lineCount(text);
            int from = 1 + random.nextInt(lines);
            int to = from + random.nextInt(lines - from + 1);
            byte[] expected = cut(text, from, to);
            String message = "seed " + seed + ": " + path + " " + from + "-" + to;

            HttpResponse<byte[]> query = send(protocol, "GET", path + "?start=" + from + "&count=" + (to - from + 1));
            assertEquals(200, query.statusCode(), message);
            assertArrayEquals(expected, query.body(), message);
            assertEquals(
                    to == lines ? "" : "<?start=" + (to + 1) + "&count=" + (to - from + 1) + ">; rel=\"next\"",
                    header(query, "link"),
                    message);
            assertEquals("", header(query, "content-range"), message);

            HttpResponse<byte[]> range = send(protocol, "GET", path, "Range", "lines=" + from + "-" + to);
            assertEquals(206, range.statusCode(), message);
            assertArrayEquals(expected, range.body(), message);
            assertEquals("lines " + from + "-" + to + "/" + lines, header(range, "content-range"), message);
            assertEquals("", header(range, "link"), message);

            int last = lines - from + 1;
            HttpResponse<byte[]> suffix = send(protocol, "GET", path, "Range", "lines=-" + last);
            assertEquals(206, suffix.statusCode(), message);
            assertArrayEquals(cut(text, from, lines), suffix.body(), message);
            assertEquals("lines " + from + "-" + lines + "/" + lines, header(suffix, "content-range"), message);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "lines=1-, 206, lines 1-3000/3000",
        "lines=3000-, 206, lines 3000-3000/3000",
        "lines=2999-9999, 206, lines 2999-3000/3000",
        "lines=-2, 206, lines 2999-3000/3000",
        "lines=-9999, 206, lines 1-3000/3000",
        "lines=3001-, 416, lines */3000",
        "lines=99999999999999999999-, 416, lines */3000",
        "lines=-0, 416, lines */3000",
        "lines=0-5, 416, lines */3000",
        "bytes=0-5, 200, ''",
        "lines=7-5, 200, ''",
        "lines=x, 200, ''",
        "'lines=1-2,5-6', 200, ''"
    })
    void aRangeHeaderIsAnsweredAsRfc9110Says(String range, int status, String contentRange) throws Exception {
        for (Protocol protocol : Protocol.values()) {
            HttpResponse<byte[]> response = send(protocol, "GET", "/lines", "Range", range);
            assertEquals(status, response.statusCode(), range);
            assertEquals(contentRange, header(response, "content-range"), range);
            assertEquals("lines", header(response, "accept-ranges"));
            if (status == 416) {
                String body = new String(response.body(), StandardCharsets.UTF_8);
                assertTrue(body.contains("/problems/range-not-satisfiable") && body.contains("\"lines\":3000"), body);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
        "413, past-the-end, ?start=3001",
        "413, past-the-end, ?start=3001&count=5",
        "413, past-the-end, ?start=99999999999999999999",
        "400, not-a-line-number, ?start=0",
        "400, not-a-line-number, ?start=-3&count=2",
        "400, invalid-query, ?count=0",
        "400, invalid-query, ?count=x",
        "400, invalid-query, ?start=1&start=2"
    })
    void aQueryThatSelectsNoLinesIsRefused(int status, String type, String query) throws Exception {
        for (Protocol protocol : Protocol.values()) {
            for (String path : List.of("/lines", "/datasets/default/versions/1/lines")) {
                assertEquals(
                        "/problems/" + type,
                        problem(protocol, status, "GET", path + query).getString("type"));
                HttpResponse<byte[]> refusal = send(protocol, "GET", path + query);
                assertEquals("lines", header(refusal, "accept-ranges"));
                assertEquals("", header(refusal, "etag"));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void anIncompleteQueryBeginsAtTheFirstLineOrEndsWithTheLast(Protocol protocol) throws Exception {
        byte[] text = ServedStore.CONTENT;
        assertArrayEquals(cut(text, 2990, 3000), line(protocol, "/lines?start=2990"));
        assertArrayEquals(cut(text, 2990, 3000), line(protocol, "/lines?start=2990&count=500"));
        assertArrayEquals(cut(text, 1, 7), line(protocol, "/lines/?count=7"));
        HttpResponse<byte[]> rest = send(protocol, "GET", "/lines?start=2990");
        assertEquals("", header(rest, "link"));
    }

    @ParameterizedTest
    @EnumSource
    void headAnswersAsGetWithoutTheLines(Protocol protocol) throws Exception {
        for (String path : List.of("/lines", "/lines?start=5&count=3", "/lines?start=9999", "/lines?count=x")) {
            HttpResponse<byte[]> get = send(protocol, "GET", path);
            HttpResponse<byte[]> head = send(protocol, "HEAD", path);
            assertEquals(get.statusCode(), head.statusCode());
            Map<String, List<String>> headers =
                    new java.util.TreeMap<>(get.headers().map());
            if (header(head, "content-length").isEmpty()) {
                // The store does not know it without reading the lines.
                headers.remove("content-length");
                assertTrue(path.contains("start"), path);
            }
            assertEquals(headers, new java.util.TreeMap<>(head.headers().map()), path);
            assertEquals(0, head.body().length);
        }
        // RFC 9110, section 14.2: a range has a meaning for GET only.
        HttpResponse<byte[]> head = send(protocol, "HEAD", "/lines", "Range", "lines=2-3");
        assertEquals(200, head.statusCode());
        assertEquals(String.valueOf(ServedStore.CONTENT.length), header(head, "content-length"));
    }

    @ParameterizedTest
    @EnumSource
    void anEntityTagNamesContentAndRange(Protocol protocol) throws Exception {
        String whole = header(send(protocol, "GET", "/lines"), "etag");
        HttpResponse<byte[]> part = send(protocol, "GET", "/lines?start=5&count=3");
        String etag = header(part, "etag");
        assertNotEquals(whole, etag);
        assertNotEquals(etag, header(send(protocol, "GET", "/lines?start=5&count=4"), "etag"));
        assertNotEquals(etag, header(send(protocol, "GET", "/lines?start=4&count=3"), "etag"));
        assertNotEquals(etag, header(send(protocol, "GET", "/lines/5"), "etag"));
        assertEquals(etag, header(send(protocol, "GET", "/datasets/default/lines?start=5&count=3"), "etag"));
        assertEquals(whole, header(send(protocol, "GET", "/lines", "Range", "lines=2-3"), "etag"));
        for (String sent : List.of(etag, "\"other\", " + etag, "W/" + etag, "*")) {
            HttpResponse<byte[]> unmodified = send(protocol, "GET", "/lines?start=5&count=3", "If-None-Match", sent);
            assertEquals(304, unmodified.statusCode(), sent);
            assertEquals(etag, header(unmodified, "etag"));
            assertEquals("lines", header(unmodified, "accept-ranges"));
            assertEquals("Accept, Accept-Encoding", header(unmodified, "vary"));
            assertEquals(0, unmodified.body().length);
        }
        assertEquals(
                200,
                send(protocol, "GET", "/lines?start=5&count=3", "If-None-Match", whole)
                        .statusCode());
        assertEquals(
                304,
                send(protocol, "GET", "/lines", "Range", "lines=2-3", "If-None-Match", whole)
                        .statusCode());
        HttpResponse<byte[]> pinned =
                send(protocol, "GET", "/datasets/default/versions/1/lines", "If-None-Match", whole);
        assertEquals(304, pinned.statusCode());
        assertEquals(IMMUTABLE, header(pinned, "cache-control"));
    }

    @ParameterizedTest
    @EnumSource
    void ifRangeComparesStronglyWithTheTagOfTheWhole(Protocol protocol) throws Exception {
        String whole = header(send(protocol, "GET", "/lines"), "etag");
        String part = header(send(protocol, "GET", "/lines?start=2&count=2"), "etag");
        assertEquals(206, ifRange(protocol, whole, "lines=2-3"));
        for (String sent : List.of("W/" + whole, part, "\"other\"", "*", "Sat, 28 Nov 2026 20:00:00 GMT")) {
            assertEquals(200, ifRange(protocol, sent, "lines=2-3"), sent);
            assertEquals(200, ifRange(protocol, sent, "lines=9999-"), sent);
        }
        assertEquals(416, ifRange(protocol, whole, "lines=9999-"));
    }

    private int ifRange(Protocol protocol, String ifRange, String range) throws Exception {
        HttpResponse<byte[]> response = send(protocol, "GET", "/lines", "Range", range, "If-Range", ifRange);
        if (response.statusCode() == 200) {
            assertArrayEquals(ServedStore.CONTENT, response.body());
        }
        return response.statusCode();
    }

    @ParameterizedTest
    @EnumSource
    void aRangeHeaderIsIgnoredTogetherWithAQuery(Protocol protocol) throws Exception {
        HttpResponse<byte[]> response = send(protocol, "GET", "/lines?start=5&count=3", "Range", "lines=1-2");
        assertEquals(200, response.statusCode());
        assertArrayEquals(cut(ServedStore.CONTENT, 5, 7), response.body());
        assertEquals("", header(response, "content-range"));
    }

    @ParameterizedTest
    @EnumSource
    void anEmptyTextHasNoLines(Protocol protocol) throws Exception {
        String path = "/datasets/empty/lines";
        ServedStore.ingest("empty", new byte[0], true);
        awaitAnswer(protocol, path, 200, "");
        assertEquals(0, line(protocol, path).length);
        assertEquals("0", header(send(protocol, "GET", path), "content-length"));
        assertEquals(0, line(protocol, path + "?count=3").length);
        assertEquals(413, send(protocol, "GET", path + "?start=1").statusCode());
        for (String range : List.of("lines=1-", "lines=-1")) {
            HttpResponse<byte[]> response = send(protocol, "GET", path, "Range", range);
            assertEquals(416, response.statusCode());
            assertEquals("lines */0", header(response, "content-range"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void linesOfANamedVersionStayTheSame(Protocol protocol) throws Exception {
        String dataset = "ranges-" + (protocol == Protocol.HTTP_2 ? "h2" : "h1");
        long first = ingestKept(dataset, "one\ntwo\nthree", false);
        awaitAnswer(protocol, "/datasets/" + dataset + "/lines", 200, "three");
        long second = ingestKept(dataset, "eins\n", false);
        awaitAnswer(protocol, "/datasets/" + dataset + "/lines", 200, "eins");
        String kept = "/datasets/" + dataset + "/versions/" + first + "/lines";
        HttpResponse<byte[]> range = send(protocol, "GET", kept, "Range", "lines=2-");
        assertEquals(206, range.statusCode());
        assertEquals("two\nthree", new String(range.body(), StandardCharsets.UTF_8));
        assertEquals(IMMUTABLE, header(range, "cache-control"));
        assertEquals("one\n", new String(line(protocol, kept + "?count=1"), StandardCharsets.UTF_8));
        assertEquals(
                404,
                send(protocol, "GET", kept.replace("/" + first + "/", "/" + (second + 1) + "/"))
                        .statusCode());
        assertEquals(
                400,
                send(protocol, "GET", "/datasets/" + dataset + "/versions/x/lines")
                        .statusCode());
        ingestKept(dataset, "un\n", false);
        awaitAnswer(protocol, kept, 410, "/problems/version-gone");
        assertEquals(404, send(protocol, "GET", "/datasets/none/lines").statusCode());
    }

    @Test
    void aKeptConnectionTakesTheNextRequestAfterLines() throws Exception {
        String lines = answerTo(request("GET /lines?start=1&count=9", ""));
        assertTrue(lines.startsWith("HTTP/1.1 200 OK\r\n"), lines);
        assertFalse(lines.contains("connection: close"), lines);
    }

    private static List<JsonObject> objects(HttpResponse<byte[]> response) {
        assertEquals("application/x-ndjson", header(response, "content-type"));
        String body = new String(response.body(), StandardCharsets.UTF_8);
        assertTrue(body.isEmpty() || body.endsWith("}\n"), body);
        return body.lines().map(JsonObject::new).toList();
    }

    private static void assertLine(byte[] line, JsonObject object) {
        String text = object.getString("text");
        byte[] bytes = text == null
                ? Base64.getDecoder().decode(object.getString("base64", ""))
                : text.getBytes(StandardCharsets.UTF_8);
        if (line.length > NdjsonWriter.MAX_LINE_BYTES) {
            assertEquals("too-long", object.getString("outcome"));
            assertEquals(line.length, object.getLong("bytes"));
        } else {
            assertArrayEquals(line, bytes, object.encode());
            assertEquals(2, object.size(), object.encode());
            // Decoding replaces bytes that are not UTF-8.
            byte[] decoded = new String(line, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8);
            assertEquals(Arrays.equals(line, decoded), object.containsKey("text"), object.encode());
        }
    }

    private HttpResponse<byte[]> ndjson(Protocol protocol, String path, String... headers) throws Exception {
        String[] all = Arrays.copyOf(headers, headers.length + 2);
        all[headers.length] = "Accept";
        all[headers.length + 1] = "application/x-ndjson";
        return send(protocol, "GET", path, all);
    }

    @ParameterizedTest
    @EnumSource
    void ndjsonHasEachLineWithItsNumber(Protocol protocol) throws Exception {
        for (Map.Entry<String, byte[]> text : TEXTS.entrySet()) {
            List<byte[]> lines = Samples.linesOf(text.getValue());
            HttpResponse<byte[]> response = ndjson(protocol, text.getKey());
            List<JsonObject> objects = objects(response);
            assertEquals(200, response.statusCode());
            assertEquals("Accept, Accept-Encoding", header(response, "vary"));
            assertEquals(lines.size(), objects.size());
            for (int i = 0; i < lines.size(); i++) {
                assertEquals(i + 1, objects.get(i).getInteger("number"));
                assertLine(lines.get(i), objects.get(i));
            }
            String plain = header(send(protocol, "GET", text.getKey()), "etag");
            assertNotEquals(plain, header(response, "etag"));
            assertEquals(
                    200, ndjson(protocol, text.getKey(), "If-None-Match", plain).statusCode());
            assertEquals(
                    304,
                    ndjson(protocol, text.getKey(), "If-None-Match", header(response, "etag"))
                            .statusCode());
        }
        HttpResponse<byte[]> range = ndjson(protocol, "/lines", "Range", "lines=2990-");
        assertEquals(206, range.statusCode());
        assertEquals("lines 2990-3000/3000", header(range, "content-range"));
        assertEquals(2990, objects(range).getFirst().getInteger("number"));
        HttpResponse<byte[]> query = ndjson(protocol, "/lines?start=7&count=2");
        assertEquals(2, objects(query).size());
        assertEquals("<?start=9&count=2>; rel=\"next\"", header(query, "link"));
        HttpResponse<byte[]> head = send(protocol, "HEAD", "/lines", "Accept", "application/x-ndjson");
        assertEquals("application/x-ndjson", header(head, "content-type"));
        assertEquals("", header(head, "content-length"));
    }

    private HttpResponse<byte[]> post(Protocol protocol, String path, String type, String body) throws Exception {
        return protocol.client.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port() + path))
                        .header("Content-Type", type)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofByteArray());
    }

    @ParameterizedTest
    @EnumSource
    void singleLinesAreAnsweredInOrderEachWithItsOutcome(Protocol protocol) throws Exception {
        String huge = "123456789012345678901234567890";
        for (String path : List.of("/datasets/edges/lines", "/datasets/edges/versions/1/lines/")) {
            HttpResponse<byte[]> get = send(protocol, "GET", path + "?n=3&n=1&n=6&n=3&n=5&n=0002&n=7&n=" + huge);
            HttpResponse<byte[]> post = post(
                    protocol, path, "Application/JSON; charset=utf-8", "{\"numbers\":[3,1,6,3,5,2,7," + huge + "]}");
            assertEquals(200, post.statusCode());
            assertArrayEquals(get.body(), post.body());
            assertEquals("no-store", header(get, "cache-control"));
            List<JsonObject> objects = objects(get);
            int[] numbers = {3, 1, 6, 3, 5, 2, 7};
            for (int i = 0; i < numbers.length; i++) {
                assertEquals(numbers[i], objects.get(i).getInteger("number"));
                if (numbers[i] <= EDGES.size()) {
                    assertLine(EDGES.get(numbers[i] - 1), objects.get(i));
                } else {
                    assertEquals("past-the-end", objects.get(i).getString("outcome"));
                    assertEquals(EDGES.size(), objects.get(i).getInteger("lines"));
                }
            }
            assertEquals("past-the-end", objects.getLast().getString("outcome"));
            assertTrue(new String(get.body(), StandardCharsets.UTF_8).contains("{\"number\":" + huge + ","));
        }
        assertEquals(
                0,
                post(protocol, "/lines", "application/json", "{\"numbers\":[]}").body().length);
    }

    @ParameterizedTest
    @EnumSource
    void tenThousandRandomLinesComeBack(Protocol protocol) throws Exception {
        Random random = new Random(7);
        List<byte[]> lines = Samples.linesOf(ServedStore.CONTENT);
        List<Integer> numbers = random.ints(RequestedNumber.MAX_NUMBERS, 1, lines.size() + 1)
                .boxed()
                .toList();
        List<JsonObject> objects =
                objects(post(protocol, "/lines", "application/json", "{\"numbers\":" + numbers + "}"));
        assertEquals(numbers.size(), objects.size());
        for (int i = 0; i < numbers.size(); i++) {
            assertEquals(numbers.get(i), objects.get(i).getInteger("number"));
            assertLine(lines.get(numbers.get(i) - 1), objects.get(i));
        }
        List<byte[]> longLines = Samples.linesOf(ServedStore.LONG);
        for (JsonObject object : objects(send(protocol, "GET", "/datasets/long/lines?n=4&n=2&n=1&n=3"))) {
            assertLine(longLines.get(object.getInteger("number") - 1), object);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aMalformedRequestForSingleLinesIsRefusedAsAWhole(Protocol protocol) throws Exception {
        String good = "{\"numbers\":[5]}";
        assertEquals(415, post(protocol, "/lines", "text/plain", good).statusCode());
        assertEquals(415, post(protocol, "/lines", "application/x-ndjson", good).statusCode());
        assertEquals(
                400,
                post(protocol, "/lines", "application/json", "{\"numbers\":[5,0]}")
                        .statusCode());
        assertEquals(400, post(protocol, "/lines", "application/json", "5").statusCode());
        assertEquals(
                404,
                post(protocol, "/datasets/none/lines", "application/json", good).statusCode());
        assertEquals(
                404,
                post(protocol, "/datasets/edges/versions/9/lines", "application/json", good)
                        .statusCode());
        String most = "{\"numbers\":[5" + ",999999999999999999".repeat(RequestedNumber.MAX_NUMBERS - 1) + "]}";
        assertEquals(200, post(protocol, "/lines", "application/json", most).statusCode());
        HttpResponse<byte[]> tooMany = post(protocol, "/lines", "application/json", most.replace("[", "[5,"));
        assertEquals(400, tooMany.statusCode());
        assertTrue(new String(tooMany.body(), StandardCharsets.UTF_8).contains("/problems/range-too-long"));
        problem(protocol, 400, "GET", "/lines?n=5&n=x");
        problem(protocol, 400, "GET", "/lines?n=5&start=2");
        for (String method : List.of("PUT", "DELETE")) {
            problem(protocol, 405, method, "/lines");
            assertEquals("GET, HEAD, POST", header(send(protocol, method, "/lines"), "allow"));
        }
        problem(protocol, 405, "POST", "/lines/5");
    }

    @Test
    void aNumberOfAnyLengthIsPastTheEnd() throws Exception {
        String number = "9".repeat(5_000);
        String body = "{\"numbers\":[" + number + "]}";
        String answer = answerTo(
                request("POST /lines", "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n")
                        + body);
        assertTrue(answer.contains("{\"number\":" + number + ",\"outcome\":\"past-the-end\""), answer);
        String zeros = answerTo(request("GET /lines?n=000" + "9".repeat(20), ""));
        assertTrue(zeros.contains("{\"number\":" + "9".repeat(20) + ",\"outcome\":\"past-the-end\""), zeros);
    }

    @Test
    void aBodyThatIsTooLongIsRefusedAndTheConnectionClosed() throws Exception {
        int length = NumbersBody.MAX_BYTES + 1;
        String head = request("POST /lines", "Content-Type: application/json\r\nContent-Length: " + length + "\r\n");
        assertRefused(head, 400);
        String chunk = "8000\r\n" + " ".repeat(0x8000) + "\r\n";
        assertRefused(
                request("POST /lines", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n")
                        + chunk.repeat(NumbersBody.MAX_BYTES / 0x8000) + "1\r\n \r\n",
                400);
    }

    @Test
    void aConnectionTakesTheNextRequestAfterABodyThatIsReadOrSkipped() throws Exception {
        String post = "POST /lines HTTP/1.1\r\nHost: x\r\nContent-Length: 15\r\nContent-Type: ";
        String read = answerTo(post + "application/json\r\n\r\n{\"numbers\":[5]}");
        assertTrue(read.startsWith("HTTP/1.1 200 OK\r\n"), read);
        String skipped = answerTo(post + "text/plain\r\n\r\n{\"numbers\":[5]}");
        assertTrue(skipped.startsWith("HTTP/1.1 415 ") && skipped.contains("Content-Type is text/plain"), skipped);
        String unnamed = answerTo(post + "\r\n\r\n{\"numbers\":[5]}");
        assertTrue(unnamed.startsWith("HTTP/1.1 415 ") && unnamed.contains("There is no Content-Type"), unnamed);
        int length = NumbersBody.MAX_BYTES;
        String longer = answerTo("POST /lines HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: "
                + length + "\r\n\r\n" + "x".repeat(length));
        assertTrue(longer.startsWith("HTTP/1.1 415 "), longer);
        // Read by the tools of MCP only if they are turned on.
        String closed = answerTo(request("POST /mcp", "Transfer-Encoding: chunked\r\n")
                + ("3e8\r\n" + "x".repeat(1_000) + "\r\n").repeat(60) + "0\r\n\r\n");
        assertTrue(closed.startsWith("HTTP/1.1 404 "), closed);
        String continued = answerTo(post + "application/json\r\nExpect: 100-continue\r\n\r\n{\"numbers\":[5]}");
        assertTrue(continued.startsWith("HTTP/1.1 100 Continue\r\n"), continued);
        assertTrue(continued.endsWith(read), continued);
    }
}
