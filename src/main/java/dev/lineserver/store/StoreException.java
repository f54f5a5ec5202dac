package dev.lineserver.store;

import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;

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

    /** What a stage failed with: {@code failure}, or its cause if it only wraps one. */
    public static Throwable causeOf(Throwable failure) {
        Throwable cause = failure.getCause();
        boolean wraps = failure instanceof CompletionException || failure instanceof ExecutionException;
        return wraps && cause != null ? cause : failure;
    }
}
