package dev.lineserver.store.aerospike;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;

/**
 * Paces the attempts at one request to the cluster. The client uses a node that has died for about five seconds more, and
 * a request to all nodes fails for as long. One thread uses an instance.
 */
final class Attempts {
    private static final System.Logger LOG = System.getLogger(Attempts.class.getName());

    /** A user is told of a longer wait. */
    private static final long SILENT_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Duration patience;
    private final int least;
    private final long start = System.nanoTime();
    private final Backoff backoff = new Backoff();
    private int failures;
    private boolean reported;

    /**
     * @param patience time in which attempts begin
     * @param least number of attempts that are made even if they take longer, at least 1
     */
    Attempts(Duration patience, int least) {
        this.patience = patience;
        this.least = least;
    }

    /** A request that has the same effect if it is executed twice. */
    interface Request<T> {
        T send() throws StoreException;
    }

    /** Sends a request until it succeeds, or fails and must not be repeated. */
    <T> T repeat(Request<T> request) throws StoreException {
        while (true) {
            try {
                return request.send();
            } catch (StoreUnavailableException e) {
                awaitNext(e);
            }
        }
    }

    /**
     * Waits before the next attempt.
     *
     * @param failure of the last attempt
     * @throws StoreException {@code failure}, if there must not be another attempt; or if the thread is interrupted
     */
    void awaitNext(StoreException failure) throws StoreException {
        failures++;
        long elapsed = System.nanoTime() - start;
        if (failures >= least && elapsed >= patience.toNanos()) {
            throw failure;
        }
        if (!reported && elapsed > SILENT_NANOS && patience.toNanos() > SILENT_NANOS) {
            reported = true;
            LOG.log(Level.WARNING, "{0}; trying again for up to {1} s", failure.getMessage(), patience.toSeconds());
        }
        try {
            TimeUnit.MILLISECONDS.sleep(backoff.nextMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreUnavailableException("interrupted after: " + failure.getMessage(), e);
        }
    }
}
