package dev.lineserver.store;

import org.jspecify.annotations.Nullable;

/** Stop: the same call will fail again until somebody changes something. */
public final class StoreFailedException extends StoreException {
    public StoreFailedException(String message) {
        this(message, null);
    }

    public StoreFailedException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
