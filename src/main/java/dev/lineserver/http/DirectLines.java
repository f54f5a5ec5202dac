package dev.lineserver.http;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.StreamSupport;

import io.quarkus.runtime.ShutdownDelayInitiatedEvent;
import io.quarkus.vertx.http.runtime.VertxHttpRecorder;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerConnection;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.Config;
import org.jboss.logging.Logger;

import dev.lineserver.line.LineNumbers;

/**
 * Answers plain requests for lines before Quarkus's router comes to them, and passes all others on to it. A connection
 * is taken over by its first request for a line, which comes by {@link LineRoute}.
 *
 * <p>See {@code src/docs/decisions/007-kept-connections-skip-the-router.md} for what that saves.
 */
@Singleton
final class DirectLines implements Handler<HttpServerRequest> {
    private static final Logger LOG = Logger.getLogger(DirectLines.class);
    private static final String LINES = "/lines/";
    private static final String DATASETS = "/datasets/";
    private static final long NOT_PLAIN = -1;
    private static final int DIGITS_OF_ANY_INDEX = 18;
    private static final int ALL = Integer.MAX_VALUE;

    /** What Quarkus would do to every answer if it were told to. */
    private static final Set<String> FILTERS = Set.of(
            "quarkus.http.access-log.enabled",
            "quarkus.http.cors.enabled",
            "quarkus.http.proxy.proxy-address-forwarding",
            "quarkus.http.record-request-start-time");

    private final Datasets datasets;
    private final LineAnswers answers;
    private final int first;
    private final boolean allowed;
    private final Duration grace;
    private final Handler<HttpServerRequest> others = VertxHttpRecorder.getRootHandler();
    /** One of these is held by each request whose answer comes later. */
    private final Semaphore underWay = new Semaphore(ALL);

    private final Handler<Void> answered = _ -> underWay.release();
    private volatile boolean draining;

    DirectLines(Datasets datasets, LineAnswers answers, ServeConfig serve, Config config) {
        grace = config.getValue("quarkus.shutdown.timeout", Duration.class);
        this.datasets = datasets;
        this.answers = answers;
        first = new LineNumbers(serve.firstLineNumber()).first();
        allowed = !hasFilters(config);
    }

    /** Whether Quarkus is told to do something with every request: then all have to come to its router. */
    private static boolean hasFilters(Config config) {
        return FILTERS.stream()
                        .anyMatch(filter ->
                                config.getOptionalValue(filter, Boolean.class).orElse(false))
                || StreamSupport.stream(config.getPropertyNames().spliterator(), false)
                        .anyMatch(name ->
                                name.startsWith("quarkus.http.header.") || name.startsWith("quarkus.http.filter."));
    }

    /** Has the later requests of a connection come here. */
    void takeOver(HttpServerRequest request) {
        if (allowed && !draining && request.connection() instanceof HttpServerConnection connection) {
            connection.handler(this);
        }
    }

    @Override
    public void handle(HttpServerRequest request) {
        if (draining || !answer(request)) {
            others.handle(request);
        }
    }

    /** @return false where the request is not for a line that can be asked for, in its plainest form */
    private boolean answer(HttpServerRequest request) {
        String path = request.path();
        int slash = path == null ? -1 : path.lastIndexOf('/');
        long number = slash < 0 ? NOT_PLAIN : number(path, slash + 1);
        if (number < first || !request.method().equals(HttpMethod.GET)) {
            return false;
        }
        ServedDataset dataset = null;
        if (slash == LINES.length() - 1 && path.startsWith(LINES)) {
            dataset = datasets.findDefault();
        } else if (path.startsWith(DATASETS)) {
            int end = slash + 1 - LINES.length();
            if (end > DATASETS.length() && path.startsWith(LINES, end)) {
                dataset = datasets.find(path.substring(DATASETS.length(), end));
            }
        }
        if (dataset == null) {
            return false;
        }
        answers.answer(request, dataset, number - first);
        if (!request.response().ended() && underWay.tryAcquire()) {
            request.response().endHandler(answered);
        }
        return true;
    }

    private static long number(String path, int from) {
        int digits = path.length() - from;
        if (digits == 0 || digits > DIGITS_OF_ANY_INDEX) {
            return NOT_PLAIN;
        }
        long number = 0;
        for (int i = from; i < path.length(); i++) {
            char c = path.charAt(i);
            if (c < '0' || c > '9') {
                return NOT_PLAIN;
            }
            number = number * 10 + (c - '0');
        }
        return number;
    }

    /** Leaves all requests to Quarkus, which says goodbye to its clients, and waits for those that began here. */
    void drain(@Observes ShutdownDelayInitiatedEvent event) throws InterruptedException {
        draining = true;
        if (!underWay.tryAcquire(ALL, grace.toMillis(), TimeUnit.MILLISECONDS)) {
            LOG.warnf("requests were still under way after %d seconds", grace.toSeconds());
        }
    }
}
