package dev.lineserver.config;

/** A setting has a value that it does not take. The message names the setting as the user gave it, and says what it takes. */
public final class InvalidSettingException extends RuntimeException {
    InvalidSettingException(String message) {
        super(message);
    }
}
