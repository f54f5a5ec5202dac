package dev.lineserver.cli;

/** Ends a command with a message. */
final class CommandException extends RuntimeException {
    private final ExitCode exitCode;

    private CommandException(ExitCode exitCode, String message) {
        super(message);
        this.exitCode = exitCode;
    }

    static CommandException failed(String message) {
        return new CommandException(ExitCode.FAILED, message);
    }

    static CommandException usage(String message) {
        return new CommandException(ExitCode.USAGE, message);
    }

    ExitCode exitCode() {
        return exitCode;
    }
}
