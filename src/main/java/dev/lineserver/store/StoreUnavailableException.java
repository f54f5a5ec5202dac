package dev.lineserver.store;

import org.jspecify.annotations.Nullable;

/** The store cannot answer now: it is unreachable, overloaded or closed, or a source does not match. Retry later. */
public final class StoreUnavailableException extends StoreException {
    public StoreUnavailableException(String message) {
        this(message, null);
    }

    public StoreUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
