package dev.lineserver.serving;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

import dev.lineserver.store.LineRange;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Snapshot;

/**
 * A snapshot that requests share, and that is closed after its last reader. The reference count begins at 1, for the
 * {@link VersionTable} that opened the snapshot. The current version has one more, of its {@link ServedDataset}, and each
 * request adds one. Once the count has reached 0 it never rises again.
 *
 * <p>Safe for use by several threads. A request gets the version from {@link ServedDataset#acquire}, calls {@link #lookup}
 * any number of times, and calls {@link #release} exactly once, after the last lookup and the last read of a part have
 * ended:
 *
 * <pre>{@code
 * OpenVersion version = dataset.acquire();
 * if (version != null) {
 *     version.lookup(41).whenComplete((lookup, failure) -> {
 *         // ...
 *         version.release();
 *     });
 * }
 * }</pre>
 */
public final class OpenVersion {
    final Snapshot snapshot;
    final VersionCheck check = new VersionCheck(this);
    /** Completed after the snapshot has been closed. */
    final CompletableFuture<Void> closed = new CompletableFuture<>();

    private final String etagPrefix;
    private final AtomicInteger references = new AtomicInteger(1);
    /** True if a request has named this version since the last {@link #clearRequested}. */
    private volatile boolean requested;

    OpenVersion(Snapshot snapshot) {
        this.snapshot = snapshot;
        etagPrefix = '"' + snapshot.manifest().content().digest().toString() + '-';
    }

    /** The manifest of this version. */
    public Manifest manifest() {
        return snapshot.manifest();
    }

    /** A strong entity tag. The same line of the same content has the same tag in every version, store and server. */
    public String etag(long lineIndex) {
        return etagPrefix + lineIndex + '"';
    }

    /** A strong entity tag of consecutive lines, equal for the same lines of the same content, as {@link #etag(long)}. */
    public String etag(long first, long end) {
        return etagPrefix + first + '-' + end + '"';
    }

    /** Looks a line up, as {@link Snapshot#lookup} does. The caller must hold a reference. */
    public CompletionStage<Lookup> lookup(long lineIndex) {
        return snapshot.lookup(lineIndex);
    }

    /** Looks many lines up, as {@link Snapshot#lookupAll} does. The caller must hold a reference. */
    public CompletionStage<List<Lookup>> lookupAll(long[] lineIndices) {
        return snapshot.lookupAll(lineIndices);
    }

    /** Returns consecutive lines, as {@link Snapshot#range} does. The caller must hold a reference until the last read. */
    public LineRange range(long first, long end) {
        return snapshot.range(first, end);
    }

    /** Adds a reference. Returns false, and adds none, if the snapshot is closed or is being closed. */
    boolean acquire() {
        return references.getAndUpdate(count -> count == 0 ? 0 : count + 1) > 0;
    }

    /** As {@link #acquire}, for a request that names the number of the version. */
    boolean acquireByNumber() {
        boolean acquired = acquire();
        // Read first: a write for each request would move the cache line from core to core.
        if (acquired && !requested) {
            requested = true;
        }
        return acquired;
    }

    /** Returns true if a request has named this version since the last call. Called by one thread at a time. */
    boolean clearRequested() {
        boolean before = requested;
        requested = false;
        return before;
    }

    /** Removes one reference. The thread that removes the last one closes the snapshot. */
    public void release() {
        if (references.decrementAndGet() == 0) {
            snapshot.close();
            closed.complete(null);
        }
    }
}
