package dev.lineserver.http;

import java.util.ArrayList;
import java.util.List;

import dev.lineserver.line.LineNumbers;

/**
 * The number of one line, as a client sent it.
 *
 * @param lineIndex index of the line; {@link Long#MAX_VALUE} for a number of more than 18 digits
 * @param text the digits
 */
record RequestedNumber(long lineIndex, String text) {
    /** Bounds the lines that one request may name. 10,000 numbers of 18 digits are 190 KB. */
    static final int MAX_NUMBERS = 10_000;

    static RequestedNumber parse(String text, LineNumbers numbers) throws RefusedException {
        try {
            return new RequestedNumber(numbers.index(text), text);
        } catch (IllegalArgumentException e) {
            throw new RefusedException(Problem.notALineNumber(text, String.valueOf(e.getMessage())));
        }
    }

    /** @throws RefusedException if there are too many, or if one of them is not a line number */
    static List<RequestedNumber> parseAll(List<String> texts, LineNumbers numbers) throws RefusedException {
        List<RequestedNumber> parsed = new ArrayList<>(Math.min(texts.size(), MAX_NUMBERS));
        for (String text : texts) {
            add(parsed, text, numbers);
        }
        return parsed;
    }

    /** Parses a number and appends it to a list. */
    static void add(List<RequestedNumber> parsed, String text, LineNumbers numbers) throws RefusedException {
        if (parsed.size() == MAX_NUMBERS) {
            throw new RefusedException(Problem.rangeTooLong(
                    "The request names more than " + MAX_NUMBERS + " lines; send several requests."));
        }
        parsed.add(parse(text, numbers));
    }
}
