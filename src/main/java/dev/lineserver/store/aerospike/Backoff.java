package dev.lineserver.store.aerospike;

import java.util.concurrent.ThreadLocalRandom;

/**
 * Chooses the pauses between attempts at one request. Their bound doubles with each failure; a pause is random between
 * half of the bound and the bound, so that competing processes do not retry at the same time. One thread uses an
 * instance.
 */
final class Backoff {
    static final int FIRST_MILLIS = 20;
    static final int MAX_MILLIS = 1_000;

    private int bound = FIRST_MILLIS;

    /** Returns the pause before the next attempt, in milliseconds. Called after each failure. */
    int nextMillis() {
        int half = bound / 2;
        bound = Math.min(MAX_MILLIS, 2 * bound);
        return half + ThreadLocalRandom.current().nextInt(half);
    }

    /** Begins again with short pauses. Called when an attempt has made progress. */
    void restart() {
        bound = FIRST_MILLIS;
    }
}
