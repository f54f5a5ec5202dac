package dev.lineserver.cli;

import java.io.PrintStream;

import dev.lineserver.store.ControlCharacters;

/** Prints messages to standard error, one line each. Control characters in a message are escaped. */
final class Messages {
    private static final String PREFIX = "line-server: ";

    private final PrintStream stream;

    Messages(PrintStream stream) {
        this.stream = stream;
    }

    void print(String message) {
        stream.println(PREFIX + ControlCharacters.escape(message));
    }

    /** Prints a message and the stack trace of an unexpected failure. */
    void print(String message, Throwable failure) {
        print(message);
        failure.printStackTrace(stream);
    }
}
