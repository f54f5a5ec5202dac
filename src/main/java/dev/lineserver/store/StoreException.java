package dev.lineserver.store;

import org.jspecify.annotations.Nullable;

/** A store could not do as requested. The subclass says whether a later attempt can succeed. */
public abstract sealed class StoreException extends Exception
        permits StoreUnavailableException, StoreFailedException, LineDamagedException {
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
