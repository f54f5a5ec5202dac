package dev.lineserver.serving;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;

/** Runs tasks on the calling thread, so that a check includes its refreshes: at once, or when the test says so. */
final class ScriptedExecutor extends AbstractExecutorService {
    private final Deque<Runnable> queue = new ArrayDeque<>();
    /** True if tasks wait for {@link #runQueued}. */
    boolean queueing;
    /** True if no thread can be started. */
    boolean outOfThreads;

    private boolean shutDown;

    @Override
    public void execute(Runnable task) {
        if (shutDown) {
            throw new RejectedExecutionException("scripted");
        }
        if (outOfThreads) {
            throw new OutOfMemoryError("unable to create native thread");
        }
        if (queueing) {
            queue.add(task);
        } else {
            task.run();
        }
    }

    int queued() {
        return queue.size();
    }

    /** Runs the task that has waited longest. */
    void runNext() {
        queue.remove().run();
    }

    /** Runs the tasks that wait, and those that they add. */
    void runQueued() {
        while (!queue.isEmpty()) {
            queue.remove().run();
        }
    }

    @Override
    public void shutdown() {
        shutDown = true;
    }

    @Override
    public List<Runnable> shutdownNow() {
        shutDown = true;
        return List.of();
    }

    @Override
    public boolean isShutdown() {
        return shutDown;
    }

    @Override
    public boolean isTerminated() {
        return shutDown;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
        return true;
    }
}
