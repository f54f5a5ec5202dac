package dev.lineserver.http;

import java.util.List;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

import dev.lineserver.store.Manifest;

/** Shows which versions are served. */
@Singleton
final class DatasetMetrics {
    private final MultiGauge lines;
    private final MultiGauge versions;

    DatasetMetrics(MeterRegistry registry) {
        lines = MultiGauge.builder("line_server_dataset_lines")
                .description("Lines in the version being served")
                .register(registry);
        versions = MultiGauge.builder("line_server_dataset_version")
                .description("Version being served")
                .register(registry);
    }

    void start(@Observes StartupEvent event, Datasets datasets) {
        datasets.onChange(this::update);
    }

    private void update(List<Manifest> manifests) {
        lines.register(rows(manifests, Manifest::lineCount), true);
        versions.register(rows(manifests, Manifest::version), true);
    }

    private static List<MultiGauge.Row<?>> rows(
            List<Manifest> manifests, java.util.function.ToLongFunction<Manifest> value) {
        return manifests.stream()
                .<MultiGauge.Row<?>>map(manifest ->
                        MultiGauge.Row.of(Tags.of("dataset", manifest.dataset().value()), value.applyAsLong(manifest)))
                .toList();
    }
}
