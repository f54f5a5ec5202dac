package dev.lineserver.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import dev.lineserver.store.Samples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Every command in the console examples of the documents is understood, and prints output of the shape that is shown. */
final class DocumentedCommandsTest {
    private static final Pattern BLOCK = Pattern.compile("(?s)```console\n(.*?)```");
    private static final Pattern NUMBER = Pattern.compile("\\d[\\d,.]*");
    private static final Pattern DIGEST_OR_TIME = Pattern.compile("\\b([0-9a-f]{32}|\\d{4}-\\d\\d-\\d\\dT\\S+Z)(?= )");
    private static final Pattern UNIT = Pattern.compile("\\b([KMGT]i)?B\\b");
    private static final String FILE = "access.log";

    @TempDir
    Path directory;

    /**
     * A command, and the output that is shown below it.
     *
     * @param document that shows it
     */
    private record Example(Path document, String command, List<String> output) {}

    private static List<Example> examples() throws IOException {
        List<Example> examples = new ArrayList<>();
        try (Stream<Path> docs = Files.walk(Path.of("src/docs"))) {
            for (Path document : Stream.concat(Stream.of(Path.of("README.md")), docs)
                    .filter(file -> file.toString().endsWith(".md"))
                    .toList()) {
                for (MatchResult block :
                        BLOCK.matcher(Files.readString(document)).results().toList()) {
                    for (String line : block.group(1).lines().toList()) {
                        if (line.startsWith("$ ")) {
                            String command = line.substring(2)
                                    .replaceFirst("\\s+#.*", "")
                                    .strip();
                            examples.add(new Example(document, command, new ArrayList<>()));
                        } else if (!examples.isEmpty()) {
                            examples.getLast().output().add(line);
                        }
                    }
                }
            }
        }
        return examples.stream()
                .filter(example -> example.command().startsWith("line-server "))
                .toList();
    }

    @Test
    void everyDocumentedCommandIsUnderstood() throws IOException {
        List<Example> examples = examples();
        for (Example example : examples) {
            String[] words = words(example);
            LineServerCommand.commandLine().parseArgs(words);
        }
        assertTrue(examples.size() >= 8, "found only " + examples);
    }

    @Test
    void everyDocumentedCommandPrintsTheShapeThatIsShown() throws IOException {
        Files.write(directory.resolve(FILE), Samples.random(5_000, 100, 7));
        for (Example example : examples()) {
            List<String> words = new ArrayList<>(List.of(words(example)));
            if (words.getFirst().equals("serve") || words.stream().anyMatch(word -> word.startsWith("--aerospike"))) {
                continue;
            }
            words.add("--data-dir=" + directory.resolve("data"));
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            int code = LineServerCommand.run(
                    out, new PrintStream(err, true, StandardCharsets.UTF_8), words.toArray(String[]::new));
            String output = out.toString(StandardCharsets.UTF_8) + err.toString(StandardCharsets.UTF_8);
            assertEquals(0, code, example + " printed " + output);
            if (!example.output().isEmpty()) {
                assertEquals(shape(String.join("\n", example.output())), shape(output), example.command());
            }
        }
    }

    /** Numbers, units, digests and times are replaced: those of a document come from a larger file. */
    private String shape(String output) {
        String local = output.replace(directory + "/", "").strip();
        String timeless = DIGEST_OR_TIME.matcher(local).replaceAll("0").replaceAll(" +", " ");
        return UNIT.matcher(NUMBER.matcher(timeless).replaceAll("0")).replaceAll("B");
    }

    private String[] words(Example example) {
        return Arrays.stream(example.command().split(" +"))
                .skip(1)
                .map(word -> word.equals(FILE) ? directory.resolve(FILE).toString() : word)
                // Lines of the file of a document.
                .map(word -> word.equals("5000000") ? "5000" : word)
                .toArray(String[]::new);
    }
}
