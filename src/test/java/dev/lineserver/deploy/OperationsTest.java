package dev.lineserver.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertTrue;

/** operations.md names files, settings and sections that are there. */
final class OperationsTest {
    private static final Path OPERATIONS = Path.of("src/docs/operations.md");

    @Test
    void filesExist() throws IOException {
        matches("(src/main/[\\w./-]+\\w)")
                .forEach(name -> assertTrue(Files.exists(Path.of(name)), "no such file: " + name));
    }

    @Test
    void settingsAreOnesTheProgramKnows() throws IOException {
        matches("\\b((?:LINE_SERVER|QUARKUS)_[A-Z_]+)")
                .forEach(name -> assertTrue(Program.ENVIRONMENT.contains(name), "no such setting: " + name));
    }

    @Test
    void contentsLeadToSections() throws IOException {
        Set<String> sections = matches("(?m)^## (.*)$")
                .map(heading -> heading.toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9 -]", "")
                        .replace(' ', '-'))
                .collect(Collectors.toSet());
        Set<String> links = matches("\\]\\(#([^)]*)\\)").collect(Collectors.toSet());
        assertTrue(sections.equals(links), () -> "sections " + sections + ", links " + links);
    }

    /** The numbers that the text explains are those that are deployed. */
    @Test
    void numbersAreThoseDeployed() throws IOException {
        String text = DeployFiles.text(OPERATIONS);
        String deployment = DeployFiles.text(DeployFiles.KUBERNETES.resolve("deployment.yaml"));
        assertTrue(text.contains("`QUARKUS_SHUTDOWN_DELAY` (10 s)") && deployment.contains("value: 10s"));
        assertTrue(text.contains("`QUARKUS_SHUTDOWN_TIMEOUT` (20 s)") && deployment.contains("value: 20s"));
        assertTrue(text.contains("`terminationGracePeriodSeconds` (40)")
                && deployment.contains("terminationGracePeriodSeconds: 40"));
    }

    private static Stream<String> matches(String pattern) throws IOException {
        return Pattern.compile(pattern)
                .matcher(DeployFiles.text(OPERATIONS))
                .results()
                .map(match -> match.group(1));
    }
}
