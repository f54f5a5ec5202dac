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

    private StoreUnavailableException(String message, @Nullable Throwable cause, boolean traced) {
        super(message, cause, traced);
    }

    /**
     * Returns the exception of a request that is refused because a queue is full. It has no stack trace: an overloaded server
     * refuses thousands of requests a second, all at the same place.
     */
    public static StoreUnavailableException refusal(String message, @Nullable Throwable cause) {
        return new StoreUnavailableException(message, cause, false);
    }
}
