package dev.lineserver.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;

import dev.lineserver.http.access.ApiKey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The application with keys, and with the fast path as it is by default: no spelling of any path is answered without one. */
@QuarkusTest
@TestProfile(KeyedApplicationTest.KeyedProfile.class)
final class KeyedApplicationTest {
    private static final ApiKey ALL = ApiKey.generate();
    private static final ApiKey EDGES = ApiKey.generate();
    private static final Path FILE = writeKeys();

    public static final class KeyedProfile extends ServedStore.EmbeddedProfile {
        public KeyedProfile() {
            super(Map.of(
                    "line-server.http.api-keys",
                    FILE.toString(),
                    "line-server.http.fast-path",
                    "true",
                    "line-server.http.swagger-ui",
                    "true",
                    "line-server.http.mcp",
                    "true"));
        }
    }

    private static Path writeKeys() {
        try {
            return Files.writeString(
                    Files.createTempFile("line-server-keys", null),
                    ALL.fileLine("all", "*") + "\n" + EDGES.fileLine("edges", "edges") + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @TestHTTPResource("/")
    URL root;

    /** Paths as clients may write them, each of which some layer of the server may take for the first. */
    private static Set<String> spellings(String path) {
        Set<String> spellings = new TreeSet<>(List.of(
                path,
                path + "/",
                "/." + path,
                "//" + path.substring(1),
                "/x/.." + path,
                "/q/health/../.." + path,
                "/page/%2e%2e" + path,
                path + "?n=1",
                path + "?start=1&count=2",
                path + ";x=1",
                path.replaceFirst("^/(\\w)", "/%" + String.format("%02X", (int) path.charAt(1))),
                path.replaceFirst("^(/\\w+)", "$1;x=1"),
                path.replaceFirst("/([^/]*)$", "/;x/$1"),
                path.replace("/", "%2F").replaceFirst("%2F", "/"),
                path.toUpperCase(java.util.Locale.ROOT)));
        spellings.removeIf(spelling -> spelling.equals("//"));
        return spellings;
    }

    private static Set<String> closedPaths() throws IOException {
        OpenApiDocument document = OpenApiDocument.ofFile();
        Set<String> open = Set.of("/", "/status", "/page/{file}", "/problems", "/problems/{type}", "/q/openapi");
        Set<String> paths = new TreeSet<>(Set.of("/mcp", "/q/info", "/q", "/q/dev"));
        for (String path : document.paths()) {
            if (!open.contains(path) && !path.startsWith("/q/health")) {
                paths.add(document.examplePath(path, Map.of("version", "1")));
            }
        }
        assertTrue(paths.containsAll(Set.of("/lines", "/q/metrics", "/datasets")), paths.toString());
        return paths;
    }

    private String exchange(String requests) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), root.getPort())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(requests.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    @Test
    void noPathInAnySpellingIsAnsweredWithoutAKeyInHttp11() throws Exception {
        int tried = 0;
        for (String path : closedPaths()) {
            for (String method : List.of("GET", "HEAD", "POST", "OPTIONS")) {
                StringBuilder requests = new StringBuilder();
                Set<String> spellings = spellings(path);
                // Pipelined, so that every request but the first finds a connection on which the fast path could be.
                for (String spelling : spellings) {
                    requests.append(method).append(' ').append(spelling).append(" HTTP/1.1\r\nHost: x\r\n\r\n");
                }
                requests.append("GET /lines/1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
                String answers = exchange(requests.toString());
                List<String> statuses = List.of(answers.split("HTTP/1.1 ", -1)).stream()
                        .skip(1)
                        .map(answer -> answer.substring(0, 3))
                        .toList();
                assertEquals(spellings.size() + 1, statuses.size(), method + " " + path + "\n" + answers);
                assertEquals(Set.of("401"), Set.copyOf(statuses), method + " " + path + "\n" + answers);
                tried += statuses.size();
            }
        }
        assertTrue(tried > 500, tried + " requests");
    }

    @Test
    void noPathInAnySpellingIsAnsweredWithoutAKeyInHttp2() throws Exception {
        io.vertx.core.http.HttpClient client = PlainServer.VERTX.createHttpClient(
                new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false));
        try {
            for (String path : closedPaths()) {
                for (String spelling : spellings(path)) {
                    HttpClientResponse answer =
                            PlainServer.await(client.request(HttpMethod.GET, root.getPort(), "127.0.0.1", spelling)
                                    .compose(request -> request.send()));
                    assertEquals(401, answer.statusCode(), spelling);
                    assertEquals(HttpVersion.HTTP_2, answer.version());
                    PlainServer.await(answer.body());
                }
            }
        } finally {
            PlainServer.await(client.close());
        }
    }

    /** A key of one dataset reads nothing of the others, however the path is written. */
    @Test
    void aKeyOfOneDatasetReadsNoOtherInAnySpelling() throws Exception {
        List<String> leaks = new ArrayList<>();
        for (String path : closedPaths()) {
            for (String spelling : spellings(path)) {
                String answer = exchange("GET " + spelling + " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "
                        + EDGES.text() + "\r\nConnection: close\r\n\r\n");
                boolean refused = answer.startsWith("HTTP/1.1 403 ") || answer.startsWith("HTTP/1.1 404 ");
                // The list of datasets, of which it gets its own, and the tools, which take POST only.
                if (!refused
                        && !(path.equals("/mcp") && answer.startsWith("HTTP/1.1 405 "))
                        && !answer.contains("\r\n\r\n{\"datasets\":[{\"dataset\":\"edges\"")) {
                    leaks.add(spelling + ": " + answer.lines().findFirst().orElse(""));
                }
                assertFalse(answer.contains("\"long\""), answer);
            }
        }
        assertEquals(List.of(), leaks);
    }

    private HttpResponse<String> get(String path, String... headers) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(root + path));
            for (int i = 0; i < headers.length; i += 2) {
                request.header(headers[i], headers[i + 1]);
            }
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }

