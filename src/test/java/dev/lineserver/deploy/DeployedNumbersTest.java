package dev.lineserver.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Checks that the files that are deployed together agree on ports, names, paths and durations. Whether a file is valid by
 * itself is checked by its own tool ({@link ToolChecksTest}).
 */
final class DeployedNumbersTest {
    private static final Path DOCKER = Path.of("src/main/docker");
    private static final Path OPERATIONS = Path.of("src/docs/operations.md");
    private static final long KILL_MARGIN_SECONDS = 5;

    /** All files must name the same port, user, data directory and probes. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "../java/dev/lineserver/config/ServeConfig.java | @WithDefault(\"8080\")",
                "Dockerfile.jvm, Dockerfile.native | EXPOSE 8080, LINE_SERVER_PORT=8080, LINE_SERVER_HOST=0.0.0.0",
                "Dockerfile.jvm, Dockerfile.native | USER 10001:10001, VOLUME /var/lib/line-server, install -d -o 10001 -g 10001",
                "Dockerfile.jvm, Dockerfile.native, systemd/line-server.service | LANG=C.UTF-8",
                "healthcheck.sh          | LINE_SERVER_PORT:-8080",
                "compose.yaml            | 127.0.0.1:8080:8080, aliases: [line-server]",
                "compose/prometheus.yaml | names: [line-server], metrics_path: /q/metrics, port: 8080",
                "compose/nginx.conf      | server line-server-1:8080, server line-server-2:8080",
                "kubernetes/configmap.yaml  | LINE_SERVER_PORT: \"8080\", LINE_SERVER_HOST: 0.0.0.0",
                "kubernetes/deployment.yaml | containerPort: 8080, livenessProbe: httpGet: { path: /q/health/live",
                "kubernetes/deployment.yaml | startupProbe: httpGet: { path: /q/health/live",
                "kubernetes/deployment.yaml | readinessProbe: httpGet: { path: /q/health/ready",
                "kubernetes/service.yaml    | prometheus.io/path: /q/metrics, prometheus.io/port: \"8080\"",
                "kubernetes/deployment.yaml, kubernetes/ingest-job.yaml | runAsUser: 10001, enableServiceLinks: false",
                // A restarted job or container must not store the same file twice.
                "kubernetes/ingest-job.yaml, compose.yaml | [\"ingest\", \"--if-changed\"",
                "systemd/line-server.service | LINE_SERVER_DATA_DIR=/var/lib/line-server, StateDirectory=line-server",
                "systemd/line-server.env     | LINE_SERVER_PORT=8080"
            })
    void filesAgree(String files, String expected) throws IOException {
        for (String file : files.split(", ", -1)) {
            String flat = read(DOCKER.resolve(file)).replaceAll("\\s+", " ");
            for (String text : expected.split(", ", -1)) {
                assertTrue(flat.contains(text), file + " lacks " + text);
            }
        }
    }

    /** The program ignores a misspelt variable without a message. */
    @Test
    void everySettingExists() throws IOException {
        String program = program() + "\"health-port\""; // a variable of healthcheck.sh only
        for (Path file : files(DOCKER, OPERATIONS)) {
            for (String name : matches("\\b(?:LINE_SERVER|QUARKUS)_[A-Z_]+", read(file))) {
                String key = name.replaceFirst("^LINE_SERVER_", "").replace("_", "[-.]?");
                Pattern setting = Pattern.compile("(?i)[\".\\s-]" + key + "[\":}=(]");
                boolean known = setting.matcher(program).find() || name.startsWith("QUARKUS_SHUTDOWN_");
                assertTrue(known, file + " sets " + name);
            }
        }
    }

    @Test
    void everyFileExists() throws IOException {
        assertExist(Path.of("."), matches("src/main/[\\w./-]+\\w", read(OPERATIONS)));
        assertExist(DOCKER, matches("(?<=- )\\./[\\w./-]+", read(DOCKER.resolve("compose.yaml"))));
        Path kubernetes = DOCKER.resolve("kubernetes");
        assertExist(kubernetes, matches("(?<=- )\\w+\\.yaml", read(kubernetes.resolve("kustomization.yaml"))));
        for (String image : List.of("Dockerfile.jvm", "Dockerfile.native")) {
            Set<String> copied = matches("(?m)(?<=^COPY )[^-].*(?= \\S+$)", read(DOCKER.resolve(image)));
            for (String source : String.join(" ", copied).split(" ", -1)) {
                assertTrue(Files.exists(Path.of(source)), source);
                assertTrue(
                        matches("(?m)(?<=^!).*$", read(Path.of(".dockerignore")))
                                .contains(source),
                        source);
            }
        }
    }

