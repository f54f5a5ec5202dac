package dev.lineserver.http;

import java.util.concurrent.TimeUnit;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.FastThreadLocal;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * The lookups of one event loop that have not ended, oldest first. One that takes longer than the bound is given up: a
 * disk may hang, and a store that runs out of memory may lose an answer. The requests are linked with each other, so that a
 * lookup costs neither a timer nor memory. Used on the event loop only.
 */
final class PendingLookups {
    private static final FastThreadLocal<PendingLookups> PER_EVENT_LOOP = new FastThreadLocal<>();
    private static final long CHECK_INTERVAL_MILLIS = 500;

    private @Nullable LineRequest oldest;
    private @Nullable LineRequest newest;

    /** The pending lookups of {@code loop}, which is the calling thread. */
    static PendingLookups of(EventExecutor loop) {
        PendingLookups pending = PER_EVENT_LOOP.getIfExists();
        if (pending == null) {
            pending = new PendingLookups();
            PER_EVENT_LOOP.set(pending);
            Future<?> _ = loop.scheduleAtFixedRate(
                    pending::timeOutOverdue, CHECK_INTERVAL_MILLIS, CHECK_INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
        }
        return pending;
    }

    void add(LineRequest request) {
        request.older = newest;
        if (newest == null) {
            oldest = request;
        } else {
            newest.newer = request;
        }
        newest = request;
    }

    void remove(LineRequest request) {
        if (request.older == null) {
            oldest = request.newer;
        } else {
            request.older.newer = request.newer;
        }
        if (request.newer == null) {
            newest = request.older;
        } else {
            request.newer.older = request.older;
        }
    }

    private void timeOutOverdue() {
        while (oldest != null && oldest.isOverdue()) {
            oldest.timeOut();
        }
    }
}
