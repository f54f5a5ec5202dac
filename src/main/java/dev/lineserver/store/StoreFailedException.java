package dev.lineserver.store;

import org.jspecify.annotations.Nullable;

/** Stop: the same call will fail again until somebody changes something. */
public final class StoreFailedException extends StoreException {
    /** @param message what, where, and what to change, for an operator */
    public StoreFailedException(String message) {
        this(message, null);
    }

    /** @param message what, where, and what to change, for an operator */
    public StoreFailedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
