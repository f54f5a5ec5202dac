package dev.lineserver.http;

import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

import dev.lineserver.serving.Datasets;
import dev.lineserver.store.Manifest;

/** Reports to health probes whether lookups on the default dataset succeed. */
@Readiness
@Singleton
final class StoreReadiness implements HealthCheck {
    private final Datasets datasets;

    StoreReadiness(Datasets datasets) {
        this.datasets = datasets;
    }

    @Override
    public HealthCheckResponse call() {
        return switch (datasets.readiness()) {
            case dev.lineserver.serving.Readiness.Up(Manifest serving) ->
                HealthCheckResponse.named("store")
                        .up()
                        .withData("dataset", serving.dataset().value())
                        .withData("version", serving.version())
                        .withData("lines", serving.lineCount())
                        .build();
            case dev.lineserver.serving.Readiness.Down(String reason) ->
                HealthCheckResponse.named("store")
                        .down()
                        .withData("reason", reason)
                        .build();
        };
    }
}
