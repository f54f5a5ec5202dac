package dev.lineserver.http;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

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

/** Publishes the served version of each dataset, and the age of that information, as metrics. */
@Singleton
final class DatasetMetrics {
    private final Datasets datasets;
    /** Each gauge with the function that reads its value from a dataset. An empty value has no row. */
    private final Map<MultiGauge, Function<ServedDataset, Optional<Long>>> gauges;

    DatasetMetrics(MeterRegistry registry, Datasets datasets) {
        this.datasets = datasets;
        gauges = Map.of(
                gauge(registry, "line_server_dataset_lines", "Lines in the version being served"),
                dataset -> dataset.manifest().map(Manifest::lineCount),
                gauge(registry, "line_server_dataset_version", "Version being served"),
                dataset -> dataset.manifest().map(Manifest::version),
                gauge(
                        registry,
                        "line_server_dataset_outdated",
                        "1 if the newest version cannot be opened and an older one is served"),
                dataset -> Optional.of(dataset.isOutdated() ? 1L : 0L));
        TimeGauge.builder(
                        "line_server_version_check_age",
                        datasets,
                        TimeUnit.NANOSECONDS,
                        served -> served.timeSinceLastListing().toNanos())
                .description("Time since the store last listed its datasets")
                .register(registry);
    }

    private static MultiGauge gauge(MeterRegistry registry, String name, String description) {
        return MultiGauge.builder(name).description(description).register(registry);
    }

    /** Updates the rows after each check of the version watch, because datasets and versions come and go. */
    void start(@Observes StartupEvent event) {
        // Without overwriting: Micrometer would remove each row before it adds the new one, and a scrape in between
        // would
        // find none.
        datasets.onCheck(() -> gauges.forEach((gauge, value) -> gauge.register(rows(value), false)));
    }

    private List<MultiGauge.Row<?>> rows(Function<ServedDataset, Optional<Long>> value) {
        return datasets.all().stream()
                .filter(dataset -> value.apply(dataset).isPresent())
                .<MultiGauge.Row<?>>map(dataset -> row(dataset.name(), value))
                .toList();
    }

    /** A row whose value is read at each scrape: that of the dataset which has the name then. */
    private MultiGauge.Row<?> row(String name, Function<ServedDataset, Optional<Long>> value) {
        return MultiGauge.Row.of(
                Tags.of("dataset", name),
                datasets,
                current -> Optional.ofNullable(current.find(name))
                        .flatMap(value)
                        .map(Long::doubleValue)
                        .orElse(Double.NaN));
    }
}
