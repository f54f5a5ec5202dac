package dev.lineserver.http;

import java.io.ByteArrayInputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;

import io.vertx.core.json.JsonObject;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * The part of the HTTP contract that concerns the forms of an answer, which {@code Accept} and {@code Accept-Encoding}
 * select.
 */
abstract class FormsContract extends LinesContract {
    private static final String JSON = "application/json";
    private static final String BYTES = "application/octet-stream";

    /** Sends a request twice, so that a fast path that is installed on the connection sees the second one. */
    private HttpResponse<byte[]> get(Protocol protocol, String path, String accept) throws Exception {
        HttpResponse<byte[]> first = send(protocol, "GET", path, "Accept", accept);
        HttpResponse<byte[]> second = send(protocol, "GET", path, "Accept", accept);
        assertArrayEquals(first.body(), second.body());
        assertEquals(first.headers().map(), second.headers().map());
        return second;
    }

    @ParameterizedTest
    @EnumSource
    void aLineAsJsonIsThatOfARangeAsJson(Protocol protocol) throws Exception {
        for (String dataset : List.of("/datasets/edges", "/datasets/edges/versions/1", "")) {
            for (int number = 1; number < EDGES.size(); number++) {
                HttpResponse<byte[]> json = get(protocol, dataset + "/lines/" + number, JSON);
                assertEquals(200, json.statusCode());
                assertEquals(JSON, header(json, "content-type"));
                byte[] range = send(
                                protocol,
                                "GET",
                                dataset + "/lines?count=1&start=" + number,
                                "Accept",
                                NdjsonWriter.MEDIA_TYPE)
                        .body();
                assertArrayEquals(range, json.body(), dataset + " " + number);
                assertEquals(String.valueOf(range.length), header(json, "content-length"));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLineAsBytesHasItsBytes(Protocol protocol) throws Exception {
        for (int number = 1; number <= EDGES.size(); number++) {
            HttpResponse<byte[]> bytes = get(protocol, "/datasets/edges/lines/" + number, BYTES);
            assertArrayEquals(EDGES.get(number - 1), bytes.body());
            assertEquals(BYTES, header(bytes, "content-type"));
        }
    }

    @ParameterizedTest
    @EnumSource
    void eachFormHasItsOwnTagAndVaries(Protocol protocol) throws Exception {
        List<String> forms = List.of("text/plain", JSON, BYTES);
        for (String path : List.of("/lines/7", "/datasets/edges/versions/1/lines/4", "/datasets/edges/lines/5")) {
            List<String> tags = new ArrayList<>();
            for (String form : path.endsWith("5") ? List.of("text/plain", BYTES) : forms) {
                HttpResponse<byte[]> get = get(protocol, path, form);
                HttpResponse<byte[]> head = send(protocol, "HEAD", path, "Accept", form);
                assertEquals(get.headers().map(), head.headers().map());
                assertEquals("Accept", header(get, "vary"));
                String tag = header(get, "etag");
                for (String other : tags) {
                    HttpResponse<byte[]> modified = send(protocol, "GET", path, "Accept", form, "If-None-Match", other);
                    assertEquals(200, modified.statusCode(), other);
                }
                HttpResponse<byte[]> unmodified = send(protocol, "GET", path, "Accept", form, "If-None-Match", tag);
                assertEquals(304, unmodified.statusCode());
                assertEquals(tag, header(unmodified, "etag"));
                assertEquals("Accept", header(unmodified, "vary"));
                assertEquals(header(get, "cache-control"), header(unmodified, "cache-control"));
                tags.add(tag);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aLineOfOverAMebibyteIsNotSentAsJson(Protocol protocol) throws Exception {
        for (String path : List.of("/datasets/long/lines/2", "/datasets/edges/lines/5")) {
            int length = line(protocol, path).length;
            JsonObject problem = problem(protocol, 406, "GET", path, "Accept", JSON, "If-None-Match", "*");
            assertEquals("/problems/too-long-for-json", problem.getString("type"));
            assertEquals(length, problem.getInteger("bytes"));
            assertEquals(path, "/datasets/" + path.split("/", -1)[2] + "/lines/" + problem.getInteger("line"));
        }
    }

    @ParameterizedTest
    @CsvSource({"413, /lines/3001", "400, /lines/0", "404, /datasets/none/lines/1", "400, /lines/1x"})
    void problemsAreTheSameInEveryForm(int status, String path) throws Exception {
        for (Protocol protocol : Protocol.values()) {
            JsonObject plain = problem(protocol, status, "GET", path);
            for (String form : List.of(JSON, BYTES, "image/png")) {
                assertEquals(plain, problem(protocol, status, "GET", path, "Accept", form));
            }
        }
    }

    /** Without the name of another form, the answer is text, also if {@code Accept} excludes it. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "*/*",
                "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
                "application/json, text/plain, */*",
                "application/json;q=0.9, text/plain",
                "application/json;q=0",
                "application/*",
                "application/jsonx",
                "image/png"
            })
    void otherwiseALineIsText(String accept) throws Exception {
        for (Protocol protocol : Protocol.values()) {
            HttpResponse<byte[]> response = get(protocol, "/datasets/edges/lines/4", accept);
            assertArrayEquals(EDGES.get(3), response.body());
            assertEquals("text/plain; charset=UTF-8", header(response, "content-type"));
            assertEquals(header(send(protocol, "GET", "/datasets/edges/lines/4"), "etag"), header(response, "etag"));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {"Application/JSON", "text/*, application/json", "*/*;q=0.5, application/json;q=0.6"})
    void aNamedFormIsPreferredToWildcards(String accept) throws Exception {
        for (Protocol protocol : Protocol.values()) {
            assertTrue(
                    new String(get(protocol, "/datasets/edges/lines/4", accept).body(), StandardCharsets.UTF_8)
                            .startsWith("{\"number\":4,"));
        }
    }

    private static byte[] gunzip(byte[] compressed) throws Exception {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(compressed))) {
            return in.readAllBytes();
        }
    }

    @ParameterizedTest
    @EnumSource
    void linesAreCompressedIfTheClientAsksForIt(Protocol protocol) throws Exception {
        for (String path : List.of(
                "/lines",
                "/datasets/edges/lines",
                "/datasets/long/lines",
                "/datasets/edges/versions/1/lines",
                "/lines?start=10&count=1",
                "/lines?start=2990",
                "/lines?n=1&n=9999")) {
            for (String accept : List.of("text/plain", NdjsonWriter.MEDIA_TYPE)) {
                HttpResponse<byte[]> plain = send(protocol, "GET", path, "Accept", accept);
                HttpResponse<byte[]> gzip =
                        send(protocol, "GET", path, "Accept", accept, "Accept-Encoding", "deflate, gzip;q=0.5, br");
                assertEquals(200, gzip.statusCode());
                assertEquals("gzip", header(gzip, "content-encoding"));
                assertArrayEquals(plain.body(), gunzip(gzip.body()), path);
                for (String name : List.of("content-type", "cache-control", "vary", "link", "accept-ranges")) {
                    assertEquals(header(plain, name), header(gzip, name), name);
                }
                HttpResponse<byte[]> head = send(protocol, "HEAD", path, "Accept", accept, "Accept-Encoding", "gzip");
                for (String name :
                        List.of("content-type", "cache-control", "vary", "link", "etag", "content-encoding")) {
                    assertEquals(header(gzip, name), header(head, name), name);
                }
                assertEquals("", header(head, "content-length"));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void aCompressedAnswerHasItsOwnTag(Protocol protocol) throws Exception {
        for (String accept : List.of("text/plain", NdjsonWriter.MEDIA_TYPE)) {
            String[] coded = {"Accept", accept, "Accept-Encoding", "gzip", "If-None-Match", ""};
            String plain = header(send(protocol, "GET", "/lines", "Accept", accept), "etag");
            HttpResponse<byte[]> gzip = send(protocol, "GET", "/lines", coded);
            coded[5] = plain;
            assertEquals(200, send(protocol, "GET", "/lines", coded).statusCode());
            coded[5] = header(gzip, "etag");
            HttpResponse<byte[]> unmodified = send(protocol, "GET", "/lines", coded);
            assertEquals(304, unmodified.statusCode());
            assertEquals(coded[5], header(unmodified, "etag"));
            assertEquals("Accept, Accept-Encoding", header(unmodified, "vary"));
            assertEquals("", header(unmodified, "content-encoding"));
        }
    }

    /** A range counts lines, and an interrupted download goes on with the lines that are missing. */
    @ParameterizedTest
    @EnumSource
    void neitherRangesNorLinesNorProblemsAreCompressed(Protocol protocol) throws Exception {
        String tag = header(send(protocol, "GET", "/lines"), "etag");
        HttpResponse<byte[]> plain = send(protocol, "GET", "/lines", "Range", "lines=5-9");
        HttpResponse<byte[]> range =
                send(protocol, "GET", "/lines", "Range", "lines=5-9", "If-Range", tag, "Accept-Encoding", "gzip");
        assertEquals(206, range.statusCode());
        assertEquals(plain.headers().map(), range.headers().map());
        assertArrayEquals(plain.body(), range.body());
        for (String path : List.of("/lines/5", "/lines/5000", "/lines?start=5000", "/lines?count=0")) {
            HttpResponse<byte[]> response = send(protocol, "GET", path, "Accept-Encoding", "gzip");
            assertEquals("", header(response, "content-encoding"), path);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "identity",
                "*",
                "gzip;q=0",
                "br, deflate",
                "gzip;q=0.5, identity",
                "gzip;q=abc",
                "gzip;q=1.5",
                "gzipx"
            })
    void otherwiseLinesAreNotCompressed(String coding) throws Exception {
        for (Protocol protocol : Protocol.values()) {
            HttpResponse<byte[]> response = send(protocol, "GET", "/lines", "Accept-Encoding", coding);
            assertEquals("", header(response, "content-encoding"));
            assertArrayEquals(ServedStore.CONTENT, response.body());
        }
    }
}
