package dev.lineserver.cli;

import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.IntSupplier;

import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;

/**
 * The abilities of a standard stream.
 *
 * @param ansi adds colours if the stream is a terminal that has them, and the user has not turned them off
 * @param columns returns the width of the terminal in characters; {@link #UNBOUNDED} if the stream is no terminal
 */
record Terminal(Ansi ansi, IntSupplier columns) {
    static final int UNBOUNDED = Integer.MAX_VALUE;

    /** A file or a pipe. */
    static final Terminal NONE = new Terminal(Ansi.OFF, () -> UNBOUNDED);

    /**
     * Returns the abilities of a stream of this process.
     *
     * @param descriptor 1 for standard output, 2 for standard error
     */
    static Terminal of(int descriptor) {
        return isTerminal(descriptor) ? of(System.getenv()) : NONE;
    }

    /** Returns the abilities of a terminal, of a process with these environment variables. */
    static Terminal of(Map<String, String> environment) {
        boolean plain = !environment.getOrDefault("NO_COLOR", "").isEmpty()
                || environment.getOrDefault("TERM", "dumb").equals("dumb");
        String columns = environment.getOrDefault("COLUMNS", "");
        return new Terminal(
                plain ? Ansi.OFF : Ansi.ON,
                columns.matches("[1-9]\\d{0,4}") ? () -> Integer.parseInt(columns) : Terminal::measure);
    }

    /** Runs {@code stty} or a similar program; returns 80 if there is none. */
    private static int measure() {
        return CommandSpec.create().usageMessage().autoWidth(true).width();
    }

    /**
     * Returns true if a stream leads to a terminal. {@link Console#isTerminal} does not tell output and errors apart, and
     * is false if the input is redirected, so it is asked only if the system does not show the file of a descriptor.
     */
    private static boolean isTerminal(int descriptor) {
        try {
            String file = Files.readSymbolicLink(Path.of("/proc/self/fd/" + descriptor))
                    .toString();
            return file.startsWith("/dev/pts/") || file.startsWith("/dev/tty") || file.equals("/dev/console");
        } catch (IOException unknown) {
            Console console = Files.exists(Path.of("/proc/self/fd")) ? null : System.console();
            return console != null && console.isTerminal();
        }
    }
}
