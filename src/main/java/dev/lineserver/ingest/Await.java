package dev.lineserver.ingest;

import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;

import dev.lineserver.store.StoreException;

/** Waits for what a store answers later. Not for event loops. */
public final class Await {
    private Await() {}

    /**
     * Waits for a result.
     *
     * @throws StoreException what the stage failed with
     */
    public static <T> T result(CompletionStage<T> stage) throws StoreException, InterruptedException {
        try {
            return stage.toCompletableFuture().get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof StoreException store) {
                throw store;
            }
            throw new IllegalStateException(e.getCause());
        }
    }
}
