package dev.lineserver.store;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Blocks until a stage or a task of another thread is complete. Must not be called on an event loop. */
public final class Await {
    private Await() {}

    /**
     * Waits for the result of a stage.
     *
     * @throws StoreException if the stage failed with one; a runtime exception or error is rethrown in the same way
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

    /**
     * Waits for the result of a task.
     *
     * @throws IOException if the task failed with one; a runtime exception or error is rethrown in the same way
     */
    public static <T> T ioResult(Future<T> task) throws IOException, InterruptedException {
        try {
            return task.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException io) {
                throw io;
            }
            throw unchecked(e);
        }
    }

    /**
     * Waits until the tasks of an executor that was shut down have ended. An interrupt does not shorten the wait, and is
     * kept.
     *
     * @return false if they have not ended within the timeout
     */
    public static boolean termination(ExecutorService executor, Duration timeout) {
        long began = System.nanoTime();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return executor.awaitTermination(
                            timeout.toNanos() - (System.nanoTime() - began), TimeUnit.NANOSECONDS);
                } catch (InterruptedException _) {
                    interrupted = true;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** Throws the cause if it is an {@link Error}; otherwise returns it, wrapped unless it is a runtime exception. */
    public static RuntimeException unchecked(ExecutionException failure) {
        return switch (failure.getCause()) {
            case Error error -> throw error;
            case RuntimeException unchecked -> unchecked;
            case null, default -> new IllegalStateException(failure.getCause());
        };
    }
}
