package dev.lineserver.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.util.Locale;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

import dev.lineserver.config.UsageException;
import dev.lineserver.ingest.SourceException;
import dev.lineserver.store.StoreException;

/** Maps an exception to a message and an exit code. */
final class Failures {
    /** Exit code of a command that failed, or whose check did not pass. */
    static final int FAILED = 1;
    /** Exit code of incorrect usage: an invalid argument or setting. */
    static final int USAGE = 2;

    /** Message of the {@link IOException} of a write to a pipe that its reader, such as {@code head}, has closed. */
    private static final String BROKEN_PIPE = "Broken pipe";

    private Failures() {}

    /** Reports that a signal ended the command. Any exception is a consequence of the interruption and not reported. */
    static int reportInterrupted(Messages err) {
        err.print("interrupted; nothing was published");
        return FAILED;
    }

    /**
     * Prints the message of the first exception in the chain of causes that a user can act on. If there is none, prints
     * the stack trace.
     *
     * @param failure the exception that ended the command; an {@link IOException} is a failed write to standard output
     * @return the exit code
     */
    static int report(Throwable failure, Messages err) {
        if (failure instanceof IOException) {
            if (!BROKEN_PIPE.equals(failure.getMessage())) {
                err.print("standard output cannot be written: " + failure.getMessage());
            }
            return FAILED;
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String message = explain(cause);
            if (message != null) {
                err.print(message);
                return cause instanceof ParameterException || cause instanceof UsageException ? USAGE : FAILED;
            }
        }
        err.print("unexpected error, a fault of Line Server; please report it with these lines", failure);
        return FAILED;
    }

    private static @Nullable String explain(Throwable cause) {
        return switch (cause) {
            case ParameterException usage -> explainUsage(usage);
            case UsageException _, SourceException _, StoreException _, UncheckedIOException _ -> cause.getMessage();
            case OutOfMemoryError _ ->
                "the heap of " + Quantities.bytes(Runtime.getRuntime().maxMemory())
                        + " is too small for this; set a larger one, such as -Xmx2g";
            case BindException _ -> "cannot listen: " + cause.getMessage() + "; see --host and --port";
            default -> null;
        };
    }

    private static String explainUsage(ParameterException usage) {
        CommandSpec command = usage.getCommandLine().getCommandSpec();
        String message = String.valueOf(usage.getMessage());
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
