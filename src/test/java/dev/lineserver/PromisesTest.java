package dev.lineserver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Every test that promises.md and security.md name exists: {@code Class#method}, or {@code Class} for all tests of a class. */
final class PromisesTest {
    private static final Path PROMISES = Path.of("src/docs/promises.md");
    private static final Path SECURITY = Path.of("src/docs/security.md");
    private static final Pattern NAMED_TEST = Pattern.compile("`([A-Z]\\w+)(?:#(\\w+))?`");

    @Test
    void everyNamedTestExists() throws IOException {
        Map<String, String> tests = new TreeMap<>();
        try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
            for (Path file :
                    files.filter(name -> name.toString().endsWith(".java")).toList()) {
                tests.put(file.getFileName().toString().replace(".java", ""), Files.readString(file));
            }
        }
        int named = 0;
        for (String row : rows()) {
            String last = row.substring(row.lastIndexOf('|', row.length() - 2));
            List<MatchResult> results = NAMED_TEST.matcher(last).results().toList();
            assertTrue(!results.isEmpty(), "names no test: " + row);
            for (MatchResult result : results) {
                String text = tests.getOrDefault(result.group(1), "");
                String method = result.group(2);
                assertTrue(!text.isEmpty(), "no such class: " + result.group());
                assertTrue(method == null || declares(text, method), "no such test: " + result.group());
                named++;
            }
        }
        assertTrue(named > 20, "only " + named + " tests are named");
    }

    /** Matches test methods, which are neither private nor static. */
    private static boolean declares(String text, String method) {
        return Pattern.compile("\n    (final |public )*(void|\\w+<\\w+>) " + method + "\\(")
                .matcher(text)
                .find();
    }

    private static List<String> rows() throws IOException {
        List<String> lines = new ArrayList<>(Files.readAllLines(PROMISES));
        lines.addAll(Files.readAllLines(SECURITY));
        List<String> rows = lines.stream()
                .filter(line -> line.startsWith("| ") && !line.matches("\\| (promise|sabotage|threat) .*"))
                .toList();
        assertEquals(List.of(), rows.stream().filter(row -> !row.endsWith(" |")).toList());
        return rows;
    }
}