    /** SIGKILL follows only after the last response, and the probes fail before the port closes. */
    @ParameterizedTest
    @CsvSource({
        "compose.yaml,               stop_grace_period: (\\d+)s\\n  restart: unless-stopped\\n  depends_on",
        "systemd/line-server.service, TimeoutStopSec=(\\d+)s",
        "kubernetes/deployment.yaml, terminationGracePeriodSeconds: (\\d+)"
    })
    void gracePeriodsCoverTheShutdown(String file, String gracePeriod) throws IOException {
        String text = read(DOCKER.resolve(file));
        long delay = number(text, "QUARKUS_SHUTDOWN_DELAY\\W+(?:value: )?(\\d+)s");
        long timeout = number(text, "QUARKUS_SHUTDOWN_TIMEOUT\\W+(?:value: )?(\\d+)s");
        long grace = number(text, gracePeriod);
        assertTrue(
                grace >= delay + timeout + KILL_MARGIN_SECONDS,
                "the grace period of " + grace + " s is shorter than the shutdown");
        if (file.startsWith("kubernetes")) {
            String probe = text.substring(text.indexOf("readinessProbe"));
            assertTrue(delay > number(probe, "periodSeconds: (\\d+)") * number(probe, "failureThreshold: (\\d+)"));
            String documented = read(OPERATIONS);
            assertEquals(delay, number(documented, "`QUARKUS_SHUTDOWN_DELAY` \\((\\d+) s"));
            assertEquals(timeout, number(documented, "`QUARKUS_SHUTDOWN_TIMEOUT` \\((\\d+) s"));
            assertEquals(grace, number(documented, "`terminationGracePeriodSeconds` \\((\\d+)\\)"));
        }
    }

    /** Both images and the documentation name the same share of the heap, and the heap of an ingest fits its limit. */
    @Test
    void memoryFiguresAgree() throws IOException {
        long share = number(read(DOCKER.resolve("Dockerfile.jvm")), "MaxRAMPercentage=(\\d+)");
        assertEquals(share, number(read(DOCKER.resolve("Dockerfile.native")), "MaximumHeapSizePercent=(\\d+)"));
        assertEquals(share, number(read(OPERATIONS), "heap may take (\\d+) %"));
        String job = read(DOCKER.resolve("kubernetes/ingest-job.yaml"));
        long heap = number(job, "At most (\\d+) MiB of heap");
        assertTrue(number(job, "limits: .* memory: (\\d+)Gi") * 1024 * share / 100 >= heap);
        long server = number(read(DOCKER.resolve("kubernetes/deployment.yaml")), "limits: .* memory: (\\d+)Mi");
        assertEquals(server, number(read(DOCKER.resolve("compose.yaml")), "mem_limit: (\\d+)m"));
        assertEquals(server, number(read(OPERATIONS), "(\\d+) MiB are enough"));
    }

    /**
     * Nodes list each other, may open a descriptor per accepted connection, have the configured namespace, and prefer
     * the newer of two records.
     */
    @Test
    void aerospikeConfigurationsMatchCompose() throws IOException {
        String compose = read(DOCKER.resolve("compose.yaml"));
        String conf = read(DOCKER.resolve("compose/aerospike.conf"));
        assertEquals(
                matches("(?m)(?<=^  )aerospike-\\d(?=:\\n)", compose),
                matches("(?<=port )aerospike-\\d(?= 3002)", conf));
        assertTrue(number(conf, "proto-fd-max\\s+(\\d+)") < number(compose, "nofile: \\{ soft: (\\d+)"));
        Set<String> namespaces = matches("(?<=NAMESPACE: )\\w+", compose);
        for (String file : List.of("compose/aerospike.conf", "aerospike.conf")) {
            String text = read(DOCKER.resolve(file));
            assertEquals(namespaces, matches("(?m)(?<=^namespace )\\w+", text), file);
            assertTrue(text.contains("\n    conflict-resolution-policy last-update-time\n"), file);
            assertEquals(1, number(text, "\n    truncate-threads (\\d+)"), file);
        }
    }

    /** Returns the text of all sources and properties of the program. A name that occurs in it is a known name. */
    private static String program() throws IOException {
        var text = new StringBuilder();
        for (Path file : files(Path.of("src/main/java"), Path.of("src/main/resources"))) {
            text.append(read(file));
        }
        return text.toString();
    }

    private static List<Path> files(Path... roots) throws IOException {
        List<Path> files = new ArrayList<>();
        for (Path root : roots) {
            try (Stream<Path> tree = Files.walk(root)) {
                tree.filter(Files::isRegularFile).forEach(files::add);
            }
        }
        return files;
    }

    private static void assertExist(Path root, Set<String> names) {
        assertFalse(names.isEmpty(), root::toString);
        names.forEach(name -> assertTrue(Files.exists(root.resolve(name)), "no such file: " + root.resolve(name)));
    }

    private static Set<String> matches(String pattern, String text) {
        return Pattern.compile(pattern)
                .matcher(text)
                .results()
                .map(MatchResult::group)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static long number(String text, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        assertTrue(matcher.find(), pattern);
        return Long.parseLong(matcher.group(1));
    }

    private static String read(Path file) throws IOException {
        return Files.readString(file);
    }
}
