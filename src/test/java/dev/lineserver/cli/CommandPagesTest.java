package dev.lineserver.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Checks the pages and the completion script of a release. */
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
}
