package dev.lineserver.config;

/** Incorrect usage of a command or setting. The message names it as the user wrote it, and the accepted values. */
public final class UsageException extends RuntimeException {
    /** Creates an exception with a message of one line. */
    public UsageException(String message) {
        super(message);
    }
}
