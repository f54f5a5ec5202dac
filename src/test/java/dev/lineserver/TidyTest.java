package dev.lineserver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Rules of style that a formatter cannot enforce. */
final class TidyTest {
    private static final Path MAIN = Path.of("src/main/java");
    private static final Path TESTS = Path.of("src/test/java");
    private static final int MOST_LINES = 330;

    private static List<Path> files(Path root) throws IOException {
        try (Stream<Path> files = Files.walk(root)) {
            List<Path> java =
                    files.filter(file -> file.toString().endsWith(".java")).toList();
            assertTrue(java.size() > 10, "found only " + java);
            return java;
        }
    }

    private static void assertNoLine(Path root, String rule, Predicate<String> violates, String... exempt)
            throws IOException {
        List<String> found = new ArrayList<>();
        for (Path file : files(root)) {
            if (!List.of(exempt).contains(file.getFileName().toString())) {
                Files.readAllLines(file).stream()
                        .filter(violates)
                        .forEach(line -> found.add(file + ": " + line.strip()));
            }
        }
        assertEquals(List.of(), found, rule);
    }

    @Test
    void onlyMainEndsTheProcess() throws IOException {
        assertNoLine(MAIN, "no System.exit outside Main", line -> line.contains("System.exit("), "Main.java");
    }

    /** {@code catch (Throwable} is allowed only at the top of a thread or of a callback. Each use is listed with its reason. */
    private static final Map<String, Integer> CATCH_ALL =
            Map.of("Datasets.java", 1); // the version watch, and the refresh of one dataset: both must survive an Error

    @Test
    void catchAllClausesAreExactlyTheListedOnes() throws IOException {
        Map<String, Integer> found = new TreeMap<>();
        for (Path file : files(MAIN)) {
            Matcher matcher = Pattern.compile("catch \\((final )?(Exception|Throwable)\\b")
                    .matcher(Files.readString(file));
            int count = (int) matcher.results().count();
            if (count > 0) {
                found.put(file.getFileName().toString(), count);
            }
        }
        assertEquals(new TreeMap<>(CATCH_ALL), found);
    }

    @Test
    void noSleepTodoOrDisabledTest() throws IOException {
        Predicate<String> violates =
                line -> line.matches(".*(Thread\\.sleep|\\bTO" + "DO\\b|\\bFIX" + "ME\\b|@Dis" + "abled).*");
        assertNoLine(MAIN, "no sleep, no unfinished work", violates);
        assertNoLine(TESTS, "no sleep, no unfinished work, no disabled test", violates, "TidyTest.java");
    }

    @Test
    void filesAreShort() throws IOException {
        for (Path file : files(MAIN)) {
            // Without comments, of which a subtle class needs many.
            long lines = Files.readAllLines(file).stream()
                    .filter(line -> !line.strip().matches("(/\\*|\\*|//).*"))
                    .count();
            assertTrue(lines <= MOST_LINES, file + " has " + lines + " lines of code");
        }
    }

    @Test
    void everyPackageIsDocumentedAndNullMarked() throws IOException {
        for (Path root : List.of(MAIN, TESTS)) {
            for (Path file : files(root)) {
                Path info = file.resolveSibling("package-info.java");
                assertTrue(Files.exists(info), info + " is missing");
                assertTrue(Files.readString(info).contains("@NullMarked"), info.toString());
            }
        }
    }

    @Test
    void theTopLevelHoldsOnlyAgreedEntries() throws IOException {
        List<String> agreed = List.of("pom.xml", "src", "build.sh", "run.sh", "README.md", "mvnw", "LICENSE", "target");
        try (Stream<Path> entries = Files.list(Path.of("."))) {
            List<String> others = entries.map(entry -> entry.getFileName().toString())
                    .filter(name -> !name.startsWith(".") && !agreed.contains(name))
                    .toList();
            assertEquals(List.of(), others);
        }
    }
}
