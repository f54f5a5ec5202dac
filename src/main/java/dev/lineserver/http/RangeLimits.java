package dev.lineserver.http;

import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;

import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.store.Manifest;

/** The limits on answers with several lines: on the length of each, and on the memory of those in progress. */
@Singleton
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

    /** The JSON of a line takes about the bytes of the line when it is compressed, in memory that doubles. */
    private static final int GZIP_BYTES_PER_BYTE = 2;

    private final OptionalLong maxLines;
    private final OptionalLong maxBytes;
    private final int maxPlaces;
    private final AtomicInteger taken = new AtomicInteger();

    RangeLimits(ServeConfig serve) {
        ServeConfig.Http config = serve.http();
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
     * @param gzip true for a compressed answer, which also holds the state of the compressor and compressed bytes
     * @return the places, for {@link #release}; 0 if there are not enough
     */
    int acquire(boolean ndjson, boolean gzip, Manifest manifest) {
        // An answer that needs more than all of them is sent alone.
        return acquire(Math.min(places(ndjson, gzip, manifest.content().longestLine()), maxPlaces));
    }

    /**
     * Takes the places of an answer with one line as JSON, of that length in bytes; as
     * {@link #acquire(boolean, boolean, Manifest)}.
     */
    int acquireForJson(long length) {
        return acquire(Math.min(places(true, false, length), maxPlaces));
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

    static int places(boolean ndjson, boolean gzip, long longestLine) {
        long written = ndjson ? Math.min(longestLine, NdjsonWriter.MAX_LINE_BYTES) : 0;
        int places = ndjson ? JSON_PLACES + (int) (written * JSON_BYTES_PER_BYTE / PLACE_BYTES) : 1;
        return gzip ? places + 1 + (int) (written * GZIP_BYTES_PER_BYTE / PLACE_BYTES) : places;
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
