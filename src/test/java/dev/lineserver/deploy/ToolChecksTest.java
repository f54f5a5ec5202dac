package dev.lineserver.deploy;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** What the programs that read our files say of them. A program that is not installed is skipped by name. */
final class ToolChecksTest {
    @TempDir
    Path directory;

    /** Exposure in tenths: below 2.0. */
    @Test
    void systemdRatesTheUnitBelowTwo() throws IOException, InterruptedException {
        check(
                "systemd-analyze",
                "security",
                "--offline=true",
                "--threshold=19",
                DeployFiles.DOCKER.resolve("systemd/line-server.service").toString());
    }

    @Test
    void prometheusAcceptsScrapingAndAlerts() throws IOException, InterruptedException {
        check(
                "promtool",
                "check",
                "config",
                DeployFiles.COMPOSE.resolve("prometheus.yaml").toString());
    }

    @Test
    void nginxAcceptsTheBalancer() throws IOException, InterruptedException {
        String conf = DeployFiles.text(DeployFiles.COMPOSE.resolve("nginx.conf"))
                .replaceAll("line-server-(\\d):", "127.0.0.$1:") // names that only compose resolves
                .replace("/tmp/", directory + "/");
        Path file = Files.writeString(directory.resolve("nginx.conf"), conf);
        check("nginx", "-t", "-c", file.toString());
    }

    @Test
    void kubectlBuildsTheKustomization() throws IOException, InterruptedException {
        check("kubectl", "kustomize", DeployFiles.KUBERNETES.toString());
    }

    private void check(String tool, String... arguments) throws IOException, InterruptedException {
        Path program = find(tool);
        assumeTrue(Files.isExecutable(program), tool + " is not installed");
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(Arrays.asList(arguments));
        Path output = directory.resolve("output");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertTrue(process.waitFor(30, TimeUnit.SECONDS), tool + " hangs");
        assertEquals(0, process.exitValue(), () -> read(output));
    }

    private static Path find(String tool) {
        String path = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/sbin";
        return Arrays.stream(path.split(File.pathSeparator, -1))
                .map(entry -> Path.of(entry, tool))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(Path.of(tool));
    }

    private static String read(Path output) {
        try {
            return Files.readString(output, StandardCharsets.UTF_8);
        } catch (IOException failed) {
            return "and its output cannot be read: " + failed.getMessage();
        }
    }
}
