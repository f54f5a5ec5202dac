package dev.lineserver.cli;

import java.io.PrintStream;

import picocli.CommandLine.Help.Ansi;

import dev.lineserver.store.ControlCharacters;

/** Prints messages to standard error, one line each. Control characters in a message are escaped. */
record Messages(PrintStream stream, Ansi ansi) {
    private static final String PREFIX = "line-server:";

    void print(String message) {
        print("faint", message);
    }

    /** Prints the message of the failure that ends the command. */
    void fail(String message) {
        print("bold,red", message);
    }

    private void print(String style, String message) {
        stream.println(ansi.string("@|" + style + " " + PREFIX + "|@") + " " + ControlCharacters.escape(message));
    }

    /** Prints a message and the stack trace of an unexpected failure. */
    void fail(String message, Throwable failure) {
        fail(message);
        failure.printStackTrace(stream);
    }
}
