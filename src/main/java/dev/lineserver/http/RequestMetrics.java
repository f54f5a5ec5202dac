package dev.lineserver.http;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

import io.vertx.core.http.HttpMethod;

import dev.lineserver.store.Distribution;

import static java.util.Objects.requireNonNull;

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

        final String label = name().toLowerCase(Locale.ROOT);
    }

    /** The kinds of lookups by their outcome. */
    enum LookupOutcome {
        FOUND,
        PAST_THE_END,
        DAMAGED,
        UNAVAILABLE;

        final String label = name().toLowerCase(Locale.ROOT);
    }

    /** The status of a request whose client has disconnected before the answer. */
    static final int NO_STATUS = 0;

    private static final String OTHER = "other";
    /** The methods that are told apart: not those that clients make up. */
    static final List<HttpMethod> METHODS = List.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST);

    private static final int METHOD_COUNT = METHODS.size() + 1;

    /** Every status that the server answers, sorted. */
    private static final int[] STATUSES = {
        NO_STATUS, 200, 202, 204, 206, 304, 308, 400, 401, 403, 404, 405, 406, 408, 410, 412, 413, 414, 415, 416, 429,
        431, 500, 501, 503, 505
    };

    private static final int STATUS_COUNT = STATUSES.length + 1;

    /** The counts of each route, by the index of the method and then by that of the status. */
    private final Map<RequestRoute, LongAdder[]> answers = new EnumMap<>(RequestRoute.class);

    private final Map<RequestRoute, Distribution> latencies = new EnumMap<>(RequestRoute.class);
    private final Map<LookupOutcome, Distribution> lookups = new EnumMap<>(LookupOutcome.class);
    private final Map<Refusal, LongAdder> refusals = new EnumMap<>(Refusal.class);
    private final LongAdder inFlight = new LongAdder();

    RequestMetrics() {
        for (RequestRoute route : RequestRoute.values()) {
            answers.put(
                    route,
                    Stream.generate(LongAdder::new)
                            .limit((long) METHOD_COUNT * STATUS_COUNT)
                            .toArray(LongAdder[]::new));
            latencies.put(route, Distribution.ofDurations());
        }
        for (LookupOutcome outcome : LookupOutcome.values()) {
            lookups.put(outcome, Distribution.ofDurations());
        }
        for (Refusal refusal : Refusal.values()) {
            refusals.put(refusal, new LongAdder());
        }
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
        requireNonNull(answers.get(route))[indexOf(method) * STATUS_COUNT + indexOf(status)].increment();
        if (route.hasLines()) {
            latencies(route).record(nanos);
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

    void recordRefusal(Refusal refusal) {
        requireNonNull(refusals.get(refusal)).increment();
    }

    long inFlight() {
        return inFlight.sum();
    }

    long refusals(Refusal refusal) {
        return requireNonNull(refusals.get(refusal)).sum();
    }

    /** Returns the durations of lookups in nanoseconds. */
    Distribution lookups(LookupOutcome outcome) {
        return requireNonNull(lookups.get(outcome));
    }

    /** @param route one that has lines */
    Distribution latencies(RequestRoute route) {
        return requireNonNull(latencies.get(route));
    }

    /** Accepts the number of answers with the same labels. */
    interface AnswerVisitor {
        void visit(RequestRoute route, String method, String status, long count);
    }

    /** Visits all labels that have occurred. */
    void visitAnswers(AnswerVisitor visitor) {
        answers.forEach((route, counts) -> {
            for (int i = 0; i < counts.length; i++) {
                long count = counts[i].sum();
                if (count > 0) {
                    visitor.visit(route, methodLabel(i / STATUS_COUNT), statusLabel(i % STATUS_COUNT), count);
                }
            }
        });
    }

    private static String methodLabel(int index) {
        return index == METHODS.size() ? OTHER : METHODS.get(index).name();
    }

    private static String statusLabel(int index) {
        if (index == STATUSES.length) {
            return OTHER;
        }
        return STATUSES[index] == NO_STATUS ? "none" : Integer.toString(STATUSES[index]);
    }
}
