package dev.lineserver.http;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.vertx.ext.web.RoutingContext;

import dev.lineserver.line.LineNumbers;

/** Reads the body of a request for single lines: {@code {"numbers":[5,17]}}, with nothing else. */
final class NumbersBody {
    /** Enough for as many numbers as a request may have, with a space after each comma: 256 KiB. */
    static final int MAX_BYTES = 256 << 10;

    /** A number may be as long as the body: {@link RequestedNumber} reads its digits. */
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNumberLength(MAX_BYTES).build())
            .build();

    private static final String FORM = "send {\"numbers\":[…]} with line numbers";

    private NumbersBody() {}

    /**
     * Reads the body, on the event loop of the connection.
     *
     * @param timeout time for the whole body
     * @param onRefusal accepts the reason why the numbers cannot be read
     * @param onEnd called once, before the others: no more bytes are collected, or the client has gone
     */
    static void read(
            RoutingContext routing,
            LineNumbers numbers,
            Duration timeout,
            Consumer<List<RequestedNumber>> onNumbers,
            Consumer<Problem> onRefusal,
            Runnable onEnd) {
        Consumer<byte[]> onBody = body -> {
            List<RequestedNumber> parsed;
            try {
                parsed = parse(body, numbers);
            } catch (RefusedException e) {
                onRefusal.accept(e.problem);
                return;
            }
            onNumbers.accept(parsed);
        };
        new RequestBody(routing, MAX_BYTES, timeout, tooLong(), onBody, onRefusal, onEnd).read(FORM);
    }

    /** The reason to refuse a body that is too long; the connection must be closed. */
    static Problem tooLong() {
        return Problem.invalidBody("The body is longer than " + MAX_BYTES + " bytes; name fewer lines.");
    }

    /** @throws RefusedException if the body is malformed, or names too many lines */
    static List<RequestedNumber> parse(byte[] body, LineNumbers numbers) throws RefusedException {
        List<RequestedNumber> parsed = new ArrayList<>();
        try (JsonParser json = JSON.createParser(body)) {
            expect(json, json.nextToken() == JsonToken.START_OBJECT);
            expect(
                    json,
                    json.nextToken() == JsonToken.FIELD_NAME
                            && json.currentName().equals("numbers"));
            expect(json, json.nextToken() == JsonToken.START_ARRAY);
            for (JsonToken next = json.nextToken(); next != JsonToken.END_ARRAY; next = json.nextToken()) {
                expect(json, next != null && next.isNumeric());
                RequestedNumber.add(parsed, json.getText(), numbers);
            }
            expect(json, json.nextToken() == JsonToken.END_OBJECT);
            expect(json, json.nextToken() == null);
        } catch (IOException e) {
            throw refusal("The body is not JSON; " + FORM + ".");
        }
        return parsed;
    }

    private static void expect(JsonParser json, boolean condition) throws RefusedException {
        if (!condition) {
            long offset = json.currentTokenLocation().getByteOffset();
            throw refusal((offset < 0 ? "The body is empty; " : "The body has something else at byte " + offset + "; ")
                    + FORM + ".");
        }
    }

    private static RefusedException refusal(String detail) {
        return new RefusedException(Problem.invalidBody(detail));
    }
}
