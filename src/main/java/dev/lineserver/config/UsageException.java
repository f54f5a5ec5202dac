package dev.lineserver.config;

/** The command or a setting is used incorrectly. The message names it as the user gave it, and says what it takes. */
public final class UsageException extends RuntimeException {
    /** With a message of one line. */
    public UsageException(String message) {
        super(message);
    }
}
