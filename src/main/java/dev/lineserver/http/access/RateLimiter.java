package dev.lineserver.http.access;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Admits a number of requests of each client in a time, by a token bucket: a client may send {@code requests} at once, and has
 * that many again after {@code window}.
 *
 * <p>A bucket is one number: the time at which it will be full again (the generic cell rate algorithm; ITU-T I.371). So one
 * that is full carries nothing, and losing it changes nothing. The buckets used least recently are dropped beyond
 * {@link #MAX_CLIENTS}, so memory is bounded whatever addresses clients have: about 150 bytes for each, 10 MiB together. A
 * client gains by that only if thousands of others send requests between two of its own.
 *
 * <p>Safe for use by several threads. A call holds a lock of one of {@link #STRIPES} maps for less than a microsecond.
 */
public final class RateLimiter {
    static final int STRIPES = 16;
    static final int MAX_CLIENTS = 65_536;

    private final long requests;
    private final long nanosPerRequest;
    private final LongSupplier nanoTime;
    private final Stripe[] stripes = new Stripe[STRIPES];

    /** The times at which buckets are full again, by client, the one used least recently first. */
    private static final class Stripe extends LinkedHashMap<String, Long> {
        private static final long serialVersionUID = 1;

        Stripe() {
            super(16, 0.75f, true);
        }

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > MAX_CLIENTS / STRIPES;
        }
    }

    /**
     * What became of a request.
     *
     * @param admitted false if the bucket was empty
     * @param remaining number of requests that would be admitted now
     * @param waitSeconds time after which a request would be admitted, rounded up; 0 if one would be now
     * @param resetSeconds time after which the bucket is full again, rounded up
     */
    public record Admission(boolean admitted, long remaining, long waitSeconds, long resetSeconds) {}

    /** @param nanoTime as {@link System#nanoTime} */
    public RateLimiter(long requests, Duration window, LongSupplier nanoTime) {
        this.requests = requests;
        this.nanoTime = nanoTime;
        nanosPerRequest = window.toNanos() / requests;
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new Stripe();
        }
    }

    /** Admits or refuses a request of a client. A request that is refused costs nothing. */
    public Admission request(String client) {
        Stripe stripe = stripes[Math.floorMod((client.hashCode() * 0x9e3779b9) >>> 16, STRIPES)];
        long now = nanoTime.getAsLong();
        synchronized (stripe) {
            Long known = stripe.get(client);
            // Times are compared by their difference, because nanoTime may overflow.
            long debt = known == null ? 0 : Math.max(0, known - now);
            boolean admitted = debt + nanosPerRequest <= capacityNanos();
            if (admitted) {
                debt += nanosPerRequest;
                stripe.put(client, now + debt);
            }
            long remaining = (capacityNanos() - debt) / nanosPerRequest;
            long wait = remaining > 0 ? 0 : debt + nanosPerRequest - capacityNanos();
            return new Admission(admitted, remaining, ceilSeconds(wait), ceilSeconds(debt));
        }
    }

    private long capacityNanos() {
        return requests * nanosPerRequest;
    }

    private static long ceilSeconds(long nanos) {
        return Math.ceilDiv(nanos, Duration.ofSeconds(1).toNanos());
    }

    /** Returns the number of clients that are remembered. */
    int clients() {
        int clients = 0;
        for (Stripe stripe : stripes) {
            synchronized (stripe) {
                clients += stripe.size();
            }
        }
        return clients;
    }
}
