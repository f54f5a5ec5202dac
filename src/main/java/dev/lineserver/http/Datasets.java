package dev.lineserver.http;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

import io.netty.channel.EventLoopGroup;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.HttpConfig;
import dev.lineserver.config.ServeConfig;
import dev.lineserver.config.StoreConfig;
import dev.lineserver.config.Stores;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;

/**
 * The datasets being served, kept up to date with the store by one thread in the background. Requests under way finish
 * on the version they began with.
 */
@Singleton
final class Datasets {
    private static final Logger LOG = Logger.getLogger(Datasets.class);

    private final StoreConfig storeConfig;
    private final ServeConfig serveConfig;
    private final HttpConfig httpConfig;
    private final EventLoopGroup eventLoops;
    private final Map<String, ServedDataset> served = new ConcurrentHashMap<>();
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(Datasets::watcher);
    private @Nullable Future<?> watching;
    private @Nullable LineStore store;
    private Consumer<List<Manifest>> listener = _ -> {};
    private List<Manifest> told = List.of();
    private volatile @Nullable String trouble = "the store has not been asked yet";

    @SuppressWarnings("deprecation") // Deprecated as internal to come in Vert.x 5; 4 has no other way to its loops.
    Datasets(StoreConfig storeConfig, ServeConfig serveConfig, HttpConfig httpConfig, Vertx vertx) {
        eventLoops = vertx.nettyEventLoopGroup();
        this.storeConfig = storeConfig;
        this.serveConfig = serveConfig;
        this.httpConfig = httpConfig;
    }

    void start(@Observes StartupEvent event) {
        update();
        long every = httpConfig.versionCheckInterval().toMillis();
        watching = watch.scheduleWithFixedDelay(this::update, every, every, TimeUnit.MILLISECONDS);
    }

    void stop(@Observes ShutdownEvent event) {
        if (watching != null) {
            watching.cancel(false);
        }
        watch.close();
        served.values().forEach(ServedDataset::close);
        if (store != null) {
            store.close();
        }
    }

    /** The dataset of that name; null where the store has none. */
    @Nullable
    ServedDataset find(String name) {
        return served.get(name);
    }

    /** The dataset that {@code /lines} answers from; null where the store has none of that name. */
    @Nullable
    ServedDataset findDefault() {
        return served.get(defaultName());
    }

    String defaultName() {
        return serveConfig.dataset().value();
    }

    /** Tells a listener of the manifests being served, now and after every change, from one thread at a time. */
    synchronized void onChange(Consumer<List<Manifest>> listener) {
        this.listener = listener;
        listener.accept(told);
    }

    /** All manifests being served, by dataset. */
    List<Manifest> manifests() {
        return served.values().stream()
                .map(ServedDataset::manifest)
                .flatMap(Optional::stream)
                .sorted((a, b) -> a.dataset().compareTo(b.dataset()))
                .toList();
    }

    /** Why the store does not answer at present; empty where it does. */
    Optional<String> trouble() {
        return Optional.ofNullable(trouble);
    }

    private void update() {
        try {
            LineStore open = open();
            List<DatasetListing> listed = open.datasets();
            for (DatasetListing listing : listed) {
                if (listing instanceof DatasetListing.Described(Manifest newest)) {
                    String name = newest.dataset().value();
                    served.computeIfAbsent(name, ServedDataset::new).update(open, newest);
                }
            }
            withdraw(listed);
            trouble = null;
            tell(manifests());
        } catch (StoreException e) {
            report(e);
        } catch (RuntimeException e) {
            trouble = "the store failed unexpectedly: " + e;
            LOG.error("the versions could not be checked; will try again", e);
        }
    }

    private synchronized void tell(List<Manifest> manifests) {
        if (!manifests.equals(told)) {
            told = manifests;
            listener.accept(manifests);
        }
    }

    private LineStore open() throws StoreException {
        LineStore opened = store;
        if (opened == null) {
            opened = Stores.open(storeConfig, eventLoops);
            store = opened;
        }
        return opened;
    }

    private void withdraw(List<DatasetListing> listed) {
        List<String> names =
                listed.stream().map(listing -> listing.name().value()).toList();
        for (String gone : new ArrayList<>(served.keySet())) {
            if (!names.contains(gone)) {
                ServedDataset withdrawn = served.remove(gone);
                if (withdrawn != null) {
                    withdrawn.close();
                    LOG.infof("dataset %s is gone from the store", gone);
                }
            }
        }
    }

    private void report(StoreException failure) {
        if (!failure.getMessage().equals(trouble)) {
            String again = failure instanceof StoreUnavailableException ? "; will try again" : "";
            LOG.errorf("%s%s", failure.getMessage(), again);
        }
        trouble = failure.getMessage();
    }

    private static Thread watcher(Runnable work) {
        Thread thread = new Thread(work, "version-watch");
        thread.setDaemon(true);
        return thread;
    }
}
