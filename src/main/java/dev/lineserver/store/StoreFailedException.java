package dev.lineserver.store;

import org.jspecify.annotations.Nullable;

/** The same call will fail again until an operator changes something. Do not retry. */
public final class StoreFailedException extends StoreException {
    public StoreFailedException(String message) {
        this(message, null);
    }

    public StoreFailedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
