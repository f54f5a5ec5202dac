package dev.lineserver.http;

import java.util.List;
import java.util.function.ToLongFunction;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

import dev.lineserver.serving.Datasets;
import dev.lineserver.serving.ServedDataset;
import dev.lineserver.store.Manifest;

/** Publishes which versions are served, and how up to date that is. */
@Singleton
final class DatasetMetrics {
    private final Datasets datasets;
    private final MultiGauge lines;
    private final MultiGauge versions;
    private final MultiGauge outdated;

    DatasetMetrics(MeterRegistry registry, Datasets datasets) {
        this.datasets = datasets;
        lines = gauge(registry, "line_server_dataset_lines", "Lines in the version being served");
        versions = gauge(registry, "line_server_dataset_version", "Version being served");
        outdated = gauge(
                registry,
                "line_server_dataset_outdated",
                "1 if the newest version cannot be opened and an older is served");
        TimeGauge.builder(
                        "line_server_version_check_age",
                        datasets,
                        java.util.concurrent.TimeUnit.NANOSECONDS,
                        served -> served.sinceLastCheck().toNanos())
                .description("Time since the store last listed its datasets")
                .register(registry);
    }

    private static MultiGauge gauge(MeterRegistry registry, String name, String description) {
        return MultiGauge.builder(name).description(description).register(registry);
    }

    void start(@Observes StartupEvent event) {
        datasets.onCheck(this::update);
    }

    private void update() {
        List<ServedDataset> served = datasets.all();
        lines.register(rows(served, Manifest::lineCount), true);
        versions.register(rows(served, Manifest::version), true);
        outdated.register(
                served.stream()
                        .<MultiGauge.Row<?>>map(dataset -> row(dataset, dataset.isOutdated() ? 1 : 0))
                        .toList(),
                true);
    }

    private static List<MultiGauge.Row<?>> rows(List<ServedDataset> served, ToLongFunction<Manifest> value) {
        return served.stream()
                .<MultiGauge.Row<?>>mapMulti((dataset, rows) -> dataset.manifest()
                        .ifPresent(manifest -> rows.accept(row(dataset, value.applyAsLong(manifest)))))
                .toList();
    }

    private static MultiGauge.Row<?> row(ServedDataset dataset, long value) {
        return MultiGauge.Row.of(Tags.of("dataset", dataset.name()), value);
    }
}
