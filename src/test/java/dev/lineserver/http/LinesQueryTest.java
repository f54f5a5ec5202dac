package dev.lineserver.http;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.lineserver.line.LineNumbers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

final class LinesQueryTest {
    private static LinesQuery parse(String query) throws RefusedException {
        return LinesQuery.parse("/lines" + query, new LineNumbers(1));
    }

    /** Numbers of lines in a text of ten; none if the first one is beyond the end. */
    @ParameterizedTest
    @CsvSource({
        "'', 1, 10, false",
        "?, 1, 10, false",
        "?other=5, 1, 10, false",
        "?start=1&count=1, 1, 1, true",
        "?count=3&start=4, 4, 6, true",
        "?start=10&count=5, 10, 10, true",
        "?start=10, 10, 10, true",
        "?count=4, 1, 4, true",
        "?count=99999999999999999999, 1, 10, true",
        "?start=2&count=9223372036854775807, 2, 10, true",
        "?start=%31&count=0002, 1, 2, true",
        "?start=11, , , true",
        "?start=99999999999999999999&count=3, , , true"
    })
    void startAndCountSelectLines(String query, @Nullable Long from, @Nullable Long to, boolean hasSpan)
            throws Exception {
        assertEquals(
                from == null || to == null ? null : new LineSpan(from - 1, to),
                parse(query).span(10));
        assertEquals(hasSpan, parse(query).hasSpan());
    }

    @Test
    void countAloneSelectsNoLineOfAnEmptyText() throws Exception {
        assertEquals(new LineSpan(0, 0), parse("?count=5").span(0));
        assertEquals(null, parse("?start=1").span(0));
    }

    @ParameterizedTest
    @CsvSource({
        "?start=0, not-a-line-number",
        "?start=, not-a-line-number",
        "?start=-1, not-a-line-number",
        "?start=+1, not-a-line-number",
        "?start=1.5, not-a-line-number",
        "?start, not-a-line-number",
        "?count=0, invalid-query",
        "?count=, invalid-query",
        "?count=-1, invalid-query",
        "?count=1e3, invalid-query",
        "?start=1&start=2, invalid-query",
        "?count=1&count=1, invalid-query",
        "?start=%zz, invalid-query",
        "?n=1&start=1, invalid-query",
        "?n=1&count=1, invalid-query",
        "?n=0, not-a-line-number",
        "?n=5&n=x, not-a-line-number",
        "?n=, not-a-line-number"
    })
    void invalidValuesAreRefused(String query, String type) {
        RefusedException refused = assertThrows(RefusedException.class, () -> parse(query));
        assertEquals("/problems/" + type, refused.problem.type());
        assertEquals(400, refused.problem.status());
    }

    @Test
    void tenThousandNumbersAreTheMost() throws Exception {
        String numbers = "?n=7" + "&n=99999999999999999999".repeat(RequestedNumber.MAX_NUMBERS - 1);
        LinesQuery query = parse(numbers);
        assertEquals(RequestedNumber.MAX_NUMBERS, query.numbers().size());
        assertEquals(new RequestedNumber(6, "7"), query.numbers().getFirst());
        assertEquals(Long.MAX_VALUE, query.numbers().getLast().lineIndex());
        RefusedException refused = assertThrows(RefusedException.class, () -> parse(numbers + "&n=1"));
        assertEquals("/problems/range-too-long", refused.problem.type());
    }
}
