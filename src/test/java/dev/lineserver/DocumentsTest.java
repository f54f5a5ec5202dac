package dev.lineserver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Documents lead to files, headings and classes that exist, and keep the lengths that they promise. */
final class DocumentsTest {
    private static final Path README = Path.of("README.md");
    private static final Path DOCS = Path.of("src/docs");
    private static final Pattern LINK = Pattern.compile("]\\((?!https?:)([^)#\\s]*)(?:#([^)\\s]*))?\\)");
    private static final Pattern CODE_BLOCK = Pattern.compile("(?s)```.*?```");

    private static List<Path> documents() throws IOException {
        try (Stream<Path> files = Files.walk(DOCS)) {
            List<Path> documents = new ArrayList<>(
                    files.filter(file -> file.toString().endsWith(".md")).toList());
            documents.add(README);
            assertTrue(documents.size() > 20, "found only " + documents);
            return documents;
        }
    }

    private static String withoutCode(Path document) throws IOException {
        return CODE_BLOCK.matcher(Files.readString(document)).replaceAll("");
    }

    @Test
    void everyLinkLeadsToAFileAndAHeading() throws IOException {
        List<String> broken = new ArrayList<>();
        int links = 0;
        for (Path document : documents()) {
            for (MatchResult link :
                    LINK.matcher(withoutCode(document)).results().toList()) {
                links++;
                Path target = link.group(1).isEmpty() ? document : document.resolveSibling(link.group(1));
                boolean leads = Files.exists(target)
                        && (link.group(2) == null || headings(target).contains(link.group(2)));
                if (!leads) {
                    broken.add(document + ": " + link.group());
                }
            }
        }
        assertEquals(List.of(), broken);
        assertTrue(links > 30, "found only " + links + " links");
    }

    /** Anchors of headings, as GitHub makes them. */
    private static List<String> headings(Path document) throws IOException {
        return withoutCode(document)
                .lines()
                .filter(line -> line.matches("#+ .*"))
                .map(line -> line.replaceFirst("#+ ", "")
                        .toLowerCase(Locale.ROOT)
                        .replaceAll("[^a-z0-9 _-]", "")
                        .replace(' ', '-'))
                .toList();
    }

    @Test
    void everyDocumentIsReachedFromTheReadme() throws IOException {
        List<Path> reached = new ArrayList<>(List.of(README));
        for (int i = 0; i < reached.size(); i++) {
            Path document = reached.get(i);
            for (MatchResult link :
                    LINK.matcher(withoutCode(document)).results().toList()) {
                Path target = document.resolveSibling(link.group(1)).normalize();
                if (target.toString().endsWith(".md") && !reached.contains(target)) {
                    reached.add(target);
                }
            }
        }
        assertEquals(
                List.of(),
                documents().stream()
                        .filter(document -> !reached.contains(document))
                        .toList());
    }

    @Test
    void theReadmeAndTheFiguresAreShort() throws IOException {
        assertTrue(words(README) < 1_200, "README.md has " + words(README) + " words");
        Path performance = DOCS.resolve("performance.md");
        assertTrue(words(performance) < 900, performance + " has " + words(performance) + " words");
    }

    @Test
    void aDecisionIsOneScreen() throws IOException {
        try (Stream<Path> files = Files.list(DOCS.resolve("decisions"))) {
            for (Path decision : files.toList()) {
                long lines = Files.readAllLines(decision).size();
                assertTrue(lines <= 50, decision + " has " + lines + " lines");
            }
        }
    }

    private static long words(Path document) throws IOException {
        return Pattern.compile("\\S*\\w\\S*")
                .matcher(Files.readString(document))
                .results()
                .count();
    }
}
