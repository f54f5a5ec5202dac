package dev.lineserver.http;

import java.net.URL;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.TestProfile;
import io.vertx.core.Vertx;
import io.vertx.core.impl.VertxInternal;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import jakarta.inject.Inject;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The application as Quarkus assembles and configures it. */
@QuarkusTest
@TestProfile(ApplicationTest.ApplicationProfile.class)
final class ApplicationTest extends FormsContract {
    public static final class ApplicationProfile extends ServedStore.EmbeddedProfile {
        public ApplicationProfile() {
            super(Map.of("quarkus.http.limits.max-body-size", "1M"));
        }
    }

    @TestHTTPResource("/")
    URL root;

    @Inject
    Vertx vertx;

    @Override
    int port() {
        return root.getPort();
    }

    @Test
    void theFastPathIsInstalled() throws Exception {
        for (EventExecutor loop : ((VertxInternal) vertx).getAcceptorEventLoopGroup()) {
            Awaitility.await()
                    .untilAsserted(() -> assertTrue(loop.submit(() -> {
                                List<String> handlers = new ArrayList<>();
                                ((SingleThreadEventLoop) loop)
                                        .registeredChannelsIterator()
                                        .forEachRemaining(channel -> channel.pipeline()
                                                .forEach(handler -> handlers.add(handler.getValue()
                                                        .getClass()
                                                        .getName())));
                                return handlers.stream().anyMatch(name -> name.contains("fastpath"));
                            })
                            .get()));
        }
    }

    @Test
    void healthAndMetricsReportTheStore() throws Exception {
        Protocol protocol = Protocol.HTTP_1_1;
        byte[] _ = line(protocol, "/lines/1");
        assertEquals(200, send(protocol, "GET", "/q/health/live").statusCode());
        String ready = new String(line(protocol, "/q/health/ready"), StandardCharsets.UTF_8);
        assertTrue(ready.contains("\"store\"") && !ready.contains("DOWN"), ready);
        String metrics = new String(line(protocol, "/q/metrics"), StandardCharsets.UTF_8);
        assertTrue(metrics.contains("line_server_lookups_seconds_count{outcome=\"found\"}"), metrics);
        assertTrue(metrics.contains("line_server_dataset_lines{dataset=\"default\"} 3000.0"), metrics);
        assertTrue(metrics.contains("line_server_lines_damaged_total 0.0"), metrics);
        assertTrue(metrics.contains("line_server_fast_path_failures_total 0.0"), metrics);
        assertTrue(new String(line(protocol, "/q/openapi"), StandardCharsets.UTF_8).contains("/lines/{n}"));
    }

    /** The metrics of the JVM and of Quarkus included; those of builds exist only while there are any. */
    @Test
    void everyDeployedMetricIsScraped() throws Exception {
        System.gc();
        Set<String> deployed = DeployedMetricsTest.names(
                "\\b(?:line_server|jvm|process|system)_[a-z_]+", DeployedMetricsTest.DEPLOYED);
        deployed.removeIf(name -> name.startsWith("line_server_build_"));
        Awaitility.await().untilAsserted(() -> {
            String metrics = new String(line(Protocol.HTTP_1_1, "/q/metrics"), StandardCharsets.UTF_8);
            Set<String> missing = new TreeSet<>(deployed);
            missing.removeIf(name -> metrics.lines().anyMatch(line -> line.matches(name + "[ {].*")));
            assertEquals(Set.of(), missing);
        });
    }

