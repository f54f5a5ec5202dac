package dev.lineserver.deploy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The images keep the rules, and the rules can be broken. */
final class DockerfileLintTest {
    @ParameterizedTest
    @ValueSource(strings = {"Dockerfile.jvm", "Dockerfile.native"})
    void imageKeepsTheRules(String name) throws IOException {
        assertEquals(List.of(), DockerfileRules.violations(read(name)));
    }

    /** One change to a good file each: {@code text → replacement} must bring exactly that complaint. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "25.0.4_7-jre-noble | latest | base not pinned",
                ":25.0.4_7-jre-noble | '' | base not pinned",
                "USER 10001:10001 | USER root | USER must be numeric",
                "USER 10001:10001 | USER 0:0 | USER must be numeric",
                "USER 10001:10001 | USER line-server | USER must be numeric",
                "CMD [\"serve\"] | CMD serve | CMD must be there once",
                "HEALTHCHECK | # | HEALTHCHECK with a timeout",
                "COPY mvnw pom.xml ./ | COPY . . | COPY of everything",
                "COPY mvnw pom.xml ./ | ADD https://example.org/x.tar.gz / | ADD unpacks",
                "rm -rf /var/lib/apt/lists/* | true | apt lists are left",
                "LINE_SERVER_HOST=0.0.0.0 | LINE_SERVER_HOST=127.0.0.1 | listens on loopback",
                "EXPOSE 8080 | EXPOSE 80 | EXPOSE must be",
                "org.opencontainers.image.licenses | licenses | label missing: licenses"
            })
    void ruleCanBeBroken(String text, String replacement, String complaint) throws IOException {
        String good = DeployFiles.text(DeployFiles.DOCKER.resolve("Dockerfile.jvm"));
        assertTrue(good.contains(text), "nothing to break: " + text);
        List<String> violations = DockerfileRules.violations(Dockerfile.parse(good.replace(text, replacement)));
        assertTrue(
                violations.stream().anyMatch(v -> v.startsWith(complaint)), () -> complaint + " not in " + violations);
    }

    /** The same user, so that a volume written by one image can be read by the other. */
    @ParameterizedTest
    @ValueSource(strings = {"Dockerfile.jvm", "Dockerfile.native"})
    void userOwnsTheDataDirectory(String name) throws IOException {
        Dockerfile file = read(name);
        assertEquals(List.of(Program.UID + ":" + Program.UID), file.last("USER"));
        assertTrue(
                file.all("RUN")
                        .anyMatch(i -> i.value().contains("install -d -o " + Program.UID + " -g " + Program.UID)
                                && i.value().contains(Program.DATA_DIR)),
                "a new volume would belong to root");
    }

    @Test
    void programIsTheProcessItself() throws IOException {
        String jvm = read("Dockerfile.jvm").last("ENTRYPOINT").getFirst();
        assertTrue(jvm.startsWith("[\"java\","), jvm);
        assertTrue(jvm.contains("-XX:MaxRAMPercentage="), "the heap must follow the cgroup's limit");
        String nativeBinary = read("Dockerfile.native").last("ENTRYPOINT").getFirst();
        assertTrue(nativeBinary.startsWith("[\"/usr/local/bin/line-server\""), nativeBinary);
    }

    /** What COPY takes from the context must not be kept out of it. */
    @Test
    void contextHoldsWhatIsCopied() throws IOException {
        List<String> allowed = Files.readAllLines(Path.of(".dockerignore")).stream()
                .filter(line -> line.startsWith("!"))
                .map(line -> line.substring(1))
                .toList();
        for (String name : List.of("Dockerfile.jvm", "Dockerfile.native")) {
            read(name)
                    .all("COPY")
                    .filter(i -> !i.value().contains("--from="))
                    .flatMap(i -> sources(i.value()).stream())
                    .forEach(source -> {
                        assertTrue(allowed.stream().anyMatch(source::startsWith), "ignored: " + source);
                        assertTrue(Files.exists(Path.of(source)), "no such file: " + source);
                    });
        }
    }

    private static List<String> sources(String copy) {
        List<String> words = List.of(copy.split("\\s+", -1)).stream()
                .filter(word -> !word.startsWith("--"))
                .toList();
        return words.subList(0, words.size() - 1);
    }

    private static Dockerfile read(String name) throws IOException {
        return Dockerfile.parse(DeployFiles.text(DeployFiles.DOCKER.resolve(name)));
    }
}
