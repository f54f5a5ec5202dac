package dev.lineserver.serving;

import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Await;
import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.ReadStatistics;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoredVersion;

/**
 * The datasets being served, kept up to date with the store.
 *
 * <p>Three kinds of threads use this class:
 *
 * <ul>
 *   <li>One thread, the version watch, lists the datasets of the store at a fixed interval. For each dataset it starts a
 *       refresh, and it withdraws the datasets that the store no longer lists.
 *   <li>Refresh threads open the current version of one dataset each, and find out whether lookups on it succeed. At most one
 *       refresh of a dataset runs at a time: a version that takes long to open delays neither other datasets nor the watch.
 *       Checks of versions, and the opening of kept ones, are tasks of their own on these threads.
 *   <li>Requests call {@link #find} on any thread, and wait for neither.
 * </ul>
 *
 * <p>A withdrawn dataset is no longer found. Its versions are closed after their last requests, and until then each check
 * of the watch asks the store to keep them. If the store cannot be listed, nothing is withdrawn. The watch also does the
 * store's {@link Housekeeping}.
 *
 * <p>The owner calls {@link #start} once, and {@link #close} in the end:
 *
 * <pre>{@code
 * Datasets datasets = new Datasets(() -> openStore(), DatasetName.DEFAULT, Duration.ofMillis(500));
 * datasets.start();
 * ServedDataset dataset = datasets.find("default"); // null: the store does not list it
 * }</pre>
 */
