package dev.lineserver.http;

import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;

import org.jspecify.annotations.Nullable;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.store.Manifest;

/** The limits on answers with several lines: on the length of each, and on the memory of those in progress. */
final class RangeLimits {
    private static final int LARGEST_DEFAULT = 1_000;
    /** The memory of a place, in bytes: what an answer with plain lines holds at most. */
    private static final int PLACE_BYTES = 1 << 20;
    /** An answer as JSON holds a block of lines, and JSON that is up to 25 times longer. */
    private static final int JSON_PLACES = 2;
    /**
     * A long line is held as bytes, in memory that doubles while the line is collected, and as JSON, which is up to six times
     * longer in memory that doubles as well.
     */
    private static final int JSON_BYTES_PER_BYTE = 10;

    private final OptionalLong maxLines;
    private final OptionalLong maxBytes;
    private final int maxPlaces;
    private final AtomicInteger taken = new AtomicInteger();

    RangeLimits(ServeConfig.Http config) {
        maxLines = config.maxRangeLines();
        maxBytes = config.maxRangeBytes();
        long heapMebibytes = Runtime.getRuntime().maxMemory() >> 20;
        maxPlaces = config.maxRanges().orElse((int) Math.min(LARGEST_DEFAULT, heapMebibytes));
    }

    /**
     * Compares consecutive lines with the limits on their length.
     *
     * @param byteCount their bytes; empty if not known, which makes them as long as the average line of the version
     * @return null if they are short enough
     */
    @Nullable
    Problem findExcess(LineSpan span, OptionalLong byteCount, Manifest manifest) {
        if (maxLines.isPresent() && span.count() > maxLines.getAsLong()) {
            return Problem.rangeTooLong("The request selects " + span.count() + " lines, but the server sends at most "
                    + maxLines.getAsLong() + " at once.");
        }
        if (maxBytes.isPresent()) {
            long bytes = byteCount.orElseGet(
                    () -> (long) ((double) manifest.byteCount() / manifest.lineCount() * span.count()));
            if (bytes > maxBytes.getAsLong()) {
                return Problem.rangeTooLong("The selected lines have " + (byteCount.isPresent() ? "" : "about ") + bytes
                        + " bytes, but the server sends at most " + maxBytes.getAsLong() + " at once.");
            }
        }
        return null;
    }

    /**
     * Takes the places of an answer, one for each MiB of memory that it may hold.
     *
     * @param ndjson true for an answer as JSON, which holds a whole line and its JSON
     * @return the places, for {@link #release}; 0 if there are not enough
     */
    int acquire(boolean ndjson, Manifest manifest) {
        // An answer that needs more than all of them is sent alone.
        return acquire(Math.min(places(ndjson, manifest.content().longestLine()), maxPlaces));
    }

    /** Takes the place of a body that names lines, and that is shorter than the memory of a place; as {@link #acquire}. */
    int acquireForBody() {
        return acquire(1);
    }

    private int acquire(int places) {
        if (taken.addAndGet(places) > maxPlaces) {
            release(places);
            return 0;
        }
        return places;
    }

    static int places(boolean ndjson, long longestLine) {
        long written = Math.min(longestLine, NdjsonWriter.MAX_LINE_BYTES);
        return ndjson ? JSON_PLACES + (int) (written * JSON_BYTES_PER_BYTE / PLACE_BYTES) : 1;
    }

    void release(int places) {
        taken.addAndGet(-places);
    }

    /** The reason to refuse a request after {@link #acquire} has returned false. */
    Problem busy() {
        return Problem.unavailable(
                "The server is already sending as many answers with several lines as it has memory for"
                        + " (line-server.http.max-ranges is " + maxPlaces + "); try again later.");
    }
}
