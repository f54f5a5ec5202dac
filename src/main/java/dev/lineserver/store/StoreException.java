package dev.lineserver.store;

import org.jspecify.annotations.Nullable;

/** A store could not do what it was asked. The subclass says whether trying again can help. */
public abstract sealed class StoreException extends Exception permits StoreUnavailableException, StoreFailedException {
    StoreException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
