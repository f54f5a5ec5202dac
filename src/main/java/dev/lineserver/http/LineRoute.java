package dev.lineserver.http;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.serving.Datasets;
import dev.lineserver.serving.ServedDataset;

/**
 * Answers single lines, on the event loop that the request came in on. Where a connection is kept, its later requests
 * go to {@link DirectLines}.
 *
 * <p>A plain route of Quarkus's own router rather than a REST resource: see
 * {@code src/docs/decisions/001-lines-on-a-plain-route.md} for what that saves.
 */
@Singleton
final class LineRoute {
    private static final String LINES = "/lines/";
    private static final String DJANGO_LINES = "/line_server/lines/";
    private static final String DATASETS = "/datasets/";
    /** Before the REST resources. */
    private static final int FIRST = -1;

    private final Datasets datasets;
    private final LineAnswers answers;
    private final DirectLines direct;
    private final LineNumbers numbers;

    LineRoute(Datasets datasets, LineAnswers answers, DirectLines direct, ServeConfig config) {
        this.datasets = datasets;
        this.answers = answers;
        this.direct = direct;
        numbers = config.lineNumbers();
    }

    void register(@Observes Router router) {
        router.route("/lines/*").order(FIRST).handler(routing -> answer(routing, LINES.length()));
        router.route("/line_server/lines/*").order(FIRST).handler(routing -> answer(routing, DJANGO_LINES.length()));
        router.route("/datasets/*").order(FIRST).handler(this::answerOfDataset);
        router.route()
                .order(Integer.MAX_VALUE)
                .handler(routing -> Problem.notFound(routing.request().path()).answer(routing.request()));
    }

    private void answer(RoutingContext routing, int prefix) {
        HttpServerRequest request = routing.request();
        String path = request.path();
        if (path.length() < prefix) {
            routing.next();
            return;
        }
        answer(request, datasets.findDefault(), datasets.defaultName(), number(path, prefix));
    }

    private void answerOfDataset(RoutingContext routing) {
        HttpServerRequest request = routing.request();
        String path = request.path();
        int end = path.indexOf(LINES, DATASETS.length());
        if (end < 0 || path.indexOf('/', DATASETS.length()) != end) {
            routing.next();
            return;
        }
        String name = path.substring(DATASETS.length(), end);
        answer(request, datasets.find(name), name, number(path, end + LINES.length()));
    }

    private void answer(HttpServerRequest request, @Nullable ServedDataset dataset, String name, String number) {
        if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
            Problem.methodNotAllowed(request.method().name()).answer(request);
            return;
        }
        long lineIndex;
        try {
            lineIndex = numbers.index(number);
        } catch (IllegalArgumentException e) {
            Problem.notALineNumber("'" + number + "' is not a line number: " + e.getMessage() + ".")
                    .answer(request);
            return;
        }
        if (dataset == null) {
            datasets.unavailability()
                    .map(Problem::unavailable)
                    .orElseGet(() -> Problem.noSuchDataset(name))
                    .answer(request);
            return;
        }
        DirectLines.Outcome known = direct.takeOver(request);
        if (known == null) {
            answers.answer(request, dataset, lineIndex);
        } else {
            answers.answer(
                    request, known.request().version(), known.request().lineIndex(), known.lookup(), known.failure());
        }
    }

    /** What follows the prefix, without a trailing slash. */
    private static String number(String path, int prefix) {
        int end = path.length();
        return path.substring(prefix, end > prefix && path.charAt(end - 1) == '/' ? end - 1 : end);
    }
}
