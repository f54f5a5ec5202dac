package dev.lineserver.http;

import java.time.Duration;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.FastThreadLocal;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import org.jspecify.annotations.Nullable;

import dev.lineserver.serving.OpenVersion;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.StoreUnavailableException;

/**
 * A request for one line. It keeps its version open until it is released, and counts and times the lookup.
 *
 * <p>All methods run on the event loop of the request, in this order: {@link LineRoute} creates the request;
 * {@link #lookUp} is called once; after its callback, {@link #line} or {@link #outcome} give the result; {@link #release}
 * is called in the end, whatever the result. Only the store may call back on another thread.
 *
 * <p>If the fast path has looked up a line that only the router can answer, it hands the request over:
 *
 * <pre>
 * FastPathHandler.finishLookup
 *   request.handOver(...)                stores the request for this thread
 *     forwards the bytes to Vert.x
 *       LineRoute.handle
 *         LineRequest.claimHandedOver()  gets the request with its outcome, and must release it
 *   returns whether it was claimed; if not, the fast path must release it
 * </pre>
 */
public final class LineRequest {
    private static final FastThreadLocal<LineRequest> HANDED_OVER = new FastThreadLocal<>();

    final OpenVersion version;
    final long lineIndex;
    private final RequestRoute route;
    final RequestOutcomes outcomes;
    // Links of the list in PendingLookups, which alone reads and writes them.
    @Nullable
    LineRequest older;

    @Nullable
    LineRequest newer;

    private final Duration lookupTimeout;
    final long startNanos = System.nanoTime();
    private long lookupNanos;
    private @Nullable PendingLookups pending;
    private @Nullable Runnable continuation;
    private @Nullable Lookup outcome;
    private @Nullable Throwable failure;
    private boolean released;

    /**
     * @param version a version that the caller has acquired; {@link #release} releases it
     * @param target the path of the request
     * @param lookupTimeout a lookup that takes longer counts as failed
     */
    LineRequest(
            OpenVersion version, LineTarget target, long lineIndex, RequestOutcomes outcomes, Duration lookupTimeout) {
        this.version = version;
        route = RequestRoute.of(target);
        this.lineIndex = lineIndex;
        this.outcomes = outcomes;
        this.lookupTimeout = lookupTimeout;
    }

    /**
     * Looks the line up. Never throws: an exception of the store is a failed lookup.
     *
     * @param loop the event loop of the request, on which the caller runs
     * @param mayRunInline true if {@code onCompletion} may run before this method returns; false if it must run in a later
     *     task of the event loop
     * @param onCompletion runs once, on the event loop, when the line was found, the lookup failed or the timeout passed
     */
    public void lookUp(EventExecutor loop, boolean mayRunInline, Runnable onCompletion) {
        continuation = onCompletion;
        try {
            // Before the lookup begins, because it may end at once and then removes itself.
            pending = PendingLookups.of(loop);
            pending.add(this);
            version.lookup(lineIndex)
                    .whenComplete((lookup, thrown) -> finishOnLoop(lookup, thrown, loop, mayRunInline));
        } catch (RuntimeException | Error notStarted) {
            finishOnLoop(null, notStarted, loop, mayRunInline);
        }
    }

    /** Continues with {@link #finish} on the event loop. The store may call this on any thread. */
    private void finishOnLoop(
            @Nullable Lookup lookup, @Nullable Throwable thrown, EventExecutor loop, boolean mayRunInline) {
        if (mayRunInline && loop.inEventLoop()) {
            finish(lookup, thrown);
        } else {
            loop.execute(() -> finish(lookup, thrown));
        }
    }

    private void finish(@Nullable Lookup lookup, @Nullable Throwable thrown) {
        Runnable next = continuation;
        // Null if the lookup has already ended: a timeout and a late answer of the store may both come here.
        if (next != null) {
            continuation = null;
            if (pending != null) {
                pending.remove(this);
            }
            outcome = lookup;
            failure = thrown;
            lookupNanos = age();
            outcomes.recordLookup(lookup, lookupNanos);
            next.run();
        }
    }

    private long age() {
        return System.nanoTime() - startNanos;
    }

    /** Returns true if the lookup has taken longer than its timeout. */
    boolean isOverdue() {
        return age() > lookupTimeout.toNanos();
    }

    /** Ends the lookup as failed. An answer of the store that comes later is ignored. */
    void timeOut() {
        finish(null, StoreUnavailableException.late(lookupTimeout));
    }

    /** True if the request names the version, so that its answer never changes. */
    public boolean isPinned() {
        return route == RequestRoute.VERSION_LINE;
    }

    /** The strong entity tag of the requested line. */
    public String etag() {
        return version.etag(lineIndex);
    }

    /** The outcome of the lookup, or a failed future. */
    Future<Lookup> outcome() {
        return outcome == null ? Future.failedFuture(failure) : Future.succeededFuture(outcome);
    }

    /** The bytes of the line; null if the lookup failed, found no line, or found one that is read in parts. */
    public byte @Nullable [] line() {
        return outcome instanceof Lookup.Found(byte[] line) ? line : null;
    }

    /**
     * Counts the answer of the fast path, which has written the line. The time is that of the lookup: one reading of the clock
     * serves both.
     */
    public void recordAnswer() {
        outcomes.requests.recordAnswer(route, HttpMethod.GET, 200, lookupNanos);
    }

    /**
     * Makes this request available to the route that {@code dispatch} reaches, so that it does not look the line up again.
     *
     * @param dispatch calls the router on this thread, before it returns
     * @return true if the route has claimed the request; otherwise the caller must release it
     */
    public boolean handOver(Runnable dispatch) {
        HANDED_OVER.set(this);
        // Vert.x may refuse the bytes, or throw. The request must not stay here, where the next request on this thread
        // would find it.
        try {
            dispatch.run();
            return HANDED_OVER.getIfExists() == null;
        } finally {
            HANDED_OVER.remove();
        }
    }

    /** Returns the request that the fast path hands over on this thread, and leaves it there; null if there is none. */
    static @Nullable LineRequest peekHandedOver() {
        return HANDED_OVER.getIfExists();
    }

    /**
     * Claims the request that the fast path hands over on this thread. The caller must release it.
     *
     * @return null if the fast path did not look the line up
     */
    static @Nullable LineRequest claimHandedOver() {
        LineRequest request = HANDED_OVER.getIfExists();
        HANDED_OVER.remove();
        return request;
    }

    /** Releases the version. Further calls do nothing. */
    public void release() {
        if (!released) {
            released = true;
            version.release();
        }
    }
}
