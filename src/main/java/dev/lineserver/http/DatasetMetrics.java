package dev.lineserver.http;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

import dev.lineserver.serving.Datasets;
import dev.lineserver.serving.ServedDataset;
import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.Manifest;

/** Publishes the served version of each dataset, the age of that information, and the builds, as metrics. */
@Singleton
final class DatasetMetrics {
    private final Datasets datasets;
    /** Each gauge with the function that reads its value from a dataset. An empty value has no row. */
    private final Map<MultiGauge, Function<ServedDataset, Optional<Long>>> gauges;
    /** Each gauge with the function that reads its value from a build. */
    private final Map<MultiGauge, ToDoubleFunction<BuildStatus>> buildGauges;

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
                dataset -> Optional.of(dataset.isOutdated() ? 1L : 0L),
                gauge(registry, "line_server_open_versions", "Versions that are open for requests"),
                dataset -> Optional.of((long) dataset.openVersions()));
        buildGauges = Map.of(
                gauge(
                        registry,
                        "line_server_build_running",
                        "1 if a process writes the version now, 0 if it ended unfinished"),
                build -> build.running() ? 1 : 0,
                gauge(registry, "line_server_build_lines", "Lines that the build has stored"),
                build -> (double) build.stored().lineIndex(),
                gauge(registry, "line_server_build_bytes", "Bytes of the source that the build has stored"),
                build -> (double) build.stored().byteOffset(),
                gauge(registry, "line_server_build_source_bytes", "Bytes of the source; NaN if unknown"),
                build -> build.sourceSize() < 0 ? Double.NaN : (double) build.sourceSize());
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
        datasets.onCheck(() -> {
            gauges.forEach((gauge, value) -> gauge.register(rows(value), false));
            buildGauges.forEach((gauge, value) -> gauge.register(buildRows(value), false));
        });
    }

    private List<MultiGauge.Row<?>> buildRows(ToDoubleFunction<BuildStatus> value) {
        return datasets.builds().stream()
                .<MultiGauge.Row<?>>map(build -> MultiGauge.Row.of(
                        Tags.of("dataset", build.dataset().value()),
                        datasets,
                        current -> current.builds().stream()
                                .filter(present -> present.dataset().equals(build.dataset()))
                                .mapToDouble(value)
                                .findFirst()
                                .orElse(Double.NaN)))
                .toList();
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
