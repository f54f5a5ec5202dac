package dev.lineserver.serving;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.LineStore;

/** What a server does for its store beside serving: it removes leftovers, and lists the builds for those who watch them. */
final class Housekeeping {
    private static final Duration RECLAIM_INTERVAL = Duration.ofSeconds(30);
    /** Over Aerospike, one more read of the registry beside the ten that the version watch makes in this time. */
    private static final Duration BUILDS_INTERVAL = Duration.ofSeconds(5);

    private final BackgroundTask reclaim;
    private final BackgroundTask listBuilds;
    private volatile List<BuildStatus> builds = List.of();

    Housekeeping(LongSupplier nanoTime, ExecutorService threads) {
        reclaim = new BackgroundTask(
                RECLAIM_INTERVAL,
                RECLAIM_INTERVAL,
                LineStore::reclaimInBackground,
                "leftovers could not be removed",
                nanoTime,
                threads);
        listBuilds = new BackgroundTask(
                Duration.ZERO,
                BUILDS_INTERVAL,
                open -> builds = open.builds(),
                "the builds could not be listed",
                nanoTime,
                threads);
    }

    /** Starts what is due. Called by the version watch; does not block. */
    void check(LineStore store) {
        reclaim.startIfDue(store);
        listBuilds.startIfDue(store);
    }

    /** The builds in progress or unfinished, by dataset; those of a few seconds ago. */
    List<BuildStatus> builds() {
        return builds;
    }

    Stream<CompletableFuture<Void>> ends() {
        return Stream.of(reclaim.ended(), listBuilds.ended());
    }
}
