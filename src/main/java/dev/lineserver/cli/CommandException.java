package dev.lineserver.cli;

/** Ends a command as failed, with a message. */
final class CommandException extends RuntimeException {
    CommandException(String message) {
        super(message);
    }
}
