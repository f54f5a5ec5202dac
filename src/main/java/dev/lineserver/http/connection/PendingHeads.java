package dev.lineserver.http.connection;

import java.util.concurrent.TimeUnit;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.FastThreadLocal;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one event loop whose client must complete a head, the one that began first at the front. A timer closes
 * those that take too long.
 *
 * <p>The connections themselves are the nodes of a linked list, and time is counted in ticks of the timer, which runs only
 * while the list is not empty: a request costs neither a timer, nor an allocation, nor a reading of the clock.
 *
 * <p>All methods run on the event loop.
 */
final class PendingHeads {
    /** A connection is closed after more than nine and at most ten tenths of the timeout. */
    private static final int TICKS = 10;

    private final EventExecutor loop;
    private final PerServer server;
    private @Nullable HeadDeadline oldest;
    private @Nullable HeadDeadline newest;
    private long tick;
    private boolean ticking;

    private PendingHeads(EventExecutor loop, PerServer server) {
        this.loop = loop;
        this.server = server;
    }

    /** The lists of all event loops of a server. */
    static final class PerServer {
        private final FastThreadLocal<PendingHeads> perEventLoop = new FastThreadLocal<>();
        private final long tickNanos;
        private final byte[] answer;
        private final Runnable onClose;

        /**
         * @param timeoutNanos time for a head, in nanoseconds
         * @param answer the answer to a client that has sent a part of a head
         * @param onClose called for each connection that is closed, on its event loop
         */
        PerServer(long timeoutNanos, byte[] answer, Runnable onClose) {
            tickNanos = timeoutNanos / TICKS;
            this.answer = answer;
            this.onClose = onClose;
        }

        /** Returns the list of the current event loop. */
        PendingHeads of(EventExecutor loop) {
            PendingHeads heads = perEventLoop.getIfExists();
            if (heads == null) {
                heads = new PendingHeads(loop, this);
                perEventLoop.set(heads);
            }
            return heads;
        }
    }

    /** Starts the deadline of a connection that is not in the list. */
    void add(HeadDeadline head) {
        head.listed = true;
        head.since = tick;
        head.older = newest;
        if (newest == null) {
            oldest = head;
        } else {
            newest.newer = head;
        }
        newest = head;
        if (!ticking) {
            ticking = true;
            schedule();
        }
    }

    /** Ends the deadline of a connection in the list. */
    void remove(HeadDeadline head) {
        if (head.older == null) {
            oldest = head.newer;
        } else {
            head.older.newer = head.newer;
        }
        if (head.newer == null) {
            newest = head.older;
        } else {
            head.newer.older = head.older;
        }
        head.older = null;
        head.newer = null;
        head.listed = false;
    }

    private void schedule() {
        Future<?> _ = loop.schedule(this::closeOverdue, server.tickNanos, TimeUnit.NANOSECONDS);
    }

    private void closeOverdue() {
        tick++;
        ticking = oldest != null;
        if (ticking) {
            // First: nothing that closing a connection throws may end the timer.
            schedule();
        }
        while (oldest != null && tick - oldest.since >= TICKS) {
            HeadDeadline overdue = oldest;
            remove(overdue);
            if (overdue.isReading()) {
                server.onClose.run();
                overdue.timeOut(server.answer);
            } else {
                add(overdue);
            }
        }
    }
}
