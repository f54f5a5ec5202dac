package dev.lineserver.store;

import org.jspecify.annotations.Nullable;

/** Try again later: unreachable, overloaded, timed out, or a source that does not match at present. */
public final class StoreUnavailableException extends StoreException {
    public StoreUnavailableException(String message) {
        this(message, null);
    }

    public StoreUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
