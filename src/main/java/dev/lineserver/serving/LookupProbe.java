package dev.lineserver.serving;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Lookup;
import dev.lineserver.store.StoreException;

/** Finds out whether lookups on a version succeed. Used by the refreshes of one dataset, one call at a time. */
final class LookupProbe {
    /**
     * Damaged probes in a row after which the whole version counts as unreadable. One damaged line says nothing about the
     * others.
     */
    private static final int MAX_CONSECUTIVE_DAMAGED = 3;

    private final LongSupplier nanoTime;
    private final Duration timeout;
    private int consecutiveDamaged;

    /** @param timeout a lookup that takes longer counts as failed */
    LookupProbe(LongSupplier nanoTime, Duration timeout) {
        this.nanoTime = nanoTime;
        this.timeout = timeout;
    }

    /**
     * Looks up one line, a different one each time.
     *
     * @param version which the caller has acquired
     * @return the reason why lines cannot be read; null if they can
     */
    @Nullable
    String failure(OpenVersion version) throws InterruptedException {
        long lineCount = version.manifest().lineCount();
        // An empty dataset has no line: past the end is then the expected outcome, and a success.
        long lineIndex = lineCount == 0 ? 0 : Math.floorMod(nanoTime.getAsLong(), lineCount);
        try {
            Lookup lookup =
                    version.lookup(lineIndex).toCompletableFuture().get(timeout.toNanos(), TimeUnit.NANOSECONDS);
            consecutiveDamaged = lookup instanceof Lookup.Damaged ? consecutiveDamaged + 1 : 0;
            return consecutiveDamaged < MAX_CONSECUTIVE_DAMAGED
                    ? null
                    : "lines are missing or damaged; ingest the file again";
        } catch (TimeoutException e) {
            return "a lookup has not been answered for more than " + timeout.toSeconds() + " s";
        } catch (ExecutionException | RuntimeException | Error e) {
            return String.valueOf(StoreException.causeOf(e).getMessage());
        }
    }
}