public final class Datasets implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Datasets.class.getName());
    /** The time that {@link #start} waits for versions. Slower ones are opened and checked while the server answers. */
    private static final Duration START_TIMEOUT = Duration.ofSeconds(20);
    /**
     * A lookup of a refresh that takes longer counts as failed. This is longer than the default lookup deadline of any
     * store.
     */
    private static final Duration LOOKUP_TIMEOUT = Duration.ofSeconds(3);
    /** The delay after a failure that lasts until a person changes something. */
    static final Duration RETRY_DELAY = Duration.ofSeconds(10);

    private final WatchedStore store;
    private final DatasetName defaultDataset;
    private final Duration interval;
    private final LongSupplier nanoTime;
    private final Duration lookupTimeout;
    private final ExecutorService refreshers;
    /** By name. Only {@link #listAndRefresh} changes it. */
    private final Map<String, ServedDataset> served = new ConcurrentHashMap<>();
    /** The datasets that are not listed any more, each with the future of its {@link ServedDataset#close}. */
    private final Map<ServedDataset, CompletableFuture<Void>> withdrawn = new ConcurrentHashMap<>();

    private final Refreshes refreshes;
    private final Housekeeping housekeeping;

    private volatile Runnable listener = () -> {};
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("version-watch").factory());

    /**
     * Creates an instance that serves nothing until {@link #start}.
     *
     * @param opener opens the store; called again until it succeeds
     * @param defaultDataset the dataset of the lines under {@code /lines}
     * @param interval delay between the end of one check for new versions and the start of the next
     */
    public Datasets(StoreOpener opener, DatasetName defaultDataset, Duration interval) {
        this(
                opener,
                defaultDataset,
                interval,
                System::nanoTime,
                LOOKUP_TIMEOUT,
                Executors.newCachedThreadPool(
                        Thread.ofPlatform().daemon().name("dataset-refresh-", 0).factory()));
    }

    Datasets(
            StoreOpener opener,
            DatasetName defaultDataset,
            Duration interval,
            LongSupplier nanoTime,
            Duration lookupTimeout,
            ExecutorService refreshers) {
        store = new WatchedStore(opener, nanoTime);
        this.defaultDataset = defaultDataset;
        this.interval = interval;
        this.nanoTime = nanoTime;
        this.lookupTimeout = lookupTimeout;
        this.refreshers = refreshers;
        refreshes = new Refreshes(refreshers);
        housekeeping = new Housekeeping(nanoTime, refreshers);
    }

    /** Opens the store. May block. Throws {@link StoreFailedException} if another attempt would fail as well. */
    @FunctionalInterface
    public interface StoreOpener {
        LineStore open() throws StoreException;
    }

    /**
     * Opens the store and its versions, and starts the version watch. Blocks until the versions are open and the current
     * ones have been checked, or have failed to open, at most for {@link #START_TIMEOUT}.
     *
     * @throws StoreFailedException if the store cannot be opened and another attempt would fail as well; the version watch
     *     retries every other failure
     */
    public void start() throws StoreFailedException {
        try {
            listAndRefresh();
        } catch (StoreException e) {
            if (store.opened().isEmpty() && e instanceof StoreFailedException failed) {
                throw failed;
            }
            store.recordFailure(e);
        }
        allOf(refreshes.ends())
                .thenCompose(_ -> allOf(all().stream().map(ServedDataset::checkEnded)))
                .completeOnTimeout(null, START_TIMEOUT.toSeconds(), TimeUnit.SECONDS)
                .join();
        listener.run();
        long pause = interval.toNanos();
        Future<?> _ = watch.scheduleWithFixedDelay(this::checkAndLogFailures, pause, pause, TimeUnit.NANOSECONDS);
    }

    private static CompletableFuture<Void> allOf(Stream<CompletableFuture<Void>> futures) {
        return CompletableFuture.allOf(futures.toArray(CompletableFuture[]::new));
    }

    private void checkAndLogFailures() {
        try {
            check();
        } catch (Throwable failure) {
            // The executor would drop a task that throws, and the server would serve its old versions for ever. An
            // interrupt is that of close.
            if (!Thread.currentThread().isInterrupted()) {
                LOG.log(
                        System.Logger.Level.ERROR,
                        "checking for new versions failed unexpectedly; trying again",
                        failure);
            }
        }
    }

    /** One check of the version watch. */
    void check() {
        if (store.isDue()) {
            try {
                listAndRefresh();
            } catch (StoreException e) {
                store.recordFailure(e);
            }
        }
        // A store that cannot be listed starts no refresh above. Its open versions may be readable or not: check them.
        if (store.failure().isPresent()) {
            served.values().forEach(dataset -> refreshes.start(dataset, dataset::refreshOpenVersions));
        }
        keepWithdrawn();
        store.opened().ifPresent(housekeeping::check);
        listener.run();
    }

    /** Asks the store to keep the versions of withdrawn datasets that requests still read; forgets the other datasets. */
    private void keepWithdrawn() {
        withdrawn.forEach((dataset, closed) -> {
            if (closed.isDone()) {
                withdrawn.remove(dataset);
                refreshes.forget(dataset);
            } else {
                refreshes.start(dataset, dataset::refreshOpenVersions);
            }
        });
    }

    /**
     * Opens the store if that has not yet succeeded, lists its datasets, starts a refresh of each, and withdraws those that
     * are not listed.
     */
    private void listAndRefresh() throws StoreException {
        LineStore opened = store.open();
        Set<String> names = new HashSet<>();
        for (DatasetListing listing : opened.datasets()) {
            if (!isPublished(listing)) {
                continue;
            }
            String name = listing.name().value();
            names.add(name);
            ServedDataset dataset = served.computeIfAbsent(
                    name, _ -> new ServedDataset(opened, listing, nanoTime, lookupTimeout, refreshers));
            dataset.list(listing);
            refreshes.start(dataset, dataset::refresh);
        }
        for (ServedDataset dataset : all()) {
            if (!names.contains(dataset.name())) {
                served.remove(dataset.name());
                withdrawn.put(dataset, dataset.close());
                LOG.log(System.Logger.Level.INFO, "dataset " + dataset.name() + " was dropped");
            }
        }
        store.recordListing();
    }

    /** Returns false if all versions of a dataset are held: readers do not see it. */
    private static boolean isPublished(DatasetListing listing) {
        return switch (listing) {
            case DatasetListing.Described(DatasetVersions versions) ->
                versions.versions().stream().anyMatch(StoredVersion::isPublished);
            case DatasetListing.Unreadable _ -> true;
        };
    }

    /** Returns the dataset with the given name; null if the store does not list it. Never blocks. */
    public @Nullable ServedDataset find(String name) {
        return served.get(name);
    }

    /** The name of the dataset whose lines are under {@code /lines}. */
    public String defaultName() {
        return defaultDataset.value();
    }

    /** All datasets that the store lists, sorted by name. */
    public List<ServedDataset> all() {
        return served.values().stream()
                .sorted(Comparator.comparing(ServedDataset::name))
                .toList();
    }

    /**
     * The reason why the store cannot be listed at present; empty if it can. As long as it cannot, a dataset that
     * {@link #find} does not return may still exist.
     */
    public Optional<String> unavailability() {
        return store.failure();
    }

    /** The reason why lookups on the default dataset fail at present; empty if they succeed, and the server is ready. */
    public Optional<String> unreadiness() {
        ServedDataset dataset = find(defaultName());
        return dataset != null
                ? dataset.unavailability()
                : unavailability()
                        .or(() -> Optional.of("there is no dataset " + defaultDataset
                                + " with a published version; ingest a file into it"));
    }

    /**
     * Sets the only listener. It is called at once, at the end of {@link #start}, and after each check on the thread of the
     * version watch.
     */
    public void onCheck(Runnable listener) {
        this.listener = listener;
        listener.run();
    }

    /** The builds in progress or unfinished, by dataset; those of a few seconds ago. */
    public List<BuildStatus> builds() {
        return housekeeping.builds();
    }

    /** The figures of the store's commands; empty if it has none, or has not been opened. */
    public Optional<ReadStatistics> readStatistics() {
        return store.opened().flatMap(LineStore::readStatistics);
    }

    /** The time since the datasets of the store were last listed. */
    public Duration timeSinceLastListing() {
        return store.timeSinceLastListing();
    }

    /**
     * Stops the version watch and interrupts its check and all refreshes, waits for them and for requests in flight, and
     * closes the store. The waits have a timeout: a request that hangs must not keep the program from ending.
     */
    @Override
    public void close() {
        watch.shutdownNow();
        refreshers.shutdownNow();
        // Until its end, a check may open a dataset.
        boolean _ = Await.termination(watch, lookupTimeout);
        Stream<CompletableFuture<Void>> versions =
                Stream.concat(served.values().stream().map(ServedDataset::close), withdrawn.values().stream());
        Stream<CompletableFuture<Void>> tasks = Stream.concat(refreshes.ends(), housekeeping.ends());
        allOf(Stream.concat(versions, tasks))
                .completeOnTimeout(null, lookupTimeout.toNanos(), TimeUnit.NANOSECONDS)
                .join();
        // After the snapshots, which may use the store's connections.
        store.close();
    }
}
