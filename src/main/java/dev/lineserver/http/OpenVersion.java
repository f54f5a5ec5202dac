package dev.lineserver.http;

import java.util.concurrent.atomic.AtomicInteger;

import dev.lineserver.store.Snapshot;

/** A snapshot that is closed once the last request that uses it is done, and the server has moved on. */
final class OpenVersion {
    private final Snapshot snapshot;
    private final String etagPrefix;
    private final AtomicInteger users = new AtomicInteger(1);

    OpenVersion(Snapshot snapshot) {
        this.snapshot = snapshot;
        etagPrefix = '"' + snapshot.manifest().content().digest().toString() + '-';
    }

    Snapshot snapshot() {
        return snapshot;
    }

    /** Strong: the same content and index give the same bytes, in every version, store and server. */
    String etag(long lineIndex) {
        return etagPrefix + lineIndex + '"';
    }

    /** Keeps the snapshot open until released; false where it is closed already. */
    boolean acquire() {
        int now = users.get();
        while (now > 0) {
            if (users.compareAndSet(now, now + 1)) {
                return true;
            }
            now = users.get();
        }
        return false;
    }

    void release() {
        if (users.decrementAndGet() == 0) {
            snapshot.close();
        }
    }
}
