package dev.lineserver.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The files that are deployed, as text and as trees. */
final class DeployFiles {
    static final Path DOCKER = Path.of("src/main/docker");
    static final Path COMPOSE = DOCKER.resolve("compose");
    static final Path KUBERNETES = DOCKER.resolve("kubernetes");

    private static final ObjectMapper JSON = new ObjectMapper();

    private DeployFiles() {}

    static String text(Path file) throws IOException {
        return Files.readString(file);
    }

    /** Anchors and merge keys are resolved, a key that is there twice fails. */
    static JsonNode yaml(Path file) throws IOException {
        var options = new LoaderOptions();
        options.setAllowDuplicateKeys(false);
        Object tree = new Yaml(new SafeConstructor(options)).load(text(file));
        return JSON.valueToTree(tree);
    }

    static JsonNode json(Path file) throws IOException {
        return JSON.readTree(file.toFile());
    }

    /** `10s` or `500ms` as compose, systemd and Quarkus write it, in milliseconds. */
    static long millis(String duration) {
        if (duration.endsWith("ms")) {
            return Long.parseLong(duration.substring(0, duration.length() - 2));
        }
        if (duration.endsWith("s")) {
            return 1000 * Long.parseLong(duration.substring(0, duration.length() - 1));
        }
        throw new IllegalArgumentException("Not a duration in s or ms: " + duration);
    }
}
