package dev.lineserver.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.opentest4j.TestAbortedException;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Checks the pages and the completion scripts of a release, in each shell that is installed. */
final class CommandPagesTest {
    @TempDir
    Path directory;

    /** AsciiDoc takes {@code [A]_B_} for emphasised text with a role, and drops the brackets. */
    @Test
    void everyVerbHasAPageWhoseSynopsisKeepsItsBrackets() throws IOException {
        CommandPages.write(directory);
        for (String verb : LineServerCommand.commandLine().getSubcommands().keySet()) {
            String page = Files.readString(directory.resolve("adoc/line-server-" + verb + ".adoc"));
            String synopsis = page.substring(page.indexOf("== Synopsis"), page.indexOf("== Description"));
            assertTrue(synopsis.contains("*line-server " + verb + "*"), synopsis);
            assertFalse(synopsis.contains("]_"), synopsis);
        }
    }

    @Test
    void theScriptCompletesEveryVerbAndFileNames() throws IOException {
        CommandPages.write(directory);
        String script = Files.readString(directory.resolve("line-server.bash"));
        for (String verb : LineServerCommand.commandLine().getSubcommands().keySet()) {
            assertTrue(script.contains("_picocli_line-server_" + verb + "()"), verb + " is not completed");
        }
        assertTrue(script.contains(" -o default line-server "), script);
        assertFalse(script.contains("compopt +o default"), script);
    }

    /** A typed line, a word that a shell suggests for its last word, and one that it must not suggest. */
    static final List<List<String>> SUGGESTIONS = List.of(
            List.of("line-server ing", "ingest", "verify"),
            List.of("line-server ", "doctor", "--hold"),
            List.of("line-server ingest --ho", "--hold", "--host"),
            List.of("line-server serve --ho", "--host", "--hold"),
            List.of("line-server plan --comp", "--compress", "--copy"));

    @ParameterizedTest
    @FieldSource("SUGGESTIONS")
    void fishSuggestsCommandsAndOptions(List<String> row) throws Exception {
        assertSuggests(
                "fish", "source line-server.fish; complete -C '" + row.getFirst() + "'", row.get(1), row.getLast());
    }

    @ParameterizedTest
    @FieldSource("SUGGESTIONS")
    void bashSuggestsCommandsAndOptions(List<String> row) throws Exception {
        String words = row.getFirst().replaceFirst(" $", " ''");
        assertSuggests(
                "bash",
                "source ./line-server.bash; COMP_WORDS=(" + words + "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1));"
                        + " _complete_line-server; printf '%s\\n' \"${COMPREPLY[@]}\"",
                row.get(1),
                row.getLast());
    }

    /** The function {@code compadd} replaces the command, which works in the line editor only. */
    @ParameterizedTest
    @FieldSource("SUGGESTIONS")
    void zshSuggestsCommandsAndOptions(List<String> row) throws Exception {
        String words = row.getFirst().replaceFirst(" $", " ''");
        assertSuggests(
                "zsh",
                "autoload -Uz compinit bashcompinit; compinit -D; bashcompinit; source ./line-server.bash;"
                        + " compadd() { print -rl -- \"${(@M)argv:#$PREFIX*}\"; }; words=(" + words
                        + "); CURRENT=${#words};"
                        + " PREFIX=\"${words[-1]}\"; _bash_complete -o default -F _complete_line-server",
                row.get(1),
                row.getLast());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            line-server ingest a.t          | a.text
            line-server get --config a.t    | a.text
            line-server datasets --data-d   | --data-dir
            line-server get --data-dir ado  | adoc/
            line-server get --store a       | aerospike
            line-server ingest --priority l | low
            line-server get --version       | --version
            """)
    void fishCompletesValues(String line, String suggested) throws Exception {
        Files.writeString(directory.resolve("a.text"), "");
        assertSuggests("fish", "source line-server.fish; complete -C '" + line + "'", suggested, null);
    }

    @Test
    void fishDescribesWhatItSuggests() throws Exception {
        CommandPages.write(directory);
        String script = Files.readString(directory.resolve("line-server.fish"));
        for (CommandLine verb : LineServerCommand.commandLine().getSubcommands().values()) {
            for (OptionSpec option : verb.getCommandSpec().options()) {
                String start = "complete -c line-server -n '__line_server_command " + verb.getCommandName() + "' -l "
                        + option.longestName().substring(2) + " ";
                assertTrue(
                        script.lines().anyMatch(line -> line.startsWith(start) && line.matches(".* -d '\\S.*'")),
                        start);
            }
        }
    }

    /** Runs a script in a shell without configuration, unless the shell is not installed. */
    private void assertSuggests(String shell, String script, String suggested, @Nullable String other)
            throws Exception {
        CommandPages.write(directory);
        String plain = switch (shell) {
            case "fish" -> "--no-config";
            case "zsh" -> "-f";
            default -> "--norc";
        };
        Process process;
        try {
            process = new ProcessBuilder(shell, plain, "-c", script)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException missing) {
            throw new TestAbortedException(shell + " is not installed", missing);
        }
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        List<String> words =
                output.lines().map(line -> line.split("\t", -1)[0].strip()).toList();
        assertTrue(words.contains(suggested), shell + " suggests " + output);
        assertFalse(words.contains(other), shell + " suggests " + output);
    }
}
