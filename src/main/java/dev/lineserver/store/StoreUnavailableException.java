package dev.lineserver.store;

import java.time.Duration;

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

    /** Returns the exception of a request that has waited as long as {@code line-server.http.lookup-timeout} allows. */
    public static StoreUnavailableException late(Duration timeout) {
        return new StoreUnavailableException(
                "the store has not answered within " + timeout.toMillis() + " ms; try again");
    }

    /**
     * Returns the exception of a request that is refused because a queue is full. It has no stack trace: an overloaded server
     * refuses thousands of requests a second, all at the same place.
     */
    public static StoreUnavailableException refusal(String message, @Nullable Throwable cause) {
        return new StoreUnavailableException(message, cause, false);
    }
}
