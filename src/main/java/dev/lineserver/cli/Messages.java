package dev.lineserver.cli;

import java.io.PrintStream;

/** Standard error: one line for each message, whatever characters are in it. */
final class Messages {
    private static final String PREFIX = "line-server: ";

    private final PrintStream stream;

    Messages(PrintStream stream) {
        this.stream = stream;
    }

    void print(String message) {
        stream.println(PREFIX + printable(message));
    }

    /** A message about a fault of this program, with its stack trace. */
    void print(String message, Throwable fault) {
        print(message);
        fault.printStackTrace(stream);
    }

    /** For what draws on the terminal by itself. */
    PrintStream stream() {
        return stream;
    }

    /** The text with its control characters escaped, as in {@code \n} or {@code \x1b}. */
    static String printable(String text) {
        if (text.chars().noneMatch(Character::isISOControl)) {
            return text;
        }
        StringBuilder printable = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (Character.isISOControl(c)) {
                printable.append(c == '\n' ? "\\n" : String.format("\\x%02x", (int) c));
            } else {
                printable.append(c);
            }
        }
        return printable.toString();
    }
}
