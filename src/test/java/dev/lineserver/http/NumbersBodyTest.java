package dev.lineserver.http;

import java.nio.charset.StandardCharsets;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.lineserver.line.LineNumbers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

final class NumbersBodyTest {
    private static List<RequestedNumber> parse(String body) throws RefusedException {
        return NumbersBody.parse(body.getBytes(StandardCharsets.UTF_8), new LineNumbers(1));
    }

    @Test
    void numbersAreParsedInTheirOrder() throws Exception {
        List<RequestedNumber> numbers = parse(" {\"numbers\" : [5, 17,5,123456789012345678901234567890]} \n");
        assertEquals(
                List.of(4L, 16L, 4L, Long.MAX_VALUE),
                numbers.stream().map(RequestedNumber::lineIndex).toList());
        assertEquals(List.of(), parse("{\"numbers\":[]}"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | invalid-body",
                "x | invalid-body",
                "[5] | invalid-body",
                "{} | invalid-body",
                "{\"numbers\":5} | invalid-body",
                "{\"numbers\":[5]}{} | invalid-body",
                "{\"numbers\":[5] | invalid-body",
                "{\"numbers\":[5 | invalid-body",
                "{\"numbers\":[5],\"more\":1} | invalid-body",
                "{\"more\":1,\"numbers\":[5]} | invalid-body",
                "{\"numbers\":[\"5\"]} | invalid-body",
                "{\"numbers\":[null]} | invalid-body",
                "{\"numbers\":[[5]]} | invalid-body",
                "{\"numbers\":[05]} | invalid-body",
                "{\"numbers\":[0]} | not-a-line-number",
                "{\"numbers\":[5,-1]} | not-a-line-number",
                "{\"numbers\":[1.0]} | not-a-line-number",
                "{\"numbers\":[1e3]} | not-a-line-number"
            })
    void anythingElseIsRefused(String body, String type) {
        RefusedException refused = assertThrows(RefusedException.class, () -> parse(body == null ? "" : body), body);
        assertEquals("/problems/" + (type == null ? "invalid-body" : type), refused.problem.type(), body);
        assertEquals(400, refused.problem.status());
    }

    @Test
    void tenThousandNumbersAreTheMost() throws Exception {
        String numbers = "5" + ",999999999999999999".repeat(RequestedNumber.MAX_NUMBERS - 1);
        assertEquals(
                RequestedNumber.MAX_NUMBERS,
                parse("{\"numbers\":[" + numbers + "]}").size());
        RefusedException refused =
                assertThrows(RefusedException.class, () -> parse("{\"numbers\":[" + numbers + ",1]}"));
        assertEquals("/problems/range-too-long", refused.problem.type());
    }
}
