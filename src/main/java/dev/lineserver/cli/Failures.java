package dev.lineserver.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

import dev.lineserver.config.UsageException;
import dev.lineserver.ingest.SourceException;
import dev.lineserver.store.IoErrors;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.StoreException;

/** Maps an exception to a message and an exit code. */
final class Failures {
    /** Exit code of a command that failed, or whose check did not pass. */
    static final int FAILED = 1;
    /** Exit code of incorrect usage: an invalid argument or setting. */
    static final int USAGE = 2;

    /** Longest edit distance of a suggestion. A transposition of two characters counts as two edits. */
    private static final int MAX_EDITS = 2;

    private Failures() {}

    /** Reports that a signal ended the command. Its exception is a consequence and not reported. */
    static int reportInterrupted(String interruption, Messages err) {
        err.fail(interruption);
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
        if (failure instanceof IOException write) {
            // The reader of a pipe may close it when it has read enough; nobody would read a message about that.
            if (!IoErrors.isBrokenPipe(write)) {
                err.fail("standard output cannot be written: " + failure.getMessage());
            }
            return FAILED;
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String message = explain(cause);
            if (message != null) {
                err.fail(message);
                return cause instanceof ParameterException || cause instanceof UsageException ? USAGE : FAILED;
            }
        }
        err.fail("unexpected error, a fault of Line Server; please report it with these lines", failure);
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
        // picocli names Java types and exceptions.
        String message = String.valueOf(usage.getMessage())
                .replaceFirst("cannot convert ('.*') to BigDecimal \\(.*\\)", "$1 is not a number")
                .replaceFirst("is not an? (?:long|int)$", "is not a whole number, or too large");
        String explanation = message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1);
        String suggestion = "";
        if (usage instanceof UnmatchedArgumentException unmatched) {
            String typed = unmatched.getUnmatched().getFirst();
            if (command.parent() == null && !unmatched.isUnknownOption()) {
                explanation = "there is no command '" + typed + "'";
            }
            Set<String> known = (unmatched.isUnknownOption() ? command.optionsMap() : command.subcommands()).keySet();
            suggestion = findSimilar(typed.replaceFirst("=.*", ""), known)
                    .map(similar -> "; did you mean " + similar + "?")
                    .orElse("");
        }
        return explanation + suggestion + "; see " + command.qualifiedName() + " --help";
    }

    /** Returns the known word at the least edit distance, if that is at most {@link #MAX_EDITS}. */
    private static Optional<String> findSimilar(String typed, Set<String> known) {
        return known.stream()
                .filter(word -> editDistance(typed, word) <= MAX_EDITS)
                .min(Comparator.comparingInt(word -> editDistance(typed, word)));
    }

    /** Returns how many characters must be inserted, deleted or replaced. */
    private static int editDistance(String from, String to) {
        int[] previous = IntStream.rangeClosed(0, to.length()).toArray();
        for (int i = 1; i <= from.length(); i++) {
            int[] row = new int[to.length() + 1];
            row[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = previous[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, 1 + Math.min(previous[j], row[j - 1]));
            }
            previous = row;
        }
        return previous[to.length()];
    }
}
