package dev.lineserver.http;

import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.FastThreadLocal;
import org.jspecify.annotations.Nullable;

import dev.lineserver.serving.OpenVersion;
import dev.lineserver.store.Lookup;

/** The lookup of one line for one request: holds a version until it is released, and counts and times the outcome. */
public final class LineLookup {
    private static final FastThreadLocal<LineLookup> HANDED_OVER = new FastThreadLocal<>();

    private final OpenVersion version;
    private final long lineIndex;
    private final LookupMetrics metrics;
    private final Runnable whenReleased;
    private final long start = System.nanoTime();
    private @Nullable Lookup outcome;
    private @Nullable Throwable failure;
    private boolean released;

    /** @param version acquired by the caller, and released by {@link #release} */
    LineLookup(OpenVersion version, long lineIndex, LookupMetrics metrics, Runnable whenReleased) {
        this.version = version;
        this.lineIndex = lineIndex;
        this.metrics = metrics;
        this.whenReleased = whenReleased;
    }

    /**
     * Looks the line up.
     *
     * @param loop event loop that runs {@code then} once the outcome or the failure is known; may be before this returns
     */
    public void run(EventExecutor loop, Runnable then) {
        try {
            version.lookup(lineIndex).whenComplete((lookup, thrown) -> complete(lookup, thrown, loop, then));
        } catch (OutOfMemoryError noCallback) {
            complete(null, noCallback, loop, then);
        }
    }

    private void complete(@Nullable Lookup lookup, @Nullable Throwable thrown, EventExecutor loop, Runnable then) {
        outcome = lookup;
        failure = thrown;
        metrics.record(lookup, System.nanoTime() - start);
        runOn(loop, then);
    }

    /** Runs a task on an event loop: at once if that is the calling thread. */
    static void runOn(EventExecutor loop, Runnable task) {
        if (loop.inEventLoop()) {
            task.run();
        } else {
            loop.execute(task);
        }
    }

    OpenVersion version() {
        return version;
    }

    long lineIndex() {
        return lineIndex;
    }

    public String etag() {
        return version.etag(lineIndex);
    }

    /** Null if the lookup failed. */
    @Nullable
    Lookup outcome() {
        return outcome;
    }

    /** Null unless the lookup failed. */
    @Nullable
    Throwable failure() {
        return failure;
    }

    /** The line's bytes if the lookup found it, and in one piece; else null. */
    public byte @Nullable [] line() {
        return outcome instanceof Lookup.Found(byte[] line) ? line : null;
    }

    /**
     * Dispatches the request to the router, which answers it by {@link #handedOver} with the outcome of this lookup
     * instead of looking the line up again.
     *
     * @param dispatch calls the router on this thread, before it returns
     * @return false if the router has not taken the lookup, which the caller must then release
     */
    public boolean handOver(Runnable dispatch) {
        HANDED_OVER.set(this);
        dispatch.run();
        boolean taken = HANDED_OVER.getIfExists() == null;
        HANDED_OVER.remove();
        return taken;
    }

    /** Takes the lookup that was made for the request being dispatched on this thread; null if there is none. */
    static @Nullable LineLookup handedOver() {
        LineLookup lookup = HANDED_OVER.getIfExists();
        HANDED_OVER.remove();
        return lookup;
    }

    /** Releases the version; further calls do nothing. On the request's event loop only. */
    public void release() {
        if (!released) {
            released = true;
            version.release();
            whenReleased.run();
        }
    }
}
