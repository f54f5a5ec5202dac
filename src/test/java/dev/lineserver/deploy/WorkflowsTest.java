package dev.lineserver.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Checks the commands of the workflows, which run only on the servers of GitHub, and the commands that documents show: each
 * script exists and has the options that are given to it.
 */
final class WorkflowsTest {
    private static final Path GITHUB = Path.of(".github");
    private static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
    /** A command in a Markdown document: as inline code, or a line of a code block. */
    private static final Pattern DOCUMENTED_SCRIPT = Pattern.compile(
            "(?m)(?:`|^)((?:\\./build\\.sh|\\.ci/run|src/(?:bench|test/scripts)/[\\w-]+\\.sh)[^`\\n]*)");
    /** Passes its arguments on to JMH. */
    private static final String PASSES_ARGUMENTS_ON = "src/bench/jmh.sh";

    @Test
    void everyCommandOfAWorkflowExistsAndHasItsOptions() throws IOException {
        int commands = 0;
        for (JsonNode step : steps()) {
            for (String command : step.path("run").asText().split("&&|\n", -1)) {
                if (!command.isBlank()) {
                    check(command.strip().replaceFirst("^sudo (--preserve-env )?", ""));
                    commands++;
                }
            }
        }
        assertTrue(commands >= 6, "found only " + commands + " commands");
    }

    @Test
    void everyDocumentedScriptExistsAndHasItsOptions() throws IOException {
        int commands = 0;
        try (Stream<Path> documents = Files.walk(Path.of("src/docs"))) {
            for (Path document : Stream.concat(Stream.of(Path.of("README.md")), documents)
                    .filter(file -> file.toString().endsWith(".md"))
                    .toList()) {
                Matcher scripts = DOCUMENTED_SCRIPT.matcher(Files.readString(document));
                while (scripts.find()) {
                    check(scripts.group(1));
                    commands++;
                }
            }
        }
        assertTrue(commands >= 15, "found only " + commands + " commands");
    }

    private static void check(String command) throws IOException {
        List<String> words = List.of(command.split("\\s+"));
        Path script = Path.of(words.getFirst());
        if (words.getFirst().contains("/")) {
            assertTrue(Files.isExecutable(script), script + " is not an executable file");
            String known = script.toString().equals(PASSES_ARGUMENTS_ON) ? "(?s).*" : optionsOf(script);
            words.stream()
                    .filter(word -> word.startsWith("--"))
                    .forEach(option -> assertTrue(option.matches(known), command + ": the script has no " + option));
        } else if (command.startsWith("docker build -f ")) {
            assertTrue(Files.isRegularFile(Path.of(words.get(3))), command + ": the Dockerfile does not exist");
        } else {
            assertEquals("apt-get update", command, "add a check of this command");
        }
    }

    /** The patterns of the script's {@code case} and, if it sources the parts of the benchmarks, of theirs. */
    private static String optionsOf(Path script) throws IOException {
        List<Path> sources = new ArrayList<>(List.of(script));
        if (Files.readString(script).contains("lib/all.sh")) {
            sources.add(Path.of("src/bench/lib/arena.sh"));
        }
        List<String> options = new ArrayList<>();
        for (Path source : sources) {
            Pattern.compile("(?m)^\\s*(?:-\\w \\| )?(--[a-z-]+)\\)")
                    .matcher(Files.readString(source))
                    .results()
                    .forEach(option -> options.add(option.group(1)));
        }
        return String.join("|", options);
    }

    @Test
    void workflowsUseTheJavaOfThePom() throws IOException {
        int found = 0;
        for (JsonNode step : steps()) {
            JsonNode version = step.path("with").path("java-version");
            if (!version.isMissingNode()) {
                String property = "<maven.compiler.release>" + version.asText() + "<";
                assertTrue(Files.readString(Path.of("pom.xml")).contains(property), "pom.xml lacks " + property);
                found++;
            }
        }
        assertEquals(3, found);
    }

    private static List<JsonNode> steps() throws IOException {
        List<JsonNode> steps = new ArrayList<>();
        try (Stream<Path> workflows = Files.list(GITHUB.resolve("workflows"))) {
            for (Path workflow : workflows.toList()) {
                YAML.readTree(workflow.toFile())
                        .path("jobs")
                        .forEach(job -> job.path("steps").forEach(steps::add));
            }
        }
        assertTrue(steps.size() >= 10, "found only " + steps.size() + " steps");
        return steps;
    }
}
