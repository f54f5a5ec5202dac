package dev.lineserver.http;

import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicInteger;

import org.jspecify.annotations.Nullable;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.store.Manifest;

/** The limits on answers with several lines: on the length of each, and on the number in progress. */
final class RangeLimits {
    private static final int LARGEST_DEFAULT = 1_000;

    private final OptionalLong maxLines;
    private final OptionalLong maxBytes;
    private final int maxAnswers;
    private final AtomicInteger answers = new AtomicInteger();

    RangeLimits(ServeConfig.Http config) {
        maxLines = config.maxRangeLines();
        maxBytes = config.maxRangeBytes();
        long heapMebibytes = Runtime.getRuntime().maxMemory() >> 20;
        maxAnswers = config.maxRanges().orElse((int) Math.min(LARGEST_DEFAULT, heapMebibytes));
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

    /** Takes a place for an answer; false if all are taken. */
    boolean acquire() {
        if (answers.incrementAndGet() > maxAnswers) {
            release();
            return false;
        }
        return true;
    }

    void release() {
        answers.decrementAndGet();
    }

    /** The reason to refuse a request after {@link #acquire} has returned false. */
    Problem busy() {
        return Problem.unavailable(
                "The server is already sending " + maxAnswers + " answers with several lines; try again later.");
    }
}
