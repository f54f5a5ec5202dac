package dev.lineserver.serving;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;

import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Snapshot;

/**
 * A snapshot that is shared by requests and closed after its last reader. The reference count begins at 1, for the
 * {@link ServedDataset} that opened it, and never rises again once it has reached 0.
 *
 * <p>Safe for use by many threads. A request acquires the version, looks lines up, and releases it exactly once.
 */
public final class OpenVersion {
    final Snapshot snapshot;
    /** Completed when the snapshot is closed. */
    final CompletableFuture<Void> closed = new CompletableFuture<>();

    private final String etagPrefix;
    private final AtomicInteger references = new AtomicInteger(1);

    OpenVersion(Snapshot snapshot) {
        this.snapshot = snapshot;
        etagPrefix = '"' + snapshot.manifest().content().digest().toString() + '-';
    }

    /** Describes the version. */
    public Manifest manifest() {
        return snapshot.manifest();
    }

    /** A strong entity tag: the same content and line index have the same tag in every version, store and server. */
    public String etag(long lineIndex) {
        return etagPrefix + lineIndex + '"';
    }

    /** Looks a line up, as {@link Snapshot#lookup} does. */
    public CompletionStage<Lookup> lookup(long lineIndex) {
        return snapshot.lookup(lineIndex);
    }

    /** Adds a reference; false if the snapshot is closed already. */
    boolean acquire() {
        return references.getAndUpdate(count -> count == 0 ? 0 : count + 1) > 0;
    }

    /** Releases one reference; the last one closes the snapshot. */
    public void release() {
        if (references.decrementAndGet() == 0) {
            snapshot.close();
            closed.complete(null);
        }
    }
}
