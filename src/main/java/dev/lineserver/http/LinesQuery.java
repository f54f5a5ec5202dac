package dev.lineserver.http;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

import io.netty.handler.codec.http.QueryStringDecoder;
import org.jspecify.annotations.Nullable;

import dev.lineserver.line.LineNumbers;
import dev.lineserver.line.WholeNumber;

/**
 * The query of a request for several lines: {@code start} and {@code count} for consecutive lines, or {@code n}, any number
 * of times, for single ones. Other parameters are ignored.
 *
 * @param start index of the first line; empty for the first line of the version
 * @param count largest number of lines, at least 1; empty for all lines from the first one on
 * @param numbers the single lines; empty if the query names none
 */
record LinesQuery(OptionalLong start, OptionalLong count, List<RequestedNumber> numbers) {
    /** Longer than any request target that Vert.x accepts. */
    private static final int MAX_PARAMETERS = 1 << 20;

    /**
     * Parses the query of a request target.
     *
     * @throws RefusedException if it is malformed
     */
    static LinesQuery parse(String requestTarget, LineNumbers numbers) throws RefusedException {
        if (requestTarget.indexOf('?') < 0) {
            return new LinesQuery(OptionalLong.empty(), OptionalLong.empty(), List.of());
        }
        Map<String, List<String>> parameters;
        try {
            parameters = new QueryStringDecoder(
                            PathText.escaped(requestTarget), StandardCharsets.UTF_8, true, MAX_PARAMETERS)
                    .parameters();
        } catch (IllegalArgumentException e) {
            throw new RefusedException(Problem.invalidQuery("The query is malformed: " + e.getMessage() + "."));
        }
        List<String> single = parameters.getOrDefault("n", List.of());
        String start = one(parameters, "start");
        String count = one(parameters, "count");
        if (!single.isEmpty() && (start != null || count != null)) {
            throw new RefusedException(Problem.invalidQuery("Send either n, or start and count."));
        }
        return new LinesQuery(startIndex(start, numbers), count(count), RequestedNumber.parseAll(single, numbers));
    }

    private static @Nullable String one(Map<String, List<String>> parameters, String name) throws RefusedException {
        List<String> values = parameters.getOrDefault(name, List.of());
        if (values.size() > 1) {
            throw new RefusedException(
                    Problem.invalidQuery("The query has several parameters " + name + "; send one."));
        }
        return values.isEmpty() ? null : values.getFirst();
    }

    private static OptionalLong startIndex(@Nullable String start, LineNumbers numbers) throws RefusedException {
        return start == null
                ? OptionalLong.empty()
                : OptionalLong.of(RequestedNumber.parse(start, numbers).lineIndex());
    }

    private static OptionalLong count(@Nullable String text) throws RefusedException {
        if (text == null) {
            return OptionalLong.empty();
        }
        long count = WholeNumber.parse(text);
        if (count < 1) {
            throw new RefusedException(
                    Problem.invalidQuery("count is '" + text + "'; send a whole number from 1 on, without a sign."));
        }
        return OptionalLong.of(count);
    }

    /** True if the query selects consecutive lines. */
    boolean hasSpan() {
        return start.isPresent() || count.isPresent();
    }

    /** Returns the selected consecutive lines, all if the query selects none; null if {@code start} is beyond the end. */
    @Nullable
    LineSpan span(long lineCount) {
        return start.isPresent() && start.getAsLong() >= lineCount
                ? null
                : LineSpan.of(start.orElse(0), count.orElse(Long.MAX_VALUE), lineCount);
    }
}
