package dev.lineserver.http;

import java.util.List;
import java.util.Map;
import java.util.Optional;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.Json;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

import dev.lineserver.serving.Datasets;
import dev.lineserver.serving.ServedDataset;

/** Describes the datasets being served. */
@Singleton
final class DatasetRoute {
    private static final String JSON = "application/json";

    private final Datasets datasets;

    DatasetRoute(Datasets datasets) {
        this.datasets = datasets;
    }

    void register(@Observes Router router) {
        route(router, "/datasets").handler(this::answerAll);
        route(router, "/datasets/:dataset").handler(this::answerOne);
    }

    private static Route route(Router router, String path) {
        return router.route(path).method(HttpMethod.GET).method(HttpMethod.HEAD).produces(JSON);
    }

    private void answerAll(RoutingContext routing) {
        Optional<String> unavailability = datasets.unavailability();
        if (unavailability.isPresent()) {
            Problem.unavailable(unavailability.get()).answer(routing.request());
            return;
        }
        List<ManifestJson> served = datasets.all().stream()
                .flatMap(dataset -> dataset.manifest().stream())
                .map(ManifestJson::of)
                .toList();
        answer(routing.request(), Map.of("datasets", served));
    }

    private void answerOne(RoutingContext routing) {
        HttpServerRequest request = routing.request();
        String name = routing.pathParam("dataset");
        ServedDataset dataset = datasets.find(name);
        if (dataset == null) {
            Problem.absent(datasets, name).answer(request);
        } else {
            dataset.manifest()
                    .ifPresentOrElse(
                            manifest -> answer(request, ManifestJson.of(manifest)),
                            () -> Problem.notOpen(dataset).answer(request));
        }
    }

    private static void answer(HttpServerRequest request, Object body) {
        request.response().putHeader("Content-Type", JSON);
        Problem.end(request, Json.encodeToBuffer(body));
    }
}
