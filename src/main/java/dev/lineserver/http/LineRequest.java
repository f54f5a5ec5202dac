package dev.lineserver.http;

import java.time.Duration;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.FastThreadLocal;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

import dev.lineserver.serving.OpenVersion;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.StoreUnavailableException;

/** A request for one line: looks it up in a version that it holds until it is released, and counts and times the lookup. */
public final class LineRequest {
    private static final FastThreadLocal<LineRequest> HANDED_OVER = new FastThreadLocal<>();

    final OpenVersion version;
    final long lineIndex;
    /** Neighbours among the pending lookups of the event loop. */
    @Nullable
    LineRequest older;

    @Nullable
    LineRequest newer;

    private final RequestOutcomes outcomes;
    private final Duration lookupTimeout;
    private final long startNanos = System.nanoTime();
    private @Nullable PendingLookups pending;
    private @Nullable Runnable continuation;
    private @Nullable Lookup outcome;
    private @Nullable Throwable failure;
    private boolean released;

    /**
     * @param version acquired by the caller, and released by {@link #release}
     * @param lookupTimeout after which the lookup counts as failed
     */
    LineRequest(OpenVersion version, long lineIndex, RequestOutcomes outcomes, Duration lookupTimeout) {
        this.version = version;
        this.lineIndex = lineIndex;
        this.outcomes = outcomes;
        this.lookupTimeout = lookupTimeout;
    }

    /**
     * Looks the line up.
     *
     * @param loop event loop of the request, which the caller runs on
     * @param mayRunInline true to run {@code onCompletion} before this returns if the outcome is known by then
     * @param onCompletion runs on the event loop once the outcome or the failure is known
     */
    public void lookUp(EventExecutor loop, boolean mayRunInline, Runnable onCompletion) {
        continuation = onCompletion;
        pending = PendingLookups.of(loop);
        pending.add(this);
        try {
            version.lookup(lineIndex)
                    .whenComplete((lookup, thrown) -> finishOnLoop(lookup, thrown, loop, mayRunInline));
        } catch (RuntimeException | Error notStarted) {
            finishOnLoop(null, notStarted, loop, mayRunInline);
        }
    }

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
        if (next != null && pending != null) {
            continuation = null;
            pending.remove(this);
            outcome = lookup;
            failure = thrown;
            outcomes.recordLookup(lookup, age());
            next.run();
        }
    }

    private long age() {
        return System.nanoTime() - startNanos;
    }

    /** Returns true if the lookup has taken longer than it may. */
    boolean isOverdue() {
        return age() > lookupTimeout.toNanos();
    }

    /** Ends the lookup as failed, and ignores its outcome if that is known later. */
    void timeOut() {
        finish(
                null,
                new StoreUnavailableException(
                        "the store has not answered within " + lookupTimeout.toMillis() + " ms; try again"));
    }

    public String etag() {
        return version.etag(lineIndex);
    }

    /** After the lookup: what it found, or why it failed. */
    Future<Lookup> outcome() {
        return outcome == null ? Future.failedFuture(failure) : Future.succeededFuture(outcome);
    }

    /** The line's bytes if the lookup found it, and in one piece; else null. */
    public byte @Nullable [] line() {
        return outcome instanceof Lookup.Found(byte[] line) ? line : null;
    }

    /**
     * Dispatches the request to the router, which takes it by {@link #claimHandedOver} and does not look the line up again.
     *
     * @param dispatch calls the router on this thread, before it returns
     * @return false if the router has not taken it, so that the caller must release it
     */
    public boolean handOver(Runnable dispatch) {
        HANDED_OVER.set(this);
        dispatch.run();
        return claimHandedOver() == null;
    }

    /** Takes the request that is being dispatched on this thread, already looked up; null if it is not. */
    static @Nullable LineRequest claimHandedOver() {
        LineRequest request = HANDED_OVER.getIfExists();
        HANDED_OVER.remove();
        return request;
    }

    /** Releases the version; further calls do nothing. On the request's event loop only. */
    public void release() {
        if (!released) {
            released = true;
            version.release();
        }
    }
}
