package dev.lineserver.http;

import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

import io.vertx.core.http.HttpMethod;

import dev.lineserver.store.Distribution;

/**
 * Counts and times requests and lookups. The values of all labels are fixed, so clients cannot make the metrics grow.
 *
 * <p>Counting a request costs a few increments of {@link LongAdder}, which event loops do without waiting for each other;
 * {@link RequestCollector} adds them up at each scrape. Safe for use by several threads.
 */
final class RequestMetrics {
    /** The reasons for which the server answers 503. */
    enum Refusal {
        /** As many answers with several lines as the server has memory for are in progress. */
        BUSY,
        /** No version that the request could read is open. */
        NO_VERSION,
        /** The store has failed, refused the lookup or not answered in time. */
        STORE;

        final String label = name().toLowerCase(java.util.Locale.ROOT);
    }

    /** The kinds of lookups by their outcome. */
    enum Outcome {
        FOUND,
        PAST_THE_END,
        DAMAGED,
        UNAVAILABLE;

        final String label = name().toLowerCase(java.util.Locale.ROOT);
    }

    /** The status of a request whose client has disconnected before the answer. */
    static final int NO_STATUS = 0;

    private static final String OTHER = "other";
    private static final List<HttpMethod> METHODS = List.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST);
    private static final int METHOD_COUNT = METHODS.size() + 1;

    private static final int[] STATUSES = {
        NO_STATUS, 200, 204, 206, 304, 400, 401, 403, 404, 405, 406, 410, 413, 414, 415, 416, 429, 431, 500, 501, 503, 505
    };
    private static final int STATUS_COUNT = STATUSES.length + 1;

    private final LongAdder[] answers = adders(RequestRoute.values().length * METHOD_COUNT * STATUS_COUNT);
    private final Distribution[] latencies = Arrays.stream(RequestRoute.values())
            .filter(RequestRoute::hasLines)
            .map(_ -> Distribution.ofDurations())
            .toArray(Distribution[]::new);
    private final Distribution[] lookups = Arrays.stream(Outcome.values())
            .map(_ -> Distribution.ofDurations())
            .toArray(Distribution[]::new);
    private final LongAdder[] refusals = adders(Refusal.values().length);
    private final LongAdder inFlight = new LongAdder();

    private static LongAdder[] adders(int count) {
        return Stream.generate(LongAdder::new).limit(count).toArray(LongAdder[]::new);
    }

    /** Counts a request as in flight until {@link #end}. */
    void begin() {
        inFlight.increment();
    }

    void end() {
        inFlight.decrement();
    }

    /**
     * Counts an answer.
     *
     * @param nanos time from the request to the end of its answer, in nanoseconds
     */
    void recordAnswer(RequestRoute route, HttpMethod method, int status, long nanos) {
        answers[(route.ordinal() * METHOD_COUNT + indexOf(method)) * STATUS_COUNT + indexOf(status)].increment();
        if (route.hasLines()) {
            latencies[route.ordinal()].record(nanos);
        }
    }

    private static int indexOf(HttpMethod method) {
        int index = METHODS.indexOf(method);
        return index < 0 ? METHODS.size() : index;
    }

    private static int indexOf(int status) {
        int index = Arrays.binarySearch(STATUSES, status);
        return index < 0 ? STATUSES.length : index;
    }

    /** @param nanos duration of the lookup in nanoseconds */
    void recordLookup(Outcome outcome, long nanos) {
        lookups[outcome.ordinal()].record(nanos);
    }

    void recordRefusal(Refusal refusal) {
        refusals[refusal.ordinal()].increment();
    }

    long inFlight() {
        return inFlight.sum();
    }

    long refusals(Refusal refusal) {
        return refusals[refusal.ordinal()].sum();
    }

    Distribution lookups(Outcome outcome) {
        return lookups[outcome.ordinal()];
    }

    /** @param route one that has lines */
    Distribution latencies(RequestRoute route) {
        return latencies[route.ordinal()];
    }

    /** Accepts the number of answers with the same labels. */
    interface AnswerVisitor {
        void visit(RequestRoute route, String method, String status, long count);
    }

    /** Visits all labels that have occurred. */
    void visitAnswers(AnswerVisitor visitor) {
        for (int i = 0; i < answers.length; i++) {
            long count = answers[i].sum();
            if (count > 0) {
                int status = i % STATUS_COUNT;
                int method = i / STATUS_COUNT % METHOD_COUNT;
                visitor.visit(
                        RequestRoute.values()[i / STATUS_COUNT / METHOD_COUNT],
                        method == METHODS.size() ? OTHER : METHODS.get(method).name(),
                        status == STATUSES.length ? OTHER : STATUSES[status] == NO_STATUS ? "none" : "" + STATUSES[status],
                        count);
            }
        }
    }
}
