package dev.lineserver.http;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.LineNumbers;
import dev.lineserver.line.WholeNumber;

/**
 * The header {@code Range} with the unit {@code lines}, whose positions are line numbers: {@code lines=A-B},
 * {@code lines=A-} and {@code lines=-N}, the last N lines. RFC 9110, section 14, defines the grammar, and lets a server
 * ignore what it does not support: another unit, several ranges, or a malformed value.
 *
 * @param first index of the first line; -1 for a number below that of the first line; {@link #SUFFIX} for the last lines
 * @param count number of lines from there on, or of the last lines
 */
record RangeHeader(long first, long count) {
    private static final long SUFFIX = -2;
    private static final long NO_LINE = -1;
    /** One range of the list that HTTP allows. Unit names are case-insensitive. */
    private static final Pattern ONE_RANGE =
            Pattern.compile("lines=[ \t]*(\\d*)-(\\d*)[ \t]*", Pattern.CASE_INSENSITIVE);

    /** Parses the values of all {@code Range} headers of a request; returns null if they must be ignored. */
    static @Nullable RangeHeader parse(List<String> values, LineNumbers numbers) {
        Matcher range = ONE_RANGE.matcher(values.size() == 1 ? values.getFirst().strip() : "");
        if (!range.matches()) {
            return null;
        }
        String from = range.group(1);
        String to = range.group(2);
        if (from.isEmpty()) {
            return to.isEmpty() ? null : new RangeHeader(SUFFIX, WholeNumber.parse(to));
        }
        long fromNumber = WholeNumber.parse(from);
        long toNumber = to.isEmpty() ? Long.MAX_VALUE : WholeNumber.parse(to);
        if (toNumber < fromNumber) {
            return null;
        }
        long first = fromNumber < numbers.first() ? NO_LINE : numbers.index(from);
        // Two numbers of over 18 digits are equal here; the first is beyond the end in any case.
        return new RangeHeader(
                first, toNumber - fromNumber == Long.MAX_VALUE ? Long.MAX_VALUE : toNumber - fromNumber + 1);
    }

    /** Returns the lines that exist; null if there are none, or if the first number is below that of the first line. */
    @Nullable
    LineSpan span(long lineCount) {
        if (first == SUFFIX) {
            long last = Math.min(count, lineCount);
            return last == 0 ? null : new LineSpan(lineCount - last, lineCount);
        }
        return first == NO_LINE || first >= lineCount ? null : LineSpan.of(first, count, lineCount);
    }
}
