package dev.lineserver.serving;

import java.time.Duration;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

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
    private static final Duration START_PATIENCE = Duration.ofSeconds(20);
    /** Longest delay between checks of a store that cannot be reached: it is noticed soon after it comes back. */
    private static final Duration LONGEST_RETRY_DELAY = Duration.ofSeconds(2);
    /** Longest delay between checks that fail for a reason which somebody must change. */
    private static final Duration LONGEST_FAILED_DELAY = Duration.ofSeconds(30);

    private static final Duration CLOSE_PATIENCE = Duration.ofMillis(500);

    private final StoreOpener opener;
    private final DatasetName defaultDataset;
    private final Duration interval;
    private final LongSupplier nanoTime;
    private final ExecutorService refreshers;
    private final Map<String, ServedDataset> served = new ConcurrentHashMap<>();
    private final Map<ServedDataset, Future<?>> refreshes = new ConcurrentHashMap<>();
    private volatile @Nullable LineStore store;
    private volatile @Nullable String storeFailure = "the store has not been asked yet";
    private volatile long lastSuccessNanos;
    private volatile Runnable listener = () -> {};
    private Duration delay;
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
                Executors.newCachedThreadPool(
                        Thread.ofPlatform().daemon().name("dataset-refresh-", 0).factory()));
    }

    Datasets(
            StoreOpener opener,
            DatasetName defaultDataset,
            Duration interval,
            LongSupplier nanoTime,
            ExecutorService refreshers) {
        this.opener = opener;
        this.defaultDataset = defaultDataset;
        this.interval = interval;
        this.nanoTime = nanoTime;
        this.refreshers = refreshers;
        delay = interval;
        lastSuccessNanos = nanoTime.getAsLong();
    }

    /**
     * Opens the store and its versions, and begins to watch for newer ones.
     *
     * @throws StoreFailedException if the store cannot be opened and another attempt would fail as well; a store that
     *     cannot be reached at present is retried in the background instead
     */
    public void start() throws StoreFailedException {
        try {
            update();
        } catch (StoreFailedException e) {
            if (store == null) {
                throw e;
            }
            report(e);
        } catch (StoreException e) {
            report(e);
        }
        awaitRefreshes(START_PATIENCE);
        scheduleCheckAfter(interval);
    }

    private void scheduleCheckAfter(Duration pause) {
        try {
            Future<?> _ = watch.schedule(this::checkAgainAndAgain, pause.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException closed) {
            // No check follows.
        }
    }

    private void checkAgainAndAgain() {
        Duration pause = interval;
        try {
            pause = check();
        } catch (Throwable failure) {
            // The top of this thread: a server whose watch ended would serve an old version for good.
            LOG.log(System.Logger.Level.ERROR, "checking for new versions failed unexpectedly; trying again", failure);
        } finally {
            scheduleCheckAfter(pause);
        }
    }

    /** The dataset of that name; null if the store does not list it. */
    public @Nullable ServedDataset find(String name) {
        return served.get(name);
    }

    /** The dataset that {@code /lines} answers from; null if the store does not list it. */
    public @Nullable ServedDataset findDefault() {
        return served.get(defaultDataset.value());
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

    /** Whether lookups on the default dataset succeed at present. */
    public Readiness readiness() {
        ServedDataset dataset = findDefault();
        if (dataset == null) {
            return new Readiness.Down(
                    unavailability().orElse("there is no dataset " + defaultDataset + "; ingest a file into it"));
        }
        Optional<String> reason = dataset.unavailability();
        return reason.<Readiness>map(Readiness.Down::new)
                .or(() -> dataset.manifest().map(Readiness.Up::new))
                .orElseGet(() -> new Readiness.Down("dataset " + defaultDataset + " is being opened"));
    }

    /** Calls {@code listener} now, and on the thread of the version watch after each of its checks. */
    public void onCheck(Runnable listener) {
        this.listener = listener;
        listener.run();
    }

    /** Time since the store last listed its datasets. */
    public Duration sinceLastCheck() {
        return Duration.ofNanos(nanoTime.getAsLong() - lastSuccessNanos);
    }

    /** Opens the store that versions are served from. */
    @FunctionalInterface
    public interface StoreOpener {
        /**
         * Opens the store. May block.
         *
         * @throws StoreException if it cannot; a {@link StoreFailedException} if another attempt would fail as well
         */
        LineStore open() throws StoreException;
    }

    /** One check of the watch: returns the delay before the next, which grows while checks fail. */
    Duration check() {
        try {
            update();
            delay = interval;
        } catch (StoreException e) {
            report(e);
            Duration longest = e instanceof StoreFailedException ? LONGEST_FAILED_DELAY : LONGEST_RETRY_DELAY;
            Duration doubled = delay.multipliedBy(2);
            delay = doubled.compareTo(longest) < 0 ? doubled : longest;
            // The store cannot list its versions; whether their lines can be read is another matter.
            served.values().forEach(dataset -> refresh(dataset, dataset::refreshOpenVersions));
        }
        listener.run();
        return delay;
    }

    private void update() throws StoreException {
        LineStore open = store;
        if (open == null) {
            open = opener.open();
            store = open;
        }
        List<DatasetListing> listed = open.datasets();
        Set<String> names = new HashSet<>();
        for (DatasetListing listing : listed) {
            names.add(listing.name().value());
            ServedDataset dataset =
                    served.computeIfAbsent(listing.name().value(), _ -> new ServedDataset(listing.name(), nanoTime));
            LineStore opened = open;
            refresh(dataset, () -> dataset.refresh(opened, listing));
        }
        withdrawAllBut(names);
        lastSuccessNanos = nanoTime.getAsLong();
        storeFailure = null;
    }

    private void refresh(ServedDataset dataset, Runnable work) {
        Future<?> last = refreshes.get(dataset);
        if (last == null || last.isDone()) {
            refreshes.put(dataset, refreshers.submit(() -> runLoggingFailures(dataset, work)));
        }
    }

    private static void runLoggingFailures(ServedDataset dataset, Runnable work) {
        try {
            work.run();
        } catch (Throwable failure) {
            // The top of this thread. The next check of the watch tries again.
            LOG.log(
                    System.Logger.Level.ERROR,
                    "refreshing dataset " + dataset.name() + " failed unexpectedly",
                    failure);
        }
    }

    private void withdrawAllBut(Set<String> names) {
        for (ServedDataset dataset : List.copyOf(served.values())) {
            if (!names.contains(dataset.name())) {
                served.remove(dataset.name());
                refreshes.remove(dataset);
                dataset.close();
                LOG.log(System.Logger.Level.INFO, "dataset " + dataset.name() + " was dropped");
            }
        }
    }

    /** Logs a failure, once as long as it stays the same. */
    private void report(StoreException failure) {
        String message = failure.getMessage();
        if (!message.equals(storeFailure)) {
            LOG.log(System.Logger.Level.ERROR, message + "; trying again");
        }
        storeFailure = message;
    }

    private void awaitRefreshes(Duration patience) {
        long end = System.nanoTime() + patience.toNanos();
        for (Future<?> refresh : refreshes.values()) {
            try {
                refresh.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (java.util.concurrent.TimeoutException goesOnInTheBackground) {
                return;
            } catch (java.util.concurrent.ExecutionException | java.util.concurrent.CancellationException ended) {
                // Logged by the refresh itself.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** Ends the watch and all refreshes within about a second and closes versions and store. No request may be in flight. */
    @Override
    public void close() {
        watch.shutdownNow();
        refreshers.shutdownNow();
        try {
            if (!refreshers.awaitTermination(CLOSE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
                    || !watch.awaitTermination(CLOSE_PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.log(System.Logger.Level.WARNING, "the store is still being read; ending without waiting for it");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        served.values().forEach(ServedDataset::close);
        LineStore opened = store;
        if (opened != null) {
            opened.close();
        }
    }
}
