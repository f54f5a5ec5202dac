package dev.lineserver.store;

import org.jspecify.annotations.Nullable;

/** A store could not do what it was asked. The subclass says whether trying again can help. */
public abstract sealed class StoreException extends Exception permits StoreUnavailableException, StoreFailedException {
    private final String message;

    StoreException(String message, @Nullable Throwable cause) {
        super(message, cause);
        this.message = message;
    }

    /** What, where, and what to do, for an operator. */
    @Override
    public String getMessage() {
        return message;
    }
}
