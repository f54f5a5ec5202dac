package dev.lineserver.http;

import java.util.List;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.serving.Datasets;
import dev.lineserver.serving.ServedDataset;

/**
 * Answers single lines, on the event loop that the request came in on.
 *
 * <p>A plain route of Quarkus's own router rather than a REST resource: see
 * {@code src/docs/decisions/001-lines-on-a-plain-route.md} for what that saves. The router and this route read the same
 * path, normalised by RFC 3986: dot segments and doubled slashes are removed, and escaped letters and digits decoded.
 */
@Singleton
public final class LineRoute {
    /** Name of the routes that answer lines. */
    public static final String NAME = "line-server lines";

    /** Name of the route in front of them. */
    public static final String GUARD = "line-server guard";

    /** Before the REST resources, and before Quarkus's limit on bodies, which answers 413. */
    private static final int FIRST = -3;

    private final Datasets datasets;
    private final LineAnswers answers;
    private final LineNumbers numbers;

    LineRoute(Datasets datasets, LineAnswers answers, ServeConfig serve) {
        this.datasets = datasets;
        this.answers = answers;
        numbers = serve.lineNumbers();
    }

    void register(@Observes Router router) {
        for (String path : List.of("/lines/*", "/line_server/lines/*", "/datasets/*")) {
            router.route(path).setName(NAME).order(FIRST).handler(this::answer);
        }
        router.route().last().handler(routing -> routing.fail(404));
    }

    private void answer(RoutingContext routing) {
        LineTarget target = LineTarget.parse(routing.normalizedPath());
        if (target == null) {
            routing.next();
        } else {
            answer(routing.request(), target);
        }
    }

    private void answer(HttpServerRequest request, LineTarget target) {
        if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
            Problem.ofStatus(405, request.method().name(), request.path()).answer(request);
            return;
        }
        long lineIndex;
        try {
            lineIndex = numbers.index(target.number());
        } catch (IllegalArgumentException e) {
            Problem.notALineNumber(target.number(), String.valueOf(e.getMessage()))
                    .answer(request);
            return;
        }
        ServedDataset dataset = target.find(datasets);
        if (dataset == null) {
            String name = target.dataset();
            Problem.absent(datasets, name == null ? datasets.defaultName() : name)
                    .answer(request);
        } else {
            answers.answer(request, dataset, lineIndex);
        }
    }
}
