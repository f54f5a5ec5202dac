package dev.lineserver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.opentest4j.TestAbortedException;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/** Measures the commonest faults of language in comments and documents: see {@code src/docs/style.md}. */
final class ProseTest {
    /** Occurrences of each fault per 1,000 words. */
    private static final double MOST = 1;

    /** Names of classes, files and programs, numbers, escapes, and the endings of possessives. */
    private static final Pattern NO_WORD = Pattern.compile(
            "\\w*[a-z][A-Z]\\w*|[A-Z]{2,}[a-z]\\w*|\\w*\\d\\w*|\\w+\\.\\w+|\\\\\\w|['’]s\\b|[\\w-]*[_/=][\\w/.-]*");

    /** Names and terms that no dictionary has. */
    private static final Path WORDS = Path.of("src/test/resources/words.txt");

    private static final Pattern COMMENT = Pattern.compile("(?s)/\\*.*?\\*/|(?<![:\"])//[^\n]*");
    private static final Pattern CODE =
            Pattern.compile("(?s)```.*?```|`[^`]*`|<pre>.*?</pre>|\\{@\\w+ [^}]*}|@param \\S+|https?://\\S+"
                    + "|\\]\\([^)]*\\)|<[^>]+>|&\\w+;");

    /** A text for people, with code replaced by a dash. */
    private record Prose(Path file, String text) {
        long words() {
            return Pattern.compile("[A-Za-z]+").matcher(text).results().count();
        }
    }

    private static List<Prose> prose() throws IOException {
        List<Prose> prose = new ArrayList<>();
        for (Path root : List.of(Path.of("src/main"), Path.of("src/test"), Path.of("src/docs"), Path.of("README.md"))) {
            try (Stream<Path> files = Files.walk(root)) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    String name = file.getFileName().toString();
                    // These two quote the faults.
                    if (!name.equals("style.md") && !name.equals("ProseTest.java")) {
                        read(file, name).forEach(text -> prose.add(new Prose(file, text)));
                    }
                }
            }
        }
        return prose;
    }

    private static List<String> read(Path file, String name) throws IOException {
        Stream<String> texts = Stream.empty();
        if (name.endsWith(".md")) {
            texts = Stream.of(Files.readString(file));
        } else if (name.endsWith(".java")) {
            texts = COMMENT.matcher(Files.readString(file)).results().map(MatchResult::group);
        }
        return texts.map(text -> CODE.matcher(text).replaceAll("–").replaceAll("(?m)^\\s*(/\\*+|\\*+/?|//)", ""))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "(?i)\\bwhere\\b",
                "(?i)\\bwhat (?:is|was|are|were|comes|came|has|had|they|it|a|the|follows|remains|does)\\b",
                "(?i)\\b(?:is|are|was|were) to be\\b",
                "(?i)\\b(?:is|are|has|have|had) yet to\\b",
                "(?:^|[.;:] )(?:Rather than|Who)\\b"
            })
    void faultsAreRare(String fault) throws IOException {
        Pattern pattern = Pattern.compile(fault);
        List<Prose> prose = prose();
        long words = prose.stream().mapToLong(Prose::words).sum();
        List<String> found = prose.stream()
                .flatMap(text -> pattern.matcher(text.text())
                        .results()
                        .map(match -> text.file() + ": " + around(text.text(), match)))
                .toList();
        assertTrue(words > 10_000, "found only " + words + " words");
        assertTrue(
                1_000.0 * found.size() / words < MOST,
                () -> found.size() + " in " + words + " words:\n" + String.join("\n", found));
    }

    private static String around(String text, MatchResult match) {
        int from = Math.max(0, match.start() - 40);
        int to = Math.min(text.length(), match.end() + 40);
        return text.substring(from, to).replaceAll("\\s+", " ");
    }

    @Test
    void everyWordIsSpeltAsInBritain(@TempDir Path directory) throws Exception {
        List<String> words = prose().stream()
                .map(prose -> NO_WORD.matcher(prose.text()).replaceAll(" "))
                .toList();
        Path text = Files.write(directory.resolve("text"), words);
        Path misspelt = directory.resolve("misspelt");
        Process hunspell;
        try {
            hunspell = new ProcessBuilder(
                            "hunspell", "-i", "UTF-8", "-d", "en_GB", "-p", WORDS.toString(), "-l", text.toString())
                    .redirectErrorStream(true)
                    .redirectOutput(misspelt.toFile())
                    .start();
        } catch (IOException missing) {
            throw new TestAbortedException("hunspell is not installed", missing);
        }
        assertTrue(hunspell.waitFor(1, TimeUnit.MINUTES), "hunspell hangs");
        assumeTrue(hunspell.exitValue() == 0, () -> "hunspell has no dictionary en_GB");
        assertEquals(
                List.of(),
                Files.readAllLines(misspelt).stream().distinct().sorted().toList());
    }
}
