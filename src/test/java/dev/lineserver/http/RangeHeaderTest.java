package dev.lineserver.http;

import java.util.List;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.line.LineNumbers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

final class RangeHeaderTest {
    private static final LineNumbers FROM_ONE = new LineNumbers(1);

    private static @Nullable RangeHeader parse(String value) {
        return RangeHeader.parse(List.of(value), FROM_ONE);
    }

    /** Numbers of lines in a text of ten; none if the range is not satisfiable. */
    @ParameterizedTest
    @CsvSource({
        "lines=1-1, 1, 1",
        "lines=1-10, 1, 10",
        "lines=3-7, 3, 7",
        "lines=3-11, 3, 10",
        "lines=10-, 10, 10",
        "lines=1-, 1, 10",
        "lines=-1, 10, 10",
        "lines=-10, 1, 10",
        "lines=-11, 1, 10",
        "lines=0003-0000000000000000000004, 3, 4",
        "lines=2-9223372036854775807, 2, 10",
        "lines=2-99999999999999999999, 2, 10",
        "lines=-99999999999999999999, 1, 10",
        "LINES=3-4, 3, 4",
        "'lines= 3-4 ', 3, 4",
        "lines=-0, ,",
        "lines=11-, ,",
        "lines=11-12, ,",
        "lines=99999999999999999999-, ,",
        "lines=9999999999999999999-99999999999999999999, ,",
        "lines=0-, ,",
        "lines=0-5, ,"
    })
    void oneRangeSelectsLines(String value, @Nullable Long from, @Nullable Long to) {
        RangeHeader range = assertNotNull(parse(value), value);
        assertEquals(from == null || to == null ? null : new LineSpan(from - 1, to), range.span(10), value);
    }

    private static <T> T assertNotNull(@Nullable T value, String message) {
        org.junit.jupiter.api.Assertions.assertNotNull(value, message);
        return java.util.Objects.requireNonNull(value);
    }

    @Test
    void noLineOfAnEmptyTextExists() {
        for (String value : List.of("lines=1-", "lines=-1", "lines=1-5")) {
            assertNull(assertNotNull(parse(value), value).span(0), value);
        }
    }

    @Test
    void theFirstLineMayBeZero() {
        RangeHeader range = assertNotNull(RangeHeader.parse(List.of("lines=0-4"), new LineNumbers(0)), "from zero");
        assertEquals(new LineSpan(0, 5), range.span(10));
        range = assertNotNull(
                RangeHeader.parse(List.of("lines=0-99999999999999999999"), new LineNumbers(0)), "from zero");
        assertEquals(new LineSpan(0, 10), range.span(10));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "lines",
                "lines=",
                "lines=-",
                "lines=5",
                "lines=5-3",
                "lines=a-b",
                "lines=1-x",
                "lines=+1-2",
                "lines=1--2",
                "lines=1.0-2",
                "lines=1 - 2",
                "lines =1-2",
                "lines=1-2,4-5",
                "lines=1-2,",
                "bytes=0-5",
                "line=1-2",
                "lines=\u0661-\u0662"
            })
    void anythingElseIsIgnored(String value) {
        assertNull(parse(value));
    }

    @Test
    void severalHeadersAreIgnored() {
        assertNull(RangeHeader.parse(List.of("lines=1-2", "lines=4-5"), FROM_ONE));
        assertNull(RangeHeader.parse(List.of(), FROM_ONE));
    }
}
