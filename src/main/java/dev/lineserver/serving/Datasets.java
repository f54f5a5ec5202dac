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

import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/**
 * The datasets being served, kept up to date with the store.
 *
 * <p>One thread, the version watch, asks the store for its datasets again and again. For each dataset it starts a refresh
 * on another thread, unless the last one is still running: a version that takes long to open or to check
 * holds up neither other datasets nor the watch. Requests call {@link #find} on any thread and never wait for either.
 *
 * <p>A dataset that the store no longer lists is withdrawn: its open version is closed after its last request. A store that
 * cannot be asked withdraws nothing.
 */
public final class Datasets implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(Datasets.class.getName());
    /** Longest that {@link #start} waits for versions to be opened; the others are opened while the server answers. */
    private static final Duration START_TIMEOUT = Duration.ofSeconds(20);
    /** A lookup that takes longer counts as failed. Longer than any store's own deadline for a lookup by default. */
    private static final Duration LOOKUP_TIMEOUT = Duration.ofSeconds(3);
    /** Pause after a failure that recurs until somebody changes something: the change is noticed soon enough. */
    static final Duration RETRY_DELAY = Duration.ofSeconds(10);

    private final StoreOpener opener;
    private final DatasetName defaultDataset;
    private final Duration interval;
    private final LongSupplier nanoTime;
    private final Duration lookupTimeout;
    private final ExecutorService refreshers;
    private final Map<String, ServedDataset> served = new ConcurrentHashMap<>();
    /** The last refresh of each dataset. */
    private final Map<ServedDataset, CompletableFuture<Void>> refreshes = new ConcurrentHashMap<>();

    private volatile @Nullable LineStore store;
    private volatile @Nullable String storeFailure = "the store has not been asked yet";
    private volatile long lastListingNanos;
    /** When to ask the store again. */
    private long retryNanos;

    private volatile Runnable listener = () -> {};
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("version-watch").factory());

    /**
     * Serves nothing until {@link #start}.
     *
     * @param opener opens the store; called again until it succeeds
     * @param defaultDataset the dataset that {@code /lines} answers from
     * @param interval between two checks for new versions
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
        this.opener = opener;
        this.defaultDataset = defaultDataset;
        this.interval = interval;
        this.nanoTime = nanoTime;
        this.lookupTimeout = lookupTimeout;
        this.refreshers = refreshers;
        lastListingNanos = nanoTime.getAsLong();
        retryNanos = lastListingNanos;
    }

    /** Opens the store; fails with a {@link StoreFailedException} if another attempt would fail as well. May block. */
    @FunctionalInterface
    public interface StoreOpener {
        LineStore open() throws StoreException;
    }

    /**
     * Opens the store and its versions, and begins to watch for newer ones.
     *
     * @throws StoreFailedException if the store cannot be opened and another attempt would fail as well; a store that
     *     cannot be reached at present is retried in the background instead
     */
    public void start() throws StoreFailedException {
        try {
            listAndRefresh();
        } catch (StoreException e) {
            if (store == null && e instanceof StoreFailedException failed) {
                throw failed;
            }
            recordStoreFailure(e);
        }
        CompletableFuture.allOf(refreshes.values().toArray(CompletableFuture[]::new))
                .completeOnTimeout(null, START_TIMEOUT.toSeconds(), TimeUnit.SECONDS)
                .join();
        listener.run();
        long pause = interval.toNanos();
        Future<?> _ = watch.scheduleWithFixedDelay(this::checkAndLogFailures, pause, pause, TimeUnit.NANOSECONDS);
    }

    private void checkAndLogFailures() {
        try {
            check();
        } catch (Throwable failure) {
            // The top of this thread: a server whose watch ended would serve an old version for good.
            LOG.log(System.Logger.Level.ERROR, "checking for new versions failed unexpectedly; trying again", failure);
        }
    }

    /** One check of the watch. While the store cannot list its versions, their lines may be readable or not. */
    void check() {
        if (nanoTime.getAsLong() - retryNanos >= 0) {
            try {
                listAndRefresh();
            } catch (StoreException e) {
                recordStoreFailure(e);
            }
        }
        if (storeFailure != null) {
            served.values().forEach(dataset -> startRefresh(dataset, dataset::refreshOpenVersions));
        }
        listener.run();
    }

    private void listAndRefresh() throws StoreException {
        LineStore open = store;
        if (open == null) {
            open = opener.open();
            store = open;
        }
        LineStore opened = open;
        Set<String> names = new HashSet<>();
        for (DatasetListing listing : open.datasets()) {
            String name = listing.name().value();
            names.add(name);
            ServedDataset dataset =
                    served.computeIfAbsent(name, _ -> new ServedDataset(listing.name(), nanoTime, lookupTimeout));
            startRefresh(dataset, () -> dataset.refresh(opened, listing));
        }
        for (ServedDataset dataset : all()) {
            if (!names.contains(dataset.name())) {
                served.remove(dataset.name());
                refreshes.remove(dataset);
                CompletableFuture<Void> _ = dataset.close();
                LOG.log(System.Logger.Level.INFO, "dataset " + dataset.name() + " was dropped");
            }
        }
        lastListingNanos = nanoTime.getAsLong();
        storeFailure = null;
    }

    private void startRefresh(ServedDataset dataset, Runnable task) {
        CompletableFuture<Void> last = refreshes.get(dataset);
        if (last == null || last.isDone()) {
            CompletableFuture<Void> refresh = CompletableFuture.runAsync(task, refreshers);
            refreshes.put(dataset, refresh.exceptionally(failure -> {
                // The next check of the watch tries again.
                LOG.log(System.Logger.Level.ERROR, "refreshing dataset " + dataset.name() + " failed", failure);
                return null;
            }));
        }
    }

    /** Logs a failure to list the datasets, once as long as it stays the same, and may delay the next attempt. */
    private void recordStoreFailure(StoreException failure) {
        String message = failure.getMessage();
        if (!message.equals(storeFailure)) {
            LOG.log(System.Logger.Level.ERROR, message + "; trying again");
        }
        storeFailure = message;
        if (failure instanceof StoreFailedException) {
            retryNanos = nanoTime.getAsLong() + RETRY_DELAY.toNanos();
        }
    }

    /** The dataset of that name; null if the store does not list it. */
    public @Nullable ServedDataset find(String name) {
        return served.get(name);
    }

    /** Name of the dataset that {@code /lines} answers from. */
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
     * Why the store cannot be asked for its datasets at present; empty if it can. While it cannot, a dataset that
     * {@link #find} does not find may exist.
     */
    public Optional<String> unavailability() {
        return Optional.ofNullable(storeFailure);
    }

    /** Why lookups on the default dataset do not succeed at present; empty if they do, and the server is ready. */
    public Optional<String> unreadiness() {
        ServedDataset dataset = find(defaultName());
        return dataset != null
                ? dataset.unavailability()
                : unavailability()
                        .or(() -> Optional.of("there is no dataset " + defaultDataset + "; ingest a file into it"));
    }

    /** Calls {@code listener} now, at the end of {@link #start}, and on the version watch's thread after each check. */
    public void onCheck(Runnable listener) {
        this.listener = listener;
        listener.run();
    }

    /** Time since the store last listed its datasets. */
    public Duration timeSinceLastListing() {
        return Duration.ofNanos(nanoTime.getAsLong() - lastListingNanos);
    }

    /** Ends the watch and all refreshes, lets lookups in flight end if they do so soon, and closes versions and store. */
    @Override
    public void close() {
        watch.shutdownNow();
        refreshers.shutdownNow();
        Stream<CompletableFuture<Void>> versions = served.values().stream().map(ServedDataset::close);
        CompletableFuture.allOf(
                        Stream.concat(versions, refreshes.values().stream()).toArray(CompletableFuture[]::new))
                .completeOnTimeout(null, lookupTimeout.toNanos(), TimeUnit.NANOSECONDS)
                .join();
        LineStore opened = store;
        if (opened != null) {
            opened.close();
        }
    }
}