    /** Java's client fails a request beyond the server's limit of streams, and assumes 100 if the server announces none. */
    @Test
    void threeHundredRequestsShareOneHttp2Connection() throws Exception {
        byte[] _ = line(Protocol.HTTP_2, "/lines/1");
        List<CompletableFuture<HttpResponse<byte[]>>> answers = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            answers.add(Protocol.HTTP_2.client.sendAsync(
                    build("GET", "/datasets/long/lines/1"), HttpResponse.BodyHandlers.ofByteArray()));
        }
        for (CompletableFuture<HttpResponse<byte[]>> answer : answers) {
            assertEquals((ServedStore.LONG.length / 4 - 1), answer.get().body().length);
        }
    }

    /** Quarkus configures Vert.x to pass such requests on. */
    @ParameterizedTest
    @ValueSource(strings = {"HTTP/1.2", "HTTP/2.0"})
    void anUnknownVersionOfHttpIs505(String version) throws Exception {
        assertRefused("GET /lines/2 " + version + "\\nHost: x\\n\\n", 505);
    }

    @ParameterizedTest
    @CsvSource({
        "404, GET, /datasets/none, ''",
        "404, GET, /datasets/edges/more, ''",
        "404, GET, /problems/none, ''",
        "404, GET, /datasets/none/versions, ''",
        "404, GET, /datasets/none/versions/1, ''",
        "404, GET, /datasets/edges/versions/2, ''",
        "404, GET, /datasets/edges/versions/1/more, ''",
        "400, GET, /datasets/edges/versions/x, ''",
        "405, POST, /datasets/edges/versions, ''",
        "406, GET, /datasets/edges/versions, text/html",
        "405, POST, /datasets, ''",
        "405, PUT, /datasets/edges, ''",
        "405, POST, /q/health, ''",
        "405, OPTIONS, /q/health, ''",
        "405, OPTIONS, /datasets, ''",
        "405, OPTIONS, /status, ''",
        "405, OPTIONS, /nothing, ''",
        "405, DELETE, /q/health/ready, ''",
        "405, PUT, /q/metrics, ''",
        "405, PATCH, /q/openapi, ''",
        "406, GET, /datasets, text/html",
        "406, GET, /datasets/edges, text/html"
    })
    void errorsOfEveryResourceAreProblems(int status, String method, String path, String accept) throws Exception {
        assertProblem(status, method, path, accept.isEmpty() ? new String[0] : new String[] {"Accept", accept});
    }

    /** The {@code type} of a problem leads to its description. */
    @ParameterizedTest
    @EnumSource
    void everyProblemTypeIsDescribedAtItsPath(ProblemType type) throws Exception {
        String description = new String(line(Protocol.HTTP_1_1, type.path()), StandardCharsets.UTF_8);
        assertTrue(description.startsWith(type.title + " (status " + type.status + ")"), description);
        String all = new String(line(Protocol.HTTP_1_1, "/problems"), StandardCharsets.UTF_8);
        assertTrue(all.lines().anyMatch(type.path()::equals), all);
        assertTrue(Files.readAllLines(Path.of("src/docs/errors.md")).contains(type.row()), type.row());
    }

    @ParameterizedTest
    @EnumSource
    void versionsAreListedFromTheirManifests(Protocol protocol) throws Exception {
        JsonObject manifest = json(protocol, "/datasets/edges");
        JsonArray versions = json(protocol, "/datasets/edges/versions").getJsonArray("versions");
        JsonObject described = manifest.copy().put("state", "current");
        assertEquals(new JsonArray().add(described), versions);
        assertEquals(described, json(protocol, "/datasets/edges/versions/1"));
        for (String path : List.of("/datasets/edges/versions", "/datasets/edges/versions/1")) {
            HttpResponse<byte[]> get = send(protocol, "GET", path);
            assertEquals(new JsonObject(new String(get.body(), StandardCharsets.UTF_8)), json(protocol, path + "/"));
            HttpResponse<byte[]> head = send(protocol, "HEAD", path);
            assertEquals(200, head.statusCode());
            assertEquals(0, head.body().length);
            assertEquals(header(get, "content-type"), header(head, "content-type"));
        }
        String openApi = new String(line(protocol, "/q/openapi"), StandardCharsets.UTF_8);
        for (String path : List.of("", "/{version}", "/{version}/lines/{n}", "/{version}/lines")) {
            assertTrue(openApi.contains("/datasets/{dataset}/versions" + path + ":"), openApi);
        }
    }

    private JsonObject json(Protocol protocol, String path) throws Exception {
        return new JsonObject(new String(line(protocol, path), StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @EnumSource
    void datasetsAreListedFromTheirManifests(Protocol protocol) throws Exception {
        HttpResponse<byte[]> all = send(protocol, "GET", "/datasets");
        JsonArray datasets = new JsonObject(new String(all.body(), StandardCharsets.UTF_8)).getJsonArray("datasets");
        HttpResponse<byte[]> one = send(protocol, "GET", "/datasets/edges");
        JsonObject edges = new JsonObject(new String(one.body(), StandardCharsets.UTF_8));
        assertTrue(datasets.contains(edges), datasets.encode());
        assertEquals(header(all, "content-type"), header(one, "content-type"));
        assertEquals("edges", edges.getString("dataset"));
        assertEquals(EDGES.size(), edges.getInteger("lines"));
        assertEquals(ServedStore.EDGES.length, edges.getInteger("bytes"));
        assertEquals(EDGES.getLast().length, edges.getInteger("longestLine"));
        assertFalse(edges.getBoolean("terminated"));
    }
}
