package dev.lineserver.cli;

import java.io.IOException;
import java.net.BindException;
import java.util.Locale;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

import dev.lineserver.config.UsageException;
import dev.lineserver.ingest.SourceException;
import dev.lineserver.store.StoreException;

/** Turns an exception into a message and an exit code. */
final class Failures {
    /** Exit code of a command that failed, or whose answer is no. */
    static final int FAILED = 1;
    /** Exit code if arguments or settings are incorrect. */
    static final int USAGE = 2;

    /** The reason of an {@link IOException} when the reader of a pipe has left, as {@code head} does. */
    private static final String READER_LEFT = "Broken pipe";

    private Failures() {}

    /**
     * Reports what a user can mend, wherever it is in the chain of causes; else the whole failure.
     *
     * @param failure if an {@link IOException}, that of standard output
     */
    static int report(Throwable failure, Messages err) {
        if (failure instanceof IOException) {
            if (!READER_LEFT.equals(failure.getMessage())) {
                err.print("standard output cannot be written: " + failure.getMessage());
            }
            return FAILED;
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String message = String.valueOf(cause.getMessage());
            switch (cause) {
                case ParameterException usage -> {
                    err.print(explain(usage, message));
                    return USAGE;
                }
                case UsageException _ -> {
                    err.print(message);
                    return USAGE;
                }
                case CommandException _, SourceException _, StoreException _ -> {
                    err.print(message);
                    return FAILED;
                }
                case OutOfMemoryError _ -> {
                    err.print(
                            "the heap of " + Numbers.bytes(Runtime.getRuntime().maxMemory())
                                    + " is too small for this; set a larger one, such as -Xmx2g");
                    return FAILED;
                }
                case BindException _ -> {
                    err.print("cannot listen: " + message + "; see --host and --port");
                    return FAILED;
                }
                default -> {}
            }
        }
        err.print("unexpected error, a fault of Line Server; please report it with these lines", failure);
        return FAILED;
    }

    private static String explain(ParameterException usage, String message) {
        CommandSpec command = usage.getCommandLine().getCommandSpec();
        String explanation = message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1);
        String suggestion = "";
        if (usage instanceof UnmatchedArgumentException unmatched) {
            if (command.parent() == null && !unmatched.isUnknownOption()) {
                explanation = "there is no command '" + unmatched.getUnmatched().getFirst() + "'";
            }
            suggestion = unmatched.getSuggestions().stream()
                    .findFirst()
                    .map(similar -> "; did you mean " + similar + "?")
                    .orElse("");
        }
        return explanation + suggestion + "; see " + command.qualifiedName() + " --help";
    }
}
