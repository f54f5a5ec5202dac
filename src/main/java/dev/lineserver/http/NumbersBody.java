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
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;

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

    private final HttpServerRequest request;
    private final LineNumbers numbers;
    private final Consumer<List<RequestedNumber>> onNumbers;
    private final Consumer<Problem> onRefusal;
    private final Runnable onEnd;
    private final Buffer body = Buffer.buffer();
    private final Duration timeout;
    private final Vertx vertx = Vertx.currentContext().owner();
    private long timer;
    private boolean ended;

    /**
     * Call {@link #read} next, on the event loop of the connection, as this constructor.
     *
     * @param timeout time for the whole body
     * @param onRefusal accepts the reason why the numbers cannot be read
     * @param onEnd called once, before the others: when the body is not in memory any more, or the client has gone
     */
    NumbersBody(
            HttpServerRequest request,
            LineNumbers numbers,
            Duration timeout,
            Consumer<List<RequestedNumber>> onNumbers,
            Consumer<Problem> onRefusal,
            Runnable onEnd) {
        this.request = request;
        this.numbers = numbers;
        this.onNumbers = onNumbers;
        this.onRefusal = onRefusal;
        this.onEnd = onEnd;
        this.timeout = timeout;
    }

    /** The reason to refuse a body that is too long; the connection must be closed. */
    static Problem tooLong() {
        return Problem.invalidBody("The body is longer than " + MAX_BYTES + " bytes; name fewer lines.");
    }

    private Problem late() {
        return Problem.invalidBody(
                "The body was not complete within " + timeout.toMillis() + " ms; send all of it at once.");
    }

    /** Reads the body, and passes its numbers on. If the body is too long or late, answers the request. */
    void read() {
        String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
        if (type == null || !type.split(";", 2)[0].strip().equalsIgnoreCase("application/json")) {
            end();
            RequestGuard.discardBody(request, MAX_BYTES);
            String found = type == null ? "There is no Content-Type" : "The Content-Type is " + type;
            onRefusal.accept(Problem.unsupportedMediaType(found + "; " + FORM + " as application/json."));
            return;
        }
        if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            HttpServerResponse _ = request.response().writeContinue();
        }
        timer = vertx.setTimer(timeout.toMillis(), _ -> refuse(late()));
        request.handler(this::add);
        request.endHandler(_ -> complete());
        request.exceptionHandler(_ -> end());
        request.resume();
    }

    private void add(Buffer bytes) {
        if (!ended) {
            Buffer _ = body.appendBuffer(bytes);
            if (body.length() > MAX_BYTES) {
                refuse(tooLong());
            }
        }
    }

    private void complete() {
        if (ended) {
            return;
        }
        List<RequestedNumber> parsed;
        try {
            parsed = parse(body.getBytes(), numbers);
        } catch (RefusedException e) {
            end();
            onRefusal.accept(e.problem);
            return;
        }
        end();
        onNumbers.accept(parsed);
    }

    private void refuse(Problem problem) {
        if (!ended) {
            end();
            RequestGuard.refuse(request, problem);
        }
    }

    private void end() {
        if (!ended) {
            ended = true;
            boolean _ = vertx.cancelTimer(timer);
            onEnd.run();
        }
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
