package dev.lineserver.ingest;

import org.jspecify.annotations.Nullable;

/** A source cannot be read, or is not what can be stored. Stop, and say so: the message says what to do. */
public final class SourceException extends Exception {
    private final String message;

    SourceException(String message) {
        this(message, null);
    }

    SourceException(String message, @Nullable Throwable cause) {
        super(message, cause);
        this.message = message;
    }

    /** Which source, why, and what to do. */
    @Override
    public String getMessage() {
        return message;
    }
}
