package dev.lineserver.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.opentest4j.TestAbortedException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Validates deployed files with their own tools. Skips a tool that is not installed; .ci/run lists the skipped ones. */
final class ToolChecksTest {
    private static final Path DOCKER = Path.of("src/main/docker");

    @TempDir
    Path directory;

    /** The threshold of {@code systemd-analyze} is in tenths: the exposure level must be below 2.0. */
    @ParameterizedTest(name = "{0} {1}")
    @CsvSource({
        "hadolint,        Dockerfile.jvm Dockerfile.native",
        "kubeconform,     -strict -summary -ignore-filename-pattern kustomization kubernetes",
        "kubectl,         kustomize kubernetes",
        "docker,          compose --profile cluster --profile observe config --quiet",
        "promtool,        check config compose/prometheus.yaml",
        "systemd-analyze, security --offline=true --threshold=19 systemd/line-server.service",
        "systemd-analyze, verify {}/line-server.service",
        "nginx,           -t -c {}/nginx.conf",
        "shellcheck,      -x -P SCRIPTDIR ../../../build.sh ../../../run.sh ../../../.ci/run healthcheck.sh"
                + " compose/aerospike-health.sh ../../test/scripts/as-container.sh ../../test/scripts/mutants.sh"
    })
    void everyToolAcceptsItsFiles(String tool, String arguments) throws IOException, InterruptedException {
        // Replaces host names that only compose resolves, and a program that exists only after installation.
        copy("compose/nginx.conf", "line-server-(\\d):", "127.0.0.$1:");
        copy("systemd/line-server.service", "ExecStart=\\S+", "ExecStart=/bin/true");
        assumeTrue(!tool.equals("docker") || run("docker compose version") == 0, "docker compose is not installed");
        int exitCode = run(tool + " " + arguments.replace("{}", directory.toString()));
        assertEquals(0, exitCode, Files.readString(directory.resolve("output")));
    }

    private void copy(String file, String pattern, String replacement) throws IOException {
        Path source = DOCKER.resolve(file);
        String text = Files.readString(source).replaceAll(pattern, replacement);
        Files.writeString(directory.resolve(source.getFileName()), text.replace("/tmp/", directory + "/"));
    }

    private int run(String command) throws InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder(command.split(" ", -1))
                    .directory(DOCKER.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(directory.resolve("output").toFile())
                    .start();
        } catch (IOException missing) {
            throw new TestAbortedException(missing.getMessage());
        }
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new AssertionError(command + " has not ended within 60 s");
        }
        return process.exitValue();
    }
}
