package dev.lineserver.store.aerospike.registry;

import java.util.concurrent.TimeUnit;

import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;

/** The pause between two questions to the cluster, which does not report changes by itself. */
final class Polling {
    private static final long PAUSE_MILLIS = 250;

    private Polling() {}

    /**
     * Waits a moment.
     *
     * @param activity begins the message of the exception
     * @throws StoreUnavailableException if the thread is interrupted
     */
    static void pause(String activity) throws StoreException {
        try {
            TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StoreUnavailableException(activity + " was interrupted", e);
        }
    }
}
