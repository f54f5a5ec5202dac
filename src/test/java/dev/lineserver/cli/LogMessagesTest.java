package dev.lineserver.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;
import picocli.CommandLine.Help.Ansi;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class LogMessagesTest {
    private final System.Logger logger = System.getLogger("dev.lineserver.store.Scripted");
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    private String printed() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void whatACommandLogsIsPrintedInOneLine() {
        try (LogMessages _ =
                LogMessages.open(new Messages(new PrintStream(err, true, StandardCharsets.UTF_8), Ansi.OFF))) {
            logger.log(System.Logger.Level.DEBUG, "a detail");
            logger.log(System.Logger.Level.INFO, "checking {0} of {1}", 3, "x");
            logger.log(System.Logger.Level.WARNING, "files could not be removed", new IOException("no permission"));
            logger.log(System.Logger.Level.WARNING, "a line\nand another");
        }
        logger.log(System.Logger.Level.WARNING, "after the command");
        assertEquals("""
                line-server: checking 3 of x
                line-server: files could not be removed: no permission
                line-server: a line\\u000aand another
                """, printed());
    }

    /** These are faults of the program. */
    @Test
    void anErrorWithAnExceptionIsPrintedWithItsStackTrace() {
        try (LogMessages _ =
                LogMessages.open(new Messages(new PrintStream(err, true, StandardCharsets.UTF_8), Ansi.OFF))) {
            logger.log(System.Logger.Level.ERROR, "a task failed", new IllegalStateException("scripted"));
        }
        assertTrue(
                printed().startsWith("line-server: a task failed\njava.lang.IllegalStateException: scripted\n\tat "),
                printed());
    }
}