    private List<String> datasets(ApiKey key) throws Exception {
        JsonArray datasets = new JsonObject(
                        get("datasets", "Authorization", "Bearer " + key.text()).body())
                .getJsonArray("datasets");
        return datasets.stream()
                .map(dataset -> ((JsonObject) dataset).getString("dataset"))
                .sorted()
                .toList();
    }

    @Test
    void aKeyListsAndReadsWhatItGrants() throws Exception {
        assertEquals(List.of("default", "edges", "long"), datasets(ALL));
        assertEquals(List.of("edges"), datasets(EDGES));
        assertEquals(
                200,
                get("datasets/edges/lines/2", "Authorization", "Bearer " + EDGES.text())
                        .statusCode());
        assertEquals(
                200,
                get("datasets/edges/versions", "Authorization", "Bearer " + EDGES.text())
                        .statusCode());
        assertEquals(
                200, get("lines/2", "Authorization", "Bearer " + ALL.text()).statusCode());
        assertEquals(
                200, get("q/metrics", "Authorization", "Bearer " + ALL.text()).statusCode());
    }

    @Test
    void probesPagesAndTheDocumentNeedNoKey() throws Exception {
        for (String path : List.of(
                "",
                "status",
                "page/page.css",
                "problems",
                "problems/key-needed",
                "q/health",
                "q/health/ready",
                "q/openapi",
                "q/swagger-ui/")) {
            HttpResponse<String> answer = get(path, "Accept", "*/*");
            assertEquals(200, answer.statusCode(), path);
            assertEquals(List.of("nosniff"), answer.headers().allValues("x-content-type-options"), path);
        }
    }

    /** The key is in the memory of the page, and nowhere else in the browser. */
    @Test
    void thePageAsksForAKeyAndForgetsItWhenItIsReloaded() {
        try (Browser browser = Browser.start()) {
            for (String page : List.of(root.toString(), root + "?dataset=edges")) {
                browser.open(page);
                browser.await(1, () -> browser.findAll("#key").size());
                assertEquals(
                        List.of(),
                        browser.findAccessibilityFaults().stream()
                                .filter(fault -> fault.contains("key"))
                                .toList());
                browser.press("#key input", "wrong", Keys.ENTER);
                browser.await(
                        "The server does not know this key. Key ",
                        () -> browser.findAll("#key").size() == 1 ? browser.text("#key label") : "");
                browser.press("#key input", ALL.text(), Keys.ENTER);
                browser.await(true, () -> browser.text("#facts").contains("line"));
                assertEquals(0, browser.findAll("#key").size());
                assertEquals(
                        "0;0;",
                        browser.run(
                                "return localStorage.length + ';' + sessionStorage.length + ';' + document.cookie"));
                assertFalse(browser.url().contains("lsk_"));
            }
            browser.await("A\u2400B", () -> browser.line(3));
            browser.press("#lines", Keys.HOME, Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ENTER);
            browser.await("Line 3: 3 bytes", () -> browser.text("#detail-title"));
            browser.run("HTMLAnchorElement.prototype.click = function () { window.saved = this.download; }");
            browser.run(
                    "URL.createObjectURL = blob => { blob.text().then(text => { window.raw = text; }); return '#'; }");
            browser.run("document.getElementById('raw').dispatchEvent(new MouseEvent('click', { cancelable: true }))");
            browser.await("A\u0000B", () -> browser.run("return window.raw"));
            assertEquals("line-3.txt", browser.run("return window.saved"));
            browser.open(root.toString());
            browser.await(1, () -> browser.findAll("#key").size());
            browser.open(root + "status");
            browser.press("#key input", ALL.text(), Keys.ENTER);
            browser.await(true, () -> !browser.findAll(".chart").isEmpty());
            assertEquals(List.of(), browser.console());
        }
    }

    /** A browser would report in its console what the security policy of the page forbids. */
    @Test
    void theDocumentIsShownInABrowser() {
        try (Browser browser = Browser.start()) {
            browser.open(root + "q/swagger-ui/");
            browser.await(true, () -> browser.findAll(".opblock").size() > 10);
            assertEquals(List.of(), browser.console());
        }
    }

    /** The file is looked at once a second. */
    @Test
    void aNewKeyIsValidWithoutARestart() throws Exception {
        ApiKey added = ApiKey.generate();
        assertEquals(
                401, get("lines/2", "Authorization", "Bearer " + added.text()).statusCode());
        Files.writeString(FILE, Files.readString(FILE) + added.fileLine("added", "default"));
        Awaitility.await()
                .untilAsserted(() -> assertEquals(
                        200,
                        get("lines/2", "Authorization", "Bearer " + added.text())
                                .statusCode()));
    }

    /** No answer names the program's framework or its version. */
    @Test
    void noAnswerNamesAVersion() throws Exception {
        for (String path : List.of("", "status", "lines/x", "nowhere", "q/openapi", "q/health", "problems")) {
            HttpResponse<String> answer = get(path, "Authorization", "Bearer " + ALL.text());
            String all = (answer.headers().map() + answer.body()).toLowerCase(java.util.Locale.ROOT);
            for (String name :
                    List.of("quarkus", "vert.x", "netty", "resteasy", "server=", "x-powered-by", "snapshot")) {
                assertFalse(all.contains(name), path + " has " + name + ": " + all);
            }
        }
    }
}
