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
import org.jspecify.annotations.Nullable;

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
    private static final int ALL = Integer.MAX_VALUE;

    /** What Quarkus would do to every answer if it were told to. */
    private static final Set<String> FILTERS = Set.of(
            "quarkus.http.access-log.enabled",
            "quarkus.http.cors.enabled",
            "quarkus.http.proxy.proxy-address-forwarding",
            "quarkus.http.record-request-start-time");

    private final Datasets datasets;
    private final LineAnswers answers;
    private final LineNumbers numbers;
    private final boolean allowed;
    private final Duration grace;
    private final Handler<HttpServerRequest> others = VertxHttpRecorder.getRootHandler();
    /** One of these is held by each request under way. */
    private final Semaphore underWay = new Semaphore(ALL);

    private final Handler<Void> answered = _ -> underWay.release();
    private volatile boolean draining;

    DirectLines(Datasets datasets, LineAnswers answers, ServeConfig serve, Config config) {
        grace = config.getValue("quarkus.shutdown.timeout", Duration.class);
        this.datasets = datasets;
        this.answers = answers;
        numbers = new LineNumbers(serve.firstLineNumber());
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
        ServedDataset dataset = path == null || !request.method().equals(HttpMethod.GET) ? null : dataset(path);
        if (dataset == null) {
            return false;
        }
        long lineIndex;
        try {
            lineIndex = numbers.index(path.substring(path.lastIndexOf('/') + 1));
        } catch (IllegalArgumentException noLineNumber) {
            return false;
        }
        // Held from before the lookup on: whoever drains either waits for it, or has it go to Quarkus.
        if (!underWay.tryAcquire()) {
            return false;
        }
        answers.answer(request, dataset, lineIndex);
        if (request.response().ended()) {
            underWay.release();
        } else {
            request.response().endHandler(answered);
        }
        return true;
    }

    /** The dataset whose lines are below all of a path but its last part; null where there is none. */
    private @Nullable ServedDataset dataset(String path) {
        int lines = path.lastIndexOf('/') + 1 - LINES.length();
        if (lines < 0 || !path.startsWith(LINES, lines)) {
            return null;
        }
        if (lines == 0) {
            return datasets.findDefault();
        }
        return lines > DATASETS.length() && path.startsWith(DATASETS)
                ? datasets.find(path.substring(DATASETS.length(), lines))
                : null;
    }

    /** Leaves all requests to Quarkus, which says goodbye to its clients, and waits for those that began here. */
    void drain(@Observes ShutdownDelayInitiatedEvent event) throws InterruptedException {
        draining = true;
        if (!underWay.tryAcquire(ALL, grace.toMillis(), TimeUnit.MILLISECONDS)) {
            LOG.warnf("requests were still under way after %d seconds", grace.toSeconds());
        }
    }
}
