package dev.lineserver.cli;

import java.io.IOException;
import java.util.Locale;
import java.util.stream.Stream;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

import dev.lineserver.config.InvalidSettingException;
import dev.lineserver.ingest.SourceException;
import dev.lineserver.store.StoreException;

/** Turns an exception into a message and an exit code. */
final class Failures {
    /** The reason of an {@link IOException} when the reader of a pipe has left, as {@code head} does. */
    private static final String READER_LEFT = "Broken pipe";

    private Failures() {}

    static ExitCode report(Throwable failure, Messages err) {
        if (Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
                .anyMatch(OutOfMemoryError.class::isInstance)) {
            err.print("the heap of " + Numbers.bytes(Runtime.getRuntime().maxMemory())
                    + " is too small for this; set a larger one, such as -Xmx2g");
            return ExitCode.FAILED;
        }
        switch (failure) {
            case ParameterException usage -> err.print(explain(usage));
            case InvalidSettingException _, CommandException _, SourceException _, StoreException _ ->
                err.print(String.valueOf(failure.getMessage()));
            case IOException _ -> {
                if (!READER_LEFT.equals(failure.getMessage())) {
                    err.print("standard output cannot be written: " + failure.getMessage());
                }
            }
            case InterruptedException _ -> err.print("interrupted");
            default ->
                err.print("unexpected error, a fault of Line Server; please report it with these lines", failure);
        }
        return switch (failure) {
            case ParameterException _, InvalidSettingException _ -> ExitCode.USAGE;
            case CommandException command -> command.exitCode();
            default -> ExitCode.FAILED;
        };
    }

    private static String explain(ParameterException usage) {
        CommandSpec command = usage.getCommandLine().getCommandSpec();
        String message = String.valueOf(usage.getMessage());
        message = message.substring(0, 1).toLowerCase(Locale.ROOT) + message.substring(1);
        String suggestion = "";
        if (usage instanceof UnmatchedArgumentException unmatched) {
            if (command.parent() == null && !unmatched.isUnknownOption()) {
                message = "there is no command '" + unmatched.getUnmatched().getFirst() + "'";
            }
            suggestion = unmatched.getSuggestions().stream()
                    .findFirst()
                    .map(similar -> "; did you mean " + similar + "?")
                    .orElse("");
        }
        return message + suggestion + "; see " + command.qualifiedName() + " --help";
    }
}
