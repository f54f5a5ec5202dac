package dev.lineserver.http;

/**
 * Consecutive lines of a version.
 *
 * @param first index of the first line
 * @param end index after the last line, at least {@code first}
 */
record LineSpan(long first, long end) {
    /** Cuts a span at the end of the lines; {@code first} must be at most {@code lineCount}. */
    static LineSpan of(long first, long count, long lineCount) {
        return new LineSpan(first, first + Math.min(count, lineCount - first));
    }

    long count() {
        return end - first;
    }
}
