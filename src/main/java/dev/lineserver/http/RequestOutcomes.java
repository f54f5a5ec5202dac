package dev.lineserver.http;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Lookup;

/**
 * Counts the outcomes of lookups and requests, and answers requests that failed unexpectedly. It logs at most one such
 * failure per second, so that neither a client nor a bug can fill the disk.
 *
 * <p>Safe for use by several threads.
 */
@Singleton
public final class RequestOutcomes {
    private static final Logger LOG = Logger.getLogger(RequestOutcomes.class);
    private static final long LOG_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

    final RequestMetrics requests = new RequestMetrics();
    private final Counter damagedLines;
    private final Counter failures;
    private final Counter fastPathFailures;
    private final Counter cutAnswers;
    private final LongSupplier nanoTime;
    private final AtomicLong nextLogNanos;
    private final AtomicLong suppressed = new AtomicLong();

    @Inject
    RequestOutcomes(MeterRegistry registry) {
        this(registry, System::nanoTime);
    }

    RequestOutcomes(MeterRegistry registry, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        nextLogNanos = new AtomicLong(nanoTime.getAsLong());
        damagedLines = counter(
                registry, "line_server_lines_damaged", "Requests for lines that are missing or damaged in the store");
        failures = counter(registry, "line_server_request_failures", "Requests that failed unexpectedly");
        fastPathFailures = counter(
                registry,
                "line_server_fast_path_failures",
                "Connections that the fast path closed after an unexpected failure");
        cutAnswers = counter(
                registry,
                "line_server_answers_cut",
                "Answers with several lines or a long one that the server could not complete");
    }

    private static Counter counter(MeterRegistry registry, String name, String description) {
        return Counter.builder(name).description(description).register(registry);
    }

    /**
     * Counts and times a lookup.
     *
     * @param lookup the outcome; null if the store failed or no version is open
     * @param nanos duration of the lookup in nanoseconds
     */
    void recordLookup(@Nullable Lookup lookup, long nanos) {
        RequestMetrics.LookupOutcome outcome = switch (lookup) {
            case null -> RequestMetrics.LookupOutcome.UNAVAILABLE;
            case Lookup.Found _, Lookup.FoundInParts _ -> RequestMetrics.LookupOutcome.FOUND;
            case Lookup.PastTheEnd _ -> RequestMetrics.LookupOutcome.PAST_THE_END;
            case Lookup.Damaged _ -> RequestMetrics.LookupOutcome.DAMAGED;
        };
        requests.lookups(outcome).record(nanos);
    }

    /** Counts a request of the fast path as in flight until {@link #endRequest}. */
    public void beginRequest() {
        requests.begin();
    }

    /** Ends a request of the fast path. If the router answers it, the router counts it, too. */
    public void endRequest() {
        requests.end();
    }

    /** Counts a request for a line that is missing or damaged as a whole or in part. */
    void recordDamage() {
        damagedLines.increment();
    }

    /** Answers a request without a lookup. An unavailable dataset or version still counts as a failed lookup. */
    void refuse(HttpServerRequest request, Problem refusal, Map<String, String> more) {
        if (refusal.status() == 503 || refusal.status() == 500) {
            recordLookup(null, 0);
        }
        if (refusal.status() == 503) {
            requests.recordRefusal(RequestMetrics.Refusal.NO_VERSION);
        }
        refusal.answer(request, more);
    }

    /**
     * Counts and logs an answer with several lines or a long one that could not be completed.
     *
     * @param failure an unexpected failure; null if the message names the reason
     */
    void recordCut(String message, @Nullable Throwable failure) {
        cutAnswers.increment();
        if (failure != null) {
            failures.increment();
        }
        log(message, failure);
    }

    /** Answers a request with a problem, and logs its failure. Closes the connection if the answer cannot be written. */
    void answerUnexpectedFailure(HttpServerRequest request, Problem problem, @Nullable Throwable failure) {
        answerUnexpectedFailure(request, problem, failure, Map.of());
    }

    /** As the method above, with more headers. */
    void answerUnexpectedFailure(
            HttpServerRequest request, Problem problem, @Nullable Throwable failure, Map<String, String> more) {
        failures.increment();
        String traceId = null;
        try {
            problem.answer(request, more);
            traceId = TraceParent.traceId(request);
        } catch (RuntimeException | Error answerFailure) {
            request.connection().close();
        }
        log("a request failed unexpectedly" + (traceId == null ? "" : ", in trace " + traceId), failure);
    }

    /** Counts and logs a request that failed unexpectedly and cannot be answered. */
    void recordUnexpectedFailure(@Nullable Throwable failure) {
        failures.increment();
        log("a request failed unexpectedly", failure);
    }

    /** Counts and logs a failure of the fast path. The caller closes the connection. */
    public void recordFastPathFailure(Throwable failure) {
        fastPathFailures.increment();
        log("the fast path failed unexpectedly, and closed the connection", failure);
    }

    /** Logs an error that a client can cause as often as it likes. */
    void logAtMostOncePerSecond(String message) {
        log(message, null);
    }

    private void log(String message, @Nullable Throwable failure) {
        long now = nanoTime.getAsLong();
        long next = nextLogNanos.get();
        // One thread per interval wins the right to log; all others only count.
        if (now - next >= 0 && nextLogNanos.compareAndSet(next, now + LOG_INTERVAL_NANOS)) {
            LOG.errorf(failure, "%s (%d more failures since the last one logged)", message, suppressed.getAndSet(0));
        } else {
            suppressed.incrementAndGet();
        }
    }
}
