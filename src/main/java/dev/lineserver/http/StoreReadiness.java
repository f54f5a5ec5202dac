package dev.lineserver.http;

import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Ready once a version of the default dataset is open and the store answers. */
@Readiness
@Singleton
final class StoreReadiness implements HealthCheck {
    private final Datasets datasets;

    StoreReadiness(Datasets datasets) {
        this.datasets = datasets;
    }

    @Override
    public HealthCheckResponse call() {
        HealthCheckResponseBuilder response = HealthCheckResponse.named("store");
        ServedDataset dataset = datasets.findDefault();
        String trouble = datasets.trouble()
                .or(() -> dataset == null
                        ? java.util.Optional.of("there is no dataset " + datasets.defaultName() + "; ingest one")
                        : dataset.trouble())
                .orElse("");
        if (!trouble.isEmpty()) {
            return response.down().withData("reason", trouble).build();
        }
        if (dataset != null) {
            dataset.manifest()
                    .ifPresent(manifest -> response.withData("dataset", datasets.defaultName())
                            .withData("version", manifest.version())
                            .withData("lines", manifest.lineCount()));
        }
        return response.up().build();
    }
}
