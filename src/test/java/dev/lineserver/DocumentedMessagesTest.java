package dev.lineserver;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The messages that the documents explain are messages of the program, word for word. */
final class DocumentedMessagesTest {
    private static final Path DOCS = Path.of("src/docs");

    /** Messages that the program passes on or that others print, and a type of problem, which is made from its constant. */
    private static final List<String> OF_OTHERS = List.of(
            // The operating system.
            "no space left on device",
            "permission denied",
            "Too many open files",
            // The client of Aerospike.
            "Device overload",
            // Netty.
            "exists but cannot be executed",
            // The server of Aerospike.
            "system file descriptors not enough, config specified",
            "filesize must be >=",
            "and <=",
            "line-damaged");

    private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\\n]|\\\\.)*)\"");
    /** In a literal, stands for a value. */
    private static final Pattern FORMAT = Pattern.compile("%[a-z]|\\{\\d}");
    /** In a document, stands for a value: an ellipsis, a word of capital letters, or a number. */
    private static final Pattern VALUE = Pattern.compile("…|\\b[A-Z]+\\b|\\b\\d+\\b");

    private static final Pattern CODE = Pattern.compile("`([^`]*)`");

    /** Returns the messages in the first column of the table below a heading. */
    private static List<String> messages(String document, String heading) throws IOException {
        List<String> messages = new ArrayList<>();
        String text = Files.readString(DOCS.resolve(document));
        assertTrue(text.contains("\n## " + heading + "\n"), document + " has no heading " + heading);
        String section = text.split("\n## " + heading + "\n", 2)[1].split("\n## ", 2)[0];
        for (String row : section.lines().filter(line -> line.startsWith("|")).toList()) {
            CODE.matcher(row.split("(?<!\\\\)\\|", 3)[1])
                    .results()
                    .map(code -> code.group(1))
                    .forEach(messages::add);
        }
        return messages;
    }

    /** Returns the parts of all literals of the program between values, each between two newlines. */
    private static String literals() throws IOException {
        List<String> literals = new ArrayList<>(OF_OTHERS);
        try (Stream<Path> files = Files.walk(Path.of("src/main/java"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String joined = Files.readString(file).replace("'\"'", "").replaceAll("\"\\s*\\+\\s*\"", "");
                for (MatchResult literal : LITERAL.matcher(joined).results().toList()) {
                    // java.text.MessageFormat has two apostrophes for one.
                    String text = literal.group(1).replace("\\\"", "\"").replace("''", "'");
                    literals.addAll(FORMAT.splitAsStream(text).toList());
                }
            }
        }
        return "\n" + String.join("\n", literals) + "\n";
    }

    /** Returns true if a literal contains the text, or if literals that are joined do. */
    private static boolean contains(String literals, String text) {
        if (literals.contains(text)) {
            return true;
        }
        for (int end = 1; end < text.length(); end++) {
            if (literals.contains(text.substring(0, end) + "\n") && beginWith(literals, text.substring(end))) {
                return true;
            }
        }
        return false;
    }

    /** Returns true if literals that are joined begin with the text. */
    private static boolean beginWith(String literals, String text) {
        if (literals.contains("\n" + text)) {
            return true;
        }
        for (int end = 1; end < text.length(); end++) {
            if (literals.contains("\n" + text.substring(0, end) + "\n") && beginWith(literals, text.substring(end))) {
                return true;
            }
        }
        return false;
    }

    @Test
    void everyDocumentedMessageIsOneOfTheProgram() throws IOException {
        List<String> messages = new ArrayList<>(messages("errors.md", "Messages of commands"));
        messages.addAll(messages("errors.md", "The server's log"));
        messages.addAll(messages("operations.md", "Messages"));
        assertTrue(messages.size() > 100, "found only " + messages);
        String literals = literals();
        assertEquals(
                List.of(),
                messages.stream()
                        .filter(message -> !VALUE.splitAsStream(message)
                                .map(String::strip)
                                .allMatch(part -> contains(literals, part)))
                        .toList());
    }
}
