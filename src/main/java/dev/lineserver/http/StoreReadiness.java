package dev.lineserver.http;

import java.util.Optional;

import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

import dev.lineserver.serving.Datasets;
import dev.lineserver.serving.ServedDataset;

/** The readiness check: UP if lookups on the default dataset succeed, otherwise DOWN with the reason. */
@Readiness
@Singleton
final class StoreReadiness implements HealthCheck {
    private final Datasets datasets;

    StoreReadiness(Datasets datasets) {
        this.datasets = datasets;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder response = HealthCheckResponse.named("store").up();
        Optional.ofNullable(datasets.find(datasets.defaultName()))
                .flatMap(ServedDataset::manifest)
                .ifPresent(manifest -> response.withData("dataset", datasets.defaultName())
                        .withData("version", manifest.version())
                        .withData("lines", manifest.lineCount()));
        datasets.unreadiness().ifPresent(reason -> response.down().withData("reason", reason));
        return response.build();
    }
}
