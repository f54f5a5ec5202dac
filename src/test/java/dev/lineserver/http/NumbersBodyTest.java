package dev.lineserver.http;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import dev.lineserver.line.LineNumbers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class NumbersBodyTest {
    private static List<RequestedNumber> parse(String body) throws RefusedException {
        return NumbersBody.parse(body.getBytes(StandardCharsets.UTF_8), new LineNumbers(1));
    }

    /** Vert.x numbers timers from 0 on, and Quarkus may own the first one. */
    @ParameterizedTest
    @CsvSource({"text/plain, 1000", "application/json, 0"})
    void aBodyThatIsNotReadCancelsNoTimerAndReportsItsEnd(String type, long timeoutMillis) throws Exception {
        Vertx vertx = Vertx.vertx();
        try {
            long first = vertx.setTimer(3_600_000, _ -> {});
            HttpServerRequest request = ScriptedLines.proxy(
                    HttpServerRequest.class,
                    (_, method, arguments) -> method.getName().equals("getHeader")
                                    && "content-type".contentEquals((CharSequence) arguments[0])
                            ? type
                            : null);
            RoutingContext routing = ScriptedLines.proxy(RoutingContext.class, (_, _, _) -> request);
            CompletableFuture<Void> ended = new CompletableFuture<>();
            // Vert.x refuses timers of 0 ms.
            Duration timeout = Duration.ofMillis(timeoutMillis);
            vertx.runOnContext(_ -> NumbersBody.read(
                    routing, new LineNumbers(1), timeout, _ -> {}, _ -> {}, () -> ended.complete(null)));
            ended.get(30, TimeUnit.SECONDS);
            assertTrue(vertx.cancelTimer(first));
        } finally {
            PlainServer.await(vertx.close());
        }
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
