package dev.lineserver.http;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;

import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.response.Response;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.store.Samples;

import static io.restassured.RestAssured.given;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The HTTP contract, asked of the running application. */
@QuarkusTest
@QuarkusTestResource(ServedStore.class)
class LineHttpTest {
    private static final List<byte[]> LINES = Samples.linesOf(ServedStore.CONTENT);
    private static final List<byte[]> EDGES = Samples.linesOf(ServedStore.EDGES);

    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    @TestHTTPResource("/")
    URL root;

    private static byte[] get(String path) {
        return given().get(path).then().statusCode(200).extract().asByteArray();
    }

    /** What comes over the wire, with no client in between that reads a charset. */
    private HttpResponse<byte[]> send(String method, String path, String... headers) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(root + path.substring(1)))
                .method(method, HttpRequest.BodyPublishers.noBody());
        for (int i = 0; i < headers.length; i += 2) {
            request.header(headers[i], headers[i + 1]);
        }
        return CLIENT.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    @Test
    void everyLineComesBackByteForByte() {
        for (int i = 0; i < LINES.size(); i += 7) {
            assertArrayEquals(LINES.get(i), get("/lines/" + (i + 1)), "line " + (i + 1));
        }
        assertArrayEquals(LINES.getLast(), get("/lines/" + LINES.size()));
    }

    @Test
    void edgesComeBackByteForByte() throws Exception {
        for (int i = 0; i < EDGES.size(); i++) {
            HttpResponse<byte[]> response = send("GET", "/datasets/edges/lines/" + (i + 1));
            assertEquals(200, response.statusCode());
            assertArrayEquals(EDGES.get(i), response.body(), "line " + (i + 1));
            assertEquals(
                    EDGES.get(i).length,
                    response.headers().firstValueAsLong("content-length").orElseThrow());
        }
    }

    @Test
    void aLineHasTheHeadersOfTheContract() {
        given().get("/lines/1")
                .then()
                .statusCode(200)
                .header("Content-Type", "text/plain; charset=UTF-8")
                .header("Cache-Control", "no-cache")
                .header("ETag", not(startsWith("W/")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/lines/2/",
                "/line_server/lines/2",
                "/line_server/lines/2/",
                "/datasets/default/lines/2",
                "/datasets/default/lines/2/",
                "/lines/0002"
            })
    void aliasesAndTrailingSlashesAnswerAlike(String path) {
        assertArrayEquals(LINES.get(1), get(path));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "3001",
                "3002",
                "4294967297",
                "9223372036854775807",
                "9223372036854775808",
                "100000000000000000000000000000000"
            })
    void beyondTheEndIs413NamingTheLineCount(String number) {
        given().get("/lines/" + number)
                .then()
                .statusCode(413)
                .contentType("application/problem+json")
                .body("status", equalTo(413))
                .body("type", equalTo("urn:line-server:problem:past-the-end"))
                .body("lines", equalTo(3000))
                .body("detail", containsString("3000 lines"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "+1", "1.5", "1e3", "abc", "1/2", "", "%31", "1%20"})
    void whatIsNotALineNumberIs400SayingWhatIs(String number) {
        given().urlEncodingEnabled(false)
                .get("/lines/" + number)
                .then()
                .statusCode(400)
                .contentType("application/problem+json")
                .body("status", equalTo(400))
                .body("detail", containsString("a line number is a whole number"));
    }

    @Test
    void anUnknownDatasetIs404EvenForLines() {
        for (String path : List.of("/datasets/none", "/datasets/none/lines/1")) {
            given().get(path)
                    .then()
                    .statusCode(404)
                    .contentType("application/problem+json")
                    .body("detail", containsString("no dataset none"));
        }
        given().get("/elsewhere").then().statusCode(404).contentType("application/problem+json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "PATCH"})
    void otherMethodsAre405(String method) {
        given().request(method, "/lines/1")
                .then()
                .statusCode(405)
                .header("Allow", "GET, HEAD")
                .contentType("application/problem+json");
    }

    @Test
    void headAnswersAsGetWithoutTheBody() throws Exception {
        for (String path : List.of("/lines/2", "/lines/9999", "/lines/x", "/datasets/edges/lines/5")) {
            HttpResponse<byte[]> get = send("GET", path);
            HttpResponse<byte[]> head = send("HEAD", path);
            assertEquals(get.statusCode(), head.statusCode());
            assertEquals(get.headers().map(), head.headers().map());
            assertEquals(0, head.body().length);
        }
    }

    @Test
    void aClientThatHasTheLineIsTold304() throws Exception {
        String etag = send("GET", "/lines/5").headers().firstValue("etag").orElseThrow();
        for (String sent : List.of(etag, "\"other\", " + etag, "W/" + etag, "*")) {
            HttpResponse<byte[]> response = send("GET", "/lines/5", "If-None-Match", sent);
            assertEquals(304, response.statusCode(), sent);
            assertEquals(0, response.body().length);
            assertEquals(etag, response.headers().firstValue("etag").orElseThrow());
        }
        for (String sent : List.of("\"other\"", etag.replace("-4", "-5"), "")) {
            assertEquals(200, send("GET", "/lines/5", "If-None-Match", sent).statusCode(), sent);
        }
        assertEquals(413, send("GET", "/lines/5000", "If-None-Match", "*").statusCode());
    }

    @Test
    void requestsOnOneConnectionAreAnsweredInOrder() throws Exception {
        StringBuilder requests = new StringBuilder();
        for (int number = 1; number <= 50; number++) {
            requests.append("GET /lines/" + number + " HTTP/1.1\r\nHost: x\r\n");
            requests.append(number == 50 ? "Connection: close\r\n\r\n" : "\r\n");
        }
        try (Socket socket = new Socket(root.getHost(), root.getPort())) {
            OutputStream out = socket.getOutputStream();
            out.write(requests.toString().getBytes(StandardCharsets.US_ASCII));
            out.flush();
            InputStream in = socket.getInputStream();
            String all = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
            int at = 0;
            for (int i = 0; i < 50; i++) {
                String line = new String(LINES.get(i), StandardCharsets.ISO_8859_1);
                int head = all.indexOf("\r\n\r\n", at);
                assertTrue(all.startsWith("HTTP/1.1 200 OK\r\n", at), "line " + (i + 1));
                assertTrue(all.startsWith(line, head + 4), "line " + (i + 1));
                at = head + 4 + line.length();
            }
            assertEquals(all.length(), at);
        }
    }

    @Test
    void datasetsAreListedFromTheirManifests() {
        given().get("/datasets").then().statusCode(200).body("datasets.dataset", hasItem("edges"));
        given().get("/datasets/edges")
                .then()
                .statusCode(200)
                .contentType("application/json")
                .body("dataset", equalTo("edges"))
                .body("lines", equalTo(EDGES.size()))
                .body("bytes", equalTo(ServedStore.EDGES.length))
                .body("terminated", equalTo(false))
                .body("longestLine", equalTo(EDGES.getLast().length));
    }

    @Test
    void healthAndMetricsTellOfTheStore() {
        get("/lines/1");
        given().get("/q/health/live").then().statusCode(200);
        given().get("/q/health/ready")
                .then()
                .statusCode(200)
                .body("status", equalTo("UP"))
                .body("checks.status", everyItem(equalTo("UP")))
                .body("checks.name", hasItem("store"));
        String metrics = given().get("/q/metrics").asString();
        assertTrue(metrics.contains("line_server_lookups_seconds_count{outcome=\"found\"}"), metrics);
        assertTrue(metrics.contains("line_server_dataset_lines{dataset=\"default\"} 3000.0"), metrics);
        assertTrue(metrics.contains("line_server_lines_damaged_total 0.0"), metrics);
        assertTrue(given().get("/q/openapi").asString().contains("/lines/{n}"));
    }

    @Test
    void aNewVersionIsServedWithinASecondAndADroppedDatasetIsGone() throws Exception {
        ServedStore.ingest("moving", "one\n".getBytes(StandardCharsets.UTF_8));
        awaitAnswer("/datasets/moving/lines/1", 200, "one");
        String etag = send("GET", "/datasets/moving/lines/1")
                .headers()
                .firstValue("etag")
                .orElseThrow();
        ServedStore.ingest("moving", "eins\nzwei\n".getBytes(StandardCharsets.UTF_8));
        awaitAnswer("/datasets/moving/lines/1", 200, "eins");
        awaitAnswer("/datasets/moving/lines/2", 200, "zwei");
        assertEquals(
                200,
                send("GET", "/datasets/moving/lines/1", "If-None-Match", etag).statusCode());
        ServedStore.drop("moving");
        awaitAnswer("/datasets/moving/lines/1", 404, "no dataset moving");
    }

    @Test
    void aSourceThatChangedIs503AndNeverAWrongLine() throws Exception {
        ServedStore.ingest("fragile", "one\ntwo\n".getBytes(StandardCharsets.UTF_8));
        awaitAnswer("/datasets/fragile/lines/2", 200, "two");
        Path source = ServedStore.source("fragile");
        FileTime time = FileTime.from(Instant.parse("2020-02-02T02:02:02Z"));
        Files.writeString(source, "ONE\nTWO\n");
        Files.setLastModifiedTime(source, time);
        Response response = given().get("/datasets/fragile/lines/2");
        assertEquals(503, response.statusCode());
        assertEquals("1", response.header("Retry-After"));
        assertEquals("application/problem+json", response.contentType());
        assertTrue(response.asString().contains("no longer what was ingested"), response.asString());
        Files.writeString(source, "one\ntwo\n");
        awaitAnswer("/datasets/fragile/lines/2", 200, "two");
    }

    private void awaitAnswer(String path, int status, String text) {
        Awaitility.await().untilAsserted(() -> {
            HttpResponse<byte[]> response = send("GET", path);
            assertEquals(status, response.statusCode());
            assertTrue(new String(response.body(), StandardCharsets.UTF_8).contains(text));
        });
    }
}
