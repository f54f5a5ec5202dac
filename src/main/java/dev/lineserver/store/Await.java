package dev.lineserver.store;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;

/** Waits for a stage that a store completes. Never called on an event loop. */
public final class Await {
    private Await() {}

    /**
     * Waits for a result.
     *
     * @throws StoreException if the stage failed with it; errors and runtime exceptions are thrown as they are, too
     */
    public static <T> T result(CompletionStage<T> stage) throws StoreException, InterruptedException {
        try {
            return stage.toCompletableFuture().get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StoreException failure) {
                throw failure;
            }
            throw unchecked(e);
        }
    }

    /** Throws the cause if it is an error, and returns it as a runtime exception otherwise. */
    public static RuntimeException unchecked(ExecutionException failure) {
        return switch (failure.getCause()) {
            case Error error -> throw error;
            case RuntimeException unchecked -> unchecked;
            case null, default -> new IllegalStateException(failure.getCause());
        };
    }
}
