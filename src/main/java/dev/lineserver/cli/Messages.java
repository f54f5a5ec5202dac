package dev.lineserver.cli;

import java.io.PrintStream;

import dev.lineserver.store.ControlCharacters;

/** Standard error: one line for each message, whatever characters are in it. */
final class Messages {
    private static final String PREFIX = "line-server: ";
    private static final String ERASE_LINE = "\r\u001b[K";

    private final PrintStream stream;
    private boolean replaceable;

    Messages(PrintStream stream) {
        this.stream = stream;
    }

    void print(String message) {
        endReplaced();
        stream.println(PREFIX + ControlCharacters.escape(message));
    }

    /** A message about a fault of this program, with its stack trace. */
    void print(String message, Throwable fault) {
        print(message);
        fault.printStackTrace(stream);
    }

    /** A message on a terminal that takes the place of the one before. */
    void replace(String message) {
        stream.print(ERASE_LINE + PREFIX + ControlCharacters.escape(message));
        stream.flush();
        replaceable = true;
    }

    /** Erases the last message if it was one to be replaced. */
    void endReplaced() {
        if (replaceable) {
            stream.print(ERASE_LINE);
            stream.flush();
            replaceable = false;
        }
    }
}
