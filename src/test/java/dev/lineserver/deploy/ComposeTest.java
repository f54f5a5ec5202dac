package dev.lineserver.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** compose.yaml is what compose knows, and its parts fit each other, the program, and their own files. */
final class ComposeTest {
    /** The words of the compose specification that we use. Another one is a slip, or belongs here. */
    private static final Set<String> SERVICE_KEYS =
            Set.of(("build cap_drop command cpus depends_on environment healthcheck image mem_limit networks ports "
                            + "profiles read_only restart security_opt stop_grace_period tmpfs ulimits user volumes")
                    .split(" "));

    private static final Set<String> HEALTHCHECK_KEYS =
            Set.of("test", "interval", "timeout", "retries", "start_period", "disable");
    private static final Set<String> CONDITIONS =
            Set.of("service_started", "service_healthy", "service_completed_successfully");
    private static final Pattern PINNED = Pattern.compile("[^:]+:v?\\d+\\.\\d+\\.\\d+\\S*");

    @Test
    void everyKeyIsKnown() throws IOException {
        JsonNode compose = compose();
        assertEquals(
                Set.of("name", "services", "volumes"),
                names(compose).stream().filter(name -> !name.startsWith("x-")).collect(Collectors.toSet()));
        services().forEach((name, service) -> {
            assertTrue(SERVICE_KEYS.containsAll(names(service)), name + ": " + names(service));
            assertTrue(HEALTHCHECK_KEYS.containsAll(names(service.path("healthcheck"))), name);
            assertFalse(service.path("healthcheck").isMissingNode(), name + " has no health check");
        });
    }

    @Test
    void imagesArePinned() throws IOException {
        services().forEach((name, service) -> {
            String image = service.path("image").asText();
            assertTrue(PINNED.matcher(image).matches(), name + ": " + image);
        });
    }

    @Test
    void publishedOnLoopbackOnly() throws IOException {
        services()
                .forEach((name, service) -> service.path("ports")
                        .forEach(port -> assertTrue(port.asText().startsWith("127.0.0.1:"), name + ": " + port)));
    }

    @Test
    void profilesHoldWhatTheyPromise() throws IOException {
        Map<String, Set<String>> byProfile = new TreeMap<>();
        services()
                .forEach((name, service) -> byProfile
                        .computeIfAbsent(service.path("profiles").path(0).asText(), profile -> new TreeSet<>())
                        .add(name));
        assertEquals(Set.of("aerospike-1", "ingest", "line-server-1"), byProfile.get(""));
        assertEquals(Set.of("aerospike-2", "aerospike-3", "balancer", "line-server-2"), byProfile.get("cluster"));
        assertEquals(Set.of("grafana", "prometheus"), byProfile.get("observe"));
    }

    /** Waiting for a service that is not there is an error, unless it may be missing. */
    @Test
    void dependenciesExist() throws IOException {
        Map<String, JsonNode> services = services();
        services.forEach((name, service) -> service.path("depends_on").forEachEntry((other, dependency) -> {
            JsonNode target = services.getOrDefault(other, service.path("none"));
            assertFalse(target.isMissingNode(), name + " waits for " + other);
            assertTrue(CONDITIONS.contains(dependency.path("condition").asText()), name);
            boolean always = target.path("profiles").isMissingNode();
            boolean together = target.path("profiles").equals(service.path("profiles"));
            assertTrue(
                    always || together || !dependency.path("required").asBoolean(true),
                    name + " waits for " + other + ", which another profile starts");
        }));
    }

    @Test
    void mountedFilesExist() throws IOException {
        Set<String> volumes = names(compose().path("volumes"));
        services()
                .forEach((name, service) -> service.path("volumes").forEach(mount -> {
                    String source = mount.asText().substring(0, mount.asText().indexOf(':'));
                    if (source.startsWith("./")) {
                        assertTrue(Files.isRegularFile(DeployFiles.DOCKER.resolve(source)), name + ": " + source);
                        assertTrue(mount.asText().endsWith(":ro"), name + " may write " + source);
                    } else {
                        assertTrue(volumes.contains(source), name + ": " + source);
                    }
                }));
    }

