package dev.lineserver.deploy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Dashboard, alerts and scraping ask for metrics that the program has, where it has them. */
final class ObservabilityTest {
    /** A metric is a name with an underscore in front of a brace, a bracket or a parenthesis. */
    private static final Pattern METRIC = Pattern.compile("\\b([a-z]+_[a-z_]+)(?=[{\\[)]|\\s*[/!><=]|$)");

    private static final JsonNode DASHBOARD = read("grafana/line-server.json");

    @Test
    void dashboardAsksForMetricsThatExist() {
        Set<String> seen = new TreeSet<>();
        for (JsonNode panel : DASHBOARD.path("panels")) {
            assertFalse(panel.path("targets").isEmpty(), panel.path("title").asText());
            for (JsonNode target : panel.path("targets")) {
                seen.addAll(metrics(target.path("expr").asText()));
            }
        }
        assertTrue(seen.containsAll(Program.METRIC_NAMES), "a metric of ours is not on the dashboard: " + seen);
    }

    @Test
    void dashboardIsWellFormed() throws IOException {
        JsonNode source = DeployFiles.yaml(DeployFiles.COMPOSE.resolve("grafana/datasource.yaml"))
                .path("datasources")
                .path(0);
        Set<String> ids = new HashSet<>();
        for (JsonNode panel : DASHBOARD.path("panels")) {
            assertTrue(ids.add(panel.path("id").asText()), "two panels with one id");
            assertEquals(source.path("uid"), panel.path("datasource").path("uid"));
            JsonNode place = panel.path("gridPos");
            assertTrue(place.path("x").asInt() + place.path("w").asInt() <= 24, "wider than the grid");
            assertFalse(
                    panel.path("description").isMissingNode(),
                    panel.path("title").asText() + " says not what it is");
        }
        assertTrue(source.path("url").asText().startsWith("http://prometheus:"));
    }

    @Test
    void alertsAskForMetricsThatExist() throws IOException {
        JsonNode rules = DeployFiles.yaml(DeployFiles.COMPOSE.resolve("alerts.yaml"))
                .path("groups")
                .path(0)
                .path("rules");
        assertFalse(rules.isEmpty());
        for (JsonNode rule : rules) {
            metrics(rule.path("expr").asText());
            assertFalse(rule.path("annotations").path("action").isMissingNode(), "an alert without what to do");
        }
    }

    @Test
    void scrapesTheProgram() throws IOException {
        JsonNode job = DeployFiles.yaml(DeployFiles.COMPOSE.resolve("prometheus.yaml"))
                .path("scrape_configs")
                .path(0);
        assertEquals(Program.METRICS, job.path("metrics_path").asText());
        JsonNode discovery = job.path("dns_sd_configs").path(0);
        assertEquals(Program.PORT, discovery.path("port").asInt());
        assertTrue(DeployFiles.text(DeployFiles.DOCKER.resolve("compose.yaml"))
                .contains("aliases: [" + discovery.path("names").path(0).asText() + "]"));
    }

    private static Set<String> metrics(String expression) {
        Set<String> names = new TreeSet<>();
        METRIC.matcher(expression).results().map(match -> match.group(1)).forEach(name -> {
            boolean known = Program.METRIC_NAMES.contains(name)
                    || Program.METRIC_PREFIXES.stream().anyMatch(name::startsWith);
            assertTrue(known, name + " in " + expression);
            names.add(name);
        });
        return names;
    }

    private static JsonNode read(String name) {
        try {
            return DeployFiles.json(DeployFiles.COMPOSE.resolve(name));
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }
}
