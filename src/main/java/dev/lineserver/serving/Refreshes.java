package dev.lineserver.serving;

import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.Stream;

/** The refreshes of datasets, at most one of each at a time. Started by one thread; each runs on another one. */
final class Refreshes {
    private static final System.Logger LOG = System.getLogger(Datasets.class.getName());

    private final Executor threads;
    /** The last refresh of each dataset, running or complete. */
    private final Map<ServedDataset, CompletableFuture<Void>> last = new ConcurrentHashMap<>();

    Refreshes(Executor threads) {
        this.threads = threads;
    }

    /** Runs a task on a refresh thread, unless the last refresh of the dataset is still running. */
    void start(ServedDataset dataset, Runnable task) {
        CompletableFuture<Void> before = last.get(dataset);
        if (before != null && !before.isDone()) {
            return;
        }
        CompletableFuture<Void> refresh;
        try {
            refresh = CompletableFuture.runAsync(task, threads);
        } catch (RejectedExecutionException _) {
            // The server is ending.
            return;
        }
        last.put(dataset, refresh.exceptionally(failure -> {
            // Not fatal: the next check starts another refresh.
            LOG.log(System.Logger.Level.ERROR, "refreshing dataset " + dataset.name() + " failed", failure);
            return null;
        }));
    }

    void forget(ServedDataset dataset) {
        last.remove(dataset);
    }

    /** The ends of the refreshes that have been started. None of them fails. */
    Stream<CompletableFuture<Void>> ends() {
        return last.values().stream();
    }
}
