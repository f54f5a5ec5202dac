package dev.lineserver.cli;

import java.io.PrintStream;

import dev.lineserver.store.ControlCharacters;

/** Standard error: one line for each message, whatever characters are in it. */
final class Messages {
    private static final String PREFIX = "line-server: ";

    private final PrintStream stream;

    Messages(PrintStream stream) {
        this.stream = stream;
    }

    void print(String message) {
        stream.println(PREFIX + ControlCharacters.escape(message));
    }

    /** A message about a fault of this program, with its stack trace. */
    void print(String message, Throwable fault) {
        print(message);
        fault.printStackTrace(stream);
    }
}
