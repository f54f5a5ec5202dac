package dev.lineserver.store;

import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

import org.jspecify.annotations.Nullable;

/** A store could not complete a request. The subclass tells whether a later attempt can succeed. */
public abstract sealed class StoreException extends Exception
        permits StoreUnavailableException, StoreFailedException, LineDamagedException {
    private final String message;

    StoreException(String message, @Nullable Throwable cause) {
        this(message, cause, true);
    }

    /** @param traced false to leave out the stack trace, which takes longer than all else about a refused request */
    StoreException(String message, @Nullable Throwable cause, boolean traced) {
        super(message, cause, true, traced);
        this.message = message;
    }

    /** Tells an operator which operation failed, on which object, and what to do. */
    @Override
    public String getMessage() {
        return message;
    }

    /** Returns the failure of a stage without the wrapper that {@code CompletableFuture} may have added. */
    public static Throwable causeOf(Throwable failure) {
        Throwable cause = failure.getCause();
        boolean wraps = failure instanceof CompletionException || failure instanceof ExecutionException;
        return wraps && cause != null ? cause : failure;
    }
}
