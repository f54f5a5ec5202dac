package dev.lineserver.http;

import java.util.Optional;

import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;

/** One dataset being served: its newest version that could be opened, or why there is none. */
final class ServedDataset {
    private static final Logger LOG = Logger.getLogger(ServedDataset.class);

    private final String name;
    private volatile @Nullable OpenVersion current;
    private volatile @Nullable String trouble;

    ServedDataset(String name) {
        this.name = name;
    }

    String name() {
        return name;
    }

    Optional<Manifest> manifest() {
        return Optional.ofNullable(current).map(version -> version.snapshot().manifest());
    }

    /** Why the dataset cannot be read at present; empty where it can. */
    Optional<String> trouble() {
        return Optional.ofNullable(trouble);
    }

    /**
     * The open version, for one request.
     *
     * @return to be released once the request is done; null where no version could be opened, for {@link #trouble}
     */
    @Nullable
    OpenVersion acquire() {
        while (true) {
            OpenVersion version = current;
            if (version == null || version.acquire()) {
                return version;
            }
            Thread.onSpinWait();
        }
    }

    /** Opens the newest version where it is not open yet, and looks whether the open one can be read. */
    void update(LineStore store, Manifest newest) {
        try {
            OpenVersion before = current;
            if (before == null || !before.snapshot().manifest().equals(newest)) {
                current = new OpenVersion(store.open(newest));
                if (before != null) {
                    before.release();
                }
                LOG.infof(
                        "serving dataset %s version %d: %d lines, from %s",
                        name, newest.version(), newest.lineCount(), newest.sourceName());
            } else {
                before.snapshot().check();
            }
            trouble = null;
        } catch (StoreException e) {
            if (!e.getMessage().equals(trouble)) {
                LOG.errorf("dataset %s: %s", name, e.getMessage());
            }
            trouble = e.getMessage();
        }
    }

    void close() {
        OpenVersion last = current;
        current = null;
        if (last != null) {
            last.release();
        }
    }
}
