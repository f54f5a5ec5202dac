package dev.lineserver.http;

import java.util.concurrent.Executor;

import io.netty.util.concurrent.FastThreadLocal;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

import dev.lineserver.serving.OpenVersion;
import dev.lineserver.store.Lookup;

/** A request for one line: looks it up in a version that it holds until it is released, and counts and times the lookup. */
public final class LineRequest {
    private static final FastThreadLocal<LineRequest> HANDED_OVER = new FastThreadLocal<>();

    final OpenVersion version;
    final long lineIndex;
    private final LookupMetrics metrics;
    private final long start = System.nanoTime();
    private @Nullable Lookup outcome;
    private @Nullable Throwable failure;
    private boolean released;

    /** @param version acquired by the caller, and released by {@link #release} */
    LineRequest(OpenVersion version, long lineIndex, LookupMetrics metrics) {
        this.version = version;
        this.lineIndex = lineIndex;
        this.metrics = metrics;
    }

    /**
     * Looks the line up.
     *
     * @param loop runs {@code then} on the request's event loop once the outcome or the failure is known
     */
    public void run(Executor loop, Runnable then) {
        try {
            version.lookup(lineIndex).whenComplete((lookup, thrown) -> complete(lookup, thrown, loop, then));
        } catch (OutOfMemoryError noCallback) {
            complete(null, noCallback, loop, then);
        }
    }

    private void complete(@Nullable Lookup lookup, @Nullable Throwable thrown, Executor loop, Runnable then) {
        outcome = lookup;
        failure = thrown;
        metrics.record(lookup, System.nanoTime() - start);
        loop.execute(then);
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
     * Dispatches the request to the router, which takes it by {@link #handedOver} and does not look the line up again.
     *
     * @param dispatch calls the router on this thread, before it returns
     * @return false if the router has not taken it, so that the caller must release it
     */
    public boolean handOver(Runnable dispatch) {
        HANDED_OVER.set(this);
        dispatch.run();
        return handedOver() == null;
    }

    /** Takes the request that is being dispatched on this thread, already looked up; null if it is not. */
    static @Nullable LineRequest handedOver() {
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