    @Test
    void lineServersAreHardened() throws IOException {
        for (String name : List.of("ingest", "line-server-1", "line-server-2")) {
            JsonNode service = services().getOrDefault(name, compose().path("none"));
            assertTrue(service.path("read_only").asBoolean(), name);
            assertEquals("ALL", service.path("cap_drop").path(0).asText(), name);
            assertEquals(
                    "no-new-privileges:true",
                    service.path("security_opt").path(0).asText(),
                    name);
            String tmp = service.path("tmpfs").path(0).asText();
            assertTrue(tmp.startsWith("/tmp:") && tmp.contains("exec"), "native libraries could not be loaded");
            assertFalse(service.path("mem_limit").isMissingNode(), name);
            JsonNode environment = service.path("environment");
            assertTrue(Program.ENVIRONMENT.containsAll(names(environment)), names(environment)::toString);
            long needed = DeployFiles.millis(
                            environment.path("QUARKUS_SHUTDOWN_DELAY").asText())
                    + DeployFiles.millis(
                            environment.path("QUARKUS_SHUTDOWN_TIMEOUT").asText());
            long grace = DeployFiles.millis(service.path("stop_grace_period").asText());
            assertTrue(grace >= needed + 5000, "SIGKILL would come before the last request is answered");
        }
        JsonNode command =
                services().getOrDefault("ingest", compose().path("none")).path("command");
        assertTrue(Program.VERBS.contains(command.path(0).asText()));
        assertEquals("--if-changed", command.path(1).asText(), "every `up` would store the sample again");
    }

    @Test
    void aerospikeNodesFindEachOtherAndHaveDescriptors() throws IOException {
        String conf = DeployFiles.text(DeployFiles.COMPOSE.resolve("aerospike.conf"));
        Set<String> nodes = services().keySet().stream()
                .filter(name -> name.startsWith("aerospike-"))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> seeds = matches("mesh-seed-address-port (\\S+) 3002", conf).collect(Collectors.toSet());
        assertEquals(nodes, seeds);
        int descriptors = Integer.parseInt(
                matches("proto-fd-max\\s+(\\d+)", conf).findFirst().orElseThrow());
        for (String node : nodes) {
            JsonNode service = services().getOrDefault(node, compose().path("none"));
            int limit = service.path("ulimits").path("nofile").path("soft").asInt();
            assertTrue(descriptors < limit, "asd would not start");
            // The image overwrites /etc/aerospike/aerospike.conf when it starts.
            assertEquals(
                    "/opt/aerospike/etc/aerospike.conf",
                    service.path("command").path(1).asText());
        }
        assertTrue(conf.contains("replication-factor 2"));
        JsonNode environment =
                services().getOrDefault("line-server-1", compose().path("none")).path("environment");
        String namespace = environment.path("LINE_SERVER_AEROSPIKE_NAMESPACE").asText();
        assertTrue(conf.contains("namespace " + namespace + " {"));
    }

    @Test
    void balancerKnowsTheServers() throws IOException {
        String conf = DeployFiles.text(DeployFiles.COMPOSE.resolve("nginx.conf"));
        Set<String> servers = services().keySet().stream()
                .map(name -> name + ":" + Program.PORT)
                .filter(name -> name.startsWith("line-server-"))
                .collect(Collectors.toSet());
        assertEquals(servers, matches("server (line-server-\\S+) ", conf).collect(Collectors.toSet()));
        assertTrue(conf.contains("proxy_next_upstream error timeout http_503;"));
        assertTrue(conf.contains("proxy_set_header Connection \"\";"), "upstream connections would not be kept");
    }

    private static Stream<String> matches(String pattern, String text) {
        return Pattern.compile(pattern).matcher(text).results().map(match -> match.group(1));
    }

    private static JsonNode compose() throws IOException {
        return DeployFiles.yaml(DeployFiles.DOCKER.resolve("compose.yaml"));
    }

    private static Map<String, JsonNode> services() throws IOException {
        Map<String, JsonNode> services = new TreeMap<>();
        compose().path("services").forEachEntry(services::put);
        return services;
    }

    private static Set<String> names(JsonNode node) {
        Iterable<String> names = node::fieldNames;
        return StreamSupport.stream(names.spliterator(), false).collect(Collectors.toCollection(TreeSet::new));
    }
}
