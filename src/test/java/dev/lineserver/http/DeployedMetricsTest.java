package dev.lineserver.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

import io.micrometer.prometheus.PrometheusConfig;
import io.micrometer.prometheus.PrometheusMeterRegistry;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonObject;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.line.ContentDigest;
import dev.lineserver.serving.Datasets;
import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.ReadStatistics;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoredVersion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The metrics that the dashboard, the alerts and the documents name are those that a server has. */
final class DeployedMetricsTest {
    private static final Path COMPOSE = Path.of("src/main/docker/compose");
    private static final Path ALERTS = COMPOSE.resolve("alerts.yaml");
    private static final Path DASHBOARD = COMPOSE.resolve("grafana/line-server.json");
    static final List<Path> DEPLOYED = List.of(ALERTS, DASHBOARD);
    private static final Path OPERATIONS = Path.of("src/docs/operations.md");
    private static final String OWN = "\\bline_server_[a-z_]+";
    /** The samples of a histogram, of which documents name the first part. */
    private static final String HISTOGRAM_SUFFIX = "_(bucket|count|sum)$";

    static Set<String> names(String pattern, List<Path> files) throws IOException {
        Set<String> names = new TreeSet<>();
        for (Path file : files) {
            names.addAll(Pattern.compile(pattern)
                    .matcher(Files.readString(file))
                    .results()
                    .map(MatchResult::group)
                    .toList());
        }
        return names;
    }

    /** Returns the names of the samples of a server that has a dataset and a build. */
    @SuppressWarnings("deprecation") // The registry of Quarkus 3.33.
    private static Set<String> scraped() throws Exception {
        DatasetName name = DatasetName.DEFAULT;
        Manifest manifest = new Manifest(
                name,
                1,
                new Content(1, 2, new ContentDigest(1, 2), 1, true),
                "source",
                "scripted",
                Instant.EPOCH,
                List.of());
        DatasetVersions versions =
                new DatasetVersions(name, List.of(StoredVersion.of(StoredVersion.State.CURRENT, manifest)), 1, 0);
        Instant now = Instant.EPOCH;
        BuildStatus build = new BuildStatus(name, 2, "source", 1, true, Checkpoint.START, 0, now, now, now, List.of());
        LineStore store = ScriptedLines.proxy(LineStore.class, (_, method, _) -> switch (method.getName()) {
            case "datasets" -> List.of(new DatasetListing.Described(versions));
            case "builds" -> List.of(build);
            case "readStatistics" -> java.util.Optional.of(new ReadStatistics());
            case "open" ->
                ScriptedLines.proxy(Snapshot.class, (_, called, _) -> switch (called.getName()) {
                    case "manifest" -> manifest;
                    case "lookup" -> ScriptedLines.found("");
                    default -> null;
                });
            default -> null;
        });
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        RequestOutcomes outcomes = new RequestOutcomes(registry);
        outcomes.requests.recordAnswer(RequestRoute.LINE, HttpMethod.GET, 200, 1);
        EventLoopLag _ = new EventLoopLag(registry);
        AccessLog _ = new AccessLog(ServeConfig.AccessLogFormat.NONE, registry, OutputStream.nullOutputStream());
        try (ScriptedLines lines = new ScriptedLines()) {
            ConnectionEdge _ = new ConnectionEdge(lines.components.serve, registry);
            AccessRoute _ = new AccessRoute(lines.components.serve, lines.components.management, registry);
        }
        try (Datasets datasets = new Datasets(() -> store, name, Duration.ofMillis(5))) {
            datasets.start();
            new DatasetMetrics(registry, datasets).start(new StartupEvent());
            new RequestCollector(outcomes, datasets).start(new StartupEvent(), registry);
            // Each meter is registered by itself, on a background thread.
            Awaitility.await().untilAsserted(() -> {
                String scrape = registry.scrape();
                for (String value : List.of("running", "lines", "bytes", "source_bytes")) {
                    assertTrue(scrape.contains("\nline_server_build_" + value + "{"), scrape);
                }
            });
            return registry.scrape()
                    .lines()
                    .filter(line -> line.startsWith("line_server_"))
                    .map(line -> line.split("[ {]", 2)[0])
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    @Test
    void everyDeployedMetricExists() throws Exception {
        Set<String> scraped = scraped();
        for (Path file : DEPLOYED) {
            Set<String> names = names(OWN, List.of(file));
            assertTrue(names.size() > 5, file + " names only " + names);
            names.removeAll(scraped);
            assertEquals(Set.of(), names, file + " uses unknown metrics");
        }
    }

    @Test
    void exactlyTheMetricsOfTheServerAreDocumented() throws Exception {
        Set<String> scraped = scraped().stream()
                .map(name -> name.replaceFirst(HISTOGRAM_SUFFIX, ""))
                .collect(Collectors.toCollection(TreeSet::new));
        String documented = Files.readAllLines(OPERATIONS).stream()
                .filter(line -> line.startsWith("| `line_server_"))
                .map(line -> line.split("\\|", -1)[1])
                .collect(Collectors.joining());
        assertEquals(
                scraped,
                new TreeSet<>(Arrays.asList(
                        documented.replaceAll("[`,\\s]+", " ").strip().split(" ", -1))));
    }

    @Test
    void theDashboardIsJsonAndTheAlertsAreYaml() throws IOException {
        JsonObject dashboard = new JsonObject(Files.readString(DASHBOARD));
        assertTrue(dashboard.getJsonArray("panels").size() > 15);
        Set<Object> ids = dashboard.getJsonArray("panels").stream()
                .map(panel -> ((JsonObject) panel).getInteger("id"))
                .collect(Collectors.toSet());
        assertEquals(dashboard.getJsonArray("panels").size(), ids.size(), "ids of panels are unique");
        Map<String, Object> alerts = new Yaml().load(Files.readString(ALERTS));
        for (Object rule :
                new JsonObject(alerts).getJsonArray("groups").getJsonObject(0).getJsonArray("rules")) {
            assertTrue(((JsonObject) rule).fieldNames().containsAll(Set.of("alert", "expr", "labels")), rule::toString);
        }
    }
}
