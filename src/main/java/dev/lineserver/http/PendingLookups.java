package dev.lineserver.http;

import java.util.concurrent.TimeUnit;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.FastThreadLocal;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * The pending lookups of one event loop, oldest first. A timer of that event loop ends those that exceed their timeout: a
 * disk may hang, and a store that runs out of memory may lose an answer.
 *
 * <p>One timer serves all lookups, and the requests themselves are the nodes of a linked list. So a lookup costs neither a
 * timer of its own nor an allocation, and is removed in constant time. The timeout is the same for all requests of a
 * server, so the oldest lookup is the first to exceed it.
 *
 * <p>All methods run on the event loop.
 */
final class PendingLookups {
    private static final FastThreadLocal<PendingLookups> PER_EVENT_LOOP = new FastThreadLocal<>();
    private static final long CHECK_INTERVAL_MILLIS = 500;

    private @Nullable LineRequest oldest;
    private @Nullable LineRequest newest;

    /**
     * Returns the pending lookups of the current event loop, and starts their timer with the first call.
     *
     * @param loop the event loop that runs this call
     */
    static PendingLookups of(EventExecutor loop) {
        PendingLookups pending = PER_EVENT_LOOP.getIfExists();
        if (pending == null) {
            pending = new PendingLookups();
            // First: without it, no lookup of this event loop would ever time out.
            Future<?> _ = loop.scheduleAtFixedRate(
                    pending::timeOutOverdue, CHECK_INTERVAL_MILLIS, CHECK_INTERVAL_MILLIS, TimeUnit.MILLISECONDS);
            PER_EVENT_LOOP.set(pending);
        }
        return pending;
    }

    /** Appends a lookup that is about to begin. */
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
        // A request that is still being answered would keep all later ones in memory.
        request.older = null;
        request.newer = null;
    }

    private void timeOutOverdue() {
        while (oldest != null && oldest.isOverdue()) {
            LineRequest overdue = oldest;
            try {
                // Removes the request, and runs its continuation, which may add requests at the other end.
                overdue.timeOut();
            } catch (RuntimeException | Error failure) {
                // A timer does not run again after its task has thrown. The next run continues with the rest.
                overdue.outcomes.recordUnexpectedFailure(failure);
                return;
            }
        }
    }
}
