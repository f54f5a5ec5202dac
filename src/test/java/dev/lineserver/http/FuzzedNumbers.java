package dev.lineserver.http;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.LineNumbers;
import dev.lineserver.line.WholeNumber;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Any text in each place of a request that holds numbers, ranges or preferences. The parsers accept it with the values
 * that a naive parser finds, or refuse it as documented.
 */
public final class FuzzedNumbers {
    private static final long LINES = 1_000;
    /** Stands for all numbers of more than 18 significant digits. */
    private static final long BEYOND_ANY = Long.MAX_VALUE;

    private static final Pattern RANGE = Pattern.compile("(?i)lines=[ \t]*([0-9]*)-([0-9]*)[ \t]*");
    private static final List<String> TYPES = List.of("application/x-ndjson", "application/json");

    private FuzzedNumbers() {}

    /** The lowest bit of the first byte is the number of the first line; the text follows in UTF-8. */
    public static void fuzzerTestOneInput(byte[] bytes) {
        if (bytes.length == 0) {
            return;
        }
        LineNumbers numbers = new LineNumbers(bytes[0] & 1);
        String text = new String(bytes, 1, bytes.length - 1, StandardCharsets.UTF_8);
        checkNumber(text, numbers);
        checkRange(text, numbers);
        checkQuery(text, numbers);
        checkTarget(text);
        checkAccept(text);
    }

    /** Returns the number; null if the text is none. */
    private static @Nullable Long number(String text) {
        if (text.isEmpty() || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return null;
        }
        BigInteger number = new BigInteger(text);
        return number.toString().length() > 18 ? BEYOND_ANY : number.longValueExact();
    }

    /** Returns the line's index; null if the text is not a line number. */
    private static @Nullable Long index(String text, LineNumbers numbers) {
        Long number = number(text);
        if (number == null || number < numbers.first()) {
            return null;
        }
        return number == BEYOND_ANY ? number : Long.valueOf(number - numbers.first());
    }

    private static void checkNumber(String text, LineNumbers numbers) {
        Long number = number(text);
        assertEquals(number == null ? WholeNumber.INVALID : number, WholeNumber.parse(text), text);
        Long index = index(text, numbers);
        try {
            assertEquals(index, numbers.index(text), text);
        } catch (IllegalArgumentException refused) {
            assertNull(index, text);
        }
    }

    private static void checkRange(String text, LineNumbers numbers) {
        RangeHeader range = RangeHeader.parse(List.of(text), numbers);
        Matcher parts = RANGE.matcher(text.strip());
        Long from = parts.matches() ? number(parts.group(1)) : null;
        Long to = parts.matches() ? number(parts.group(2)) : null;
        if ((from == null && to == null) || (from != null && to != null && to < from)) {
            assertNull(range, text);
            return;
        }
        assertNotNull(range, text);
        LineSpan expected;
        if (from == null) {
            long count = Math.min(to == null ? 0 : to, LINES);
            expected = count == 0 ? null : new LineSpan(LINES - count, LINES);
        } else {
            long end = to == null || to - numbers.first() >= LINES ? LINES : to - numbers.first() + 1;
            long first = from - numbers.first();
            expected = first < 0 || first >= LINES ? null : new LineSpan(first, end);
        }
        assertEquals(expected, Objects.requireNonNull(range).span(LINES), text);
    }

    private static void checkQuery(String text, LineNumbers numbers) {
        LinesQuery query;
        try {
            query = LinesQuery.parse("/lines?" + text, numbers);
        } catch (RefusedException refused) {
            assertEquals(400, refused.problem.status(), text);
            return;
        }
        assertTrue(query.start().orElse(0) >= 0 && query.count().orElse(1) >= 1, text);
        assertFalse(query.hasSpan() && !query.numbers().isEmpty(), text);
        assertTrue(query.numbers().size() <= RequestedNumber.MAX_NUMBERS, text);
        for (RequestedNumber number : query.numbers()) {
            assertEquals(index(number.text(), numbers), number.lineIndex(), text);
        }
        LineSpan span = query.span(LINES);
        OptionalLong start = query.start();
        if (span == null) {
            assertTrue(start.orElse(0) >= LINES, text);
        } else {
            assertEquals(start.orElse(0), span.first(), text);
            assertTrue(span.count() == Math.min(query.count().orElse(LINES), LINES - span.first()), text);
        }
    }

    private static void checkTarget(String path) {
        LineTarget target = LineTarget.parse(path);
        if (target == null) {
            return;
        }
        String dataset = target.dataset();
        String version = target.version() == null ? "" : "/versions/" + target.version();
        String number = target.number() == null ? "" : "/" + target.number();
        String prefix = path.startsWith("/line_server") ? "/line_server" : "";
        String again = (dataset == null ? prefix : "/datasets/" + dataset) + version + "/lines" + number;
        assertTrue(path.equals(again) || path.equals(again + "/"), path);
        assertFalse(dataset != null && dataset.contains("/"), path);
    }

    private static void checkAccept(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        String type = AcceptHeader.preferred(List.of(text), TYPES);
        assertTrue(type == null || (TYPES.contains(type) && lower.contains(type)), text);
        assertTrue(!AcceptHeader.prefersGzip(List.of(text)) || lower.contains("gzip"), text);
    }
}
