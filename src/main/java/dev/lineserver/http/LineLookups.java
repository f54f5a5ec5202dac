package dev.lineserver.http;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.smallrye.config.SmallRyeConfig;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.serving.Datasets;
import dev.lineserver.serving.OpenVersion;
import dev.lineserver.serving.ServedDataset;

/** Begins lookups of lines, and waits at shutdown for those that Quarkus does not know of. */
@Singleton
public final class LineLookups {
    private static final Logger LOG = Logger.getLogger(LineLookups.class);
    private static final int ALL = Integer.MAX_VALUE;

    private final Datasets datasets;
    private final LineNumbers numbers;
    private final LookupMetrics metrics;
    /** Each lookup for the fast path holds one permit. */
    private final Semaphore inFlight = new Semaphore(ALL);

    private volatile boolean draining;

    LineLookups(Datasets datasets, ServeConfig serve, LookupMetrics metrics) {
        this.datasets = datasets;
        numbers = serve.lineNumbers();
        this.metrics = metrics;
    }

    /**
     * Begins a lookup for the fast path.
     *
     * @param path as it was sent; may have a query
     * @return null if the router must answer: unless the path is that of a line in normalised form, and its dataset has an
     *     open version
     */
    public @Nullable LineLookup begin(String path) {
        LineTarget target = LineTarget.parse(path);
        ServedDataset dataset = target == null ? null : target.find(datasets);
        // The permit comes first: either drain() waits for this lookup, or the router answers.
        if (target == null || dataset == null || draining || !inFlight.tryAcquire()) {
            return null;
        }
        LineLookup lookup = null;
        try {
            lookup = begin(dataset, numbers.index(target.number()), inFlight::release);
        } catch (IllegalArgumentException notALineNumber) {
            // The router says so.
        } finally {
            if (lookup == null) {
                inFlight.release();
            }
        }
        return lookup;
    }

    /** Begins a lookup for a request that came through the router; returns null if no version is open. */
    @Nullable
    LineLookup begin(ServedDataset dataset, long lineIndex) {
        return begin(dataset, lineIndex, () -> {});
    }

    private @Nullable LineLookup begin(ServedDataset dataset, long lineIndex, Runnable whenReleased) {
        OpenVersion version = dataset.acquire();
        return version == null ? null : new LineLookup(version, lineIndex, metrics, whenReleased);
    }

    /** Leaves new requests to Quarkus, which asks clients to disconnect, and waits for those in flight. */
    void drain(@Observes ShutdownDelayInitiatedEvent event, SmallRyeConfig config) throws InterruptedException {
        draining = true;
        Duration grace = config.getValue("quarkus.shutdown.timeout", Duration.class);
        if (!inFlight.tryAcquire(ALL, grace.toMillis(), TimeUnit.MILLISECONDS)) {
            LOG.warnf("requests were still in flight after %d seconds", grace.toSeconds());
        }
    }
}
