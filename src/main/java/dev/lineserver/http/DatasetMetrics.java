package dev.lineserver.http;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;

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

/** Publishes the served version of each dataset, the age of that information, and the builds, as metrics. */
@Singleton
final class DatasetMetrics {
    private final Datasets datasets;
    /** Each gauge with the function that reads its value from the dataset of a name. An empty value has no row. */
    private final Map<MultiGauge, Function<String, Optional<Double>>> gauges;

    DatasetMetrics(MeterRegistry registry, Datasets datasets) {
        this.datasets = datasets;
        gauges = Map.of(
                gauge(registry, "line_server_dataset_lines", "Lines in the version being served"),
                ofDataset(dataset -> dataset.manifest().map(manifest -> (double) manifest.lineCount())),
                gauge(registry, "line_server_dataset_version", "Version being served"),
                ofDataset(dataset -> dataset.manifest().map(manifest -> (double) manifest.version())),
                gauge(
                        registry,
                        "line_server_dataset_outdated",
                        "1 if the newest version cannot be opened and an older one is served"),
                ofDataset(dataset -> Optional.of(dataset.isOutdated() ? 1.0 : 0.0)),
                gauge(registry, "line_server_open_versions", "Versions that are open for requests"),
                ofDataset(dataset -> Optional.of((double) dataset.openVersions())),
                gauge(
                        registry,
                        "line_server_build_running",
                        "1 if a process writes the version now, 0 if it ended unfinished"),
                ofBuild(build -> build.running() ? 1.0 : 0.0),
                gauge(registry, "line_server_build_lines", "Lines that the build has stored"),
                ofBuild(build -> (double) build.stored().lineIndex()),
                gauge(registry, "line_server_build_bytes", "Bytes of the source that the build has stored"),
                ofBuild(build -> (double) build.stored().byteOffset()),
                gauge(registry, "line_server_build_source_bytes", "Bytes of the source; NaN if unknown"),
                ofBuild(build -> build.sourceSize() < 0 ? Double.NaN : (double) build.sourceSize()));
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

    private Function<String, Optional<Double>> ofDataset(Function<ServedDataset, Optional<Double>> value) {
        return name -> Optional.ofNullable(datasets.find(name)).flatMap(value);
    }

    private Function<String, Optional<Double>> ofBuild(Function<BuildStatus, Double> value) {
        return name -> datasets.builds().stream()
                .filter(build -> build.dataset().value().equals(name))
                .findFirst()
                .map(value);
    }

    /** Updates the rows after each check of the version watch, because datasets and versions come and go. */
    void start(@Observes StartupEvent event) {
        // Without overwriting: Micrometer would remove each row before it adds the new one, and a scrape in between
        // would find none.
        datasets.onCheck(() -> gauges.forEach((gauge, value) -> gauge.register(rows(value), false)));
    }

    private List<MultiGauge.Row<?>> rows(Function<String, Optional<Double>> value) {
        return Stream.concat(
                        datasets.all().stream().map(ServedDataset::name),
                        datasets.builds().stream().map(build -> build.dataset().value()))
                .distinct()
                .filter(dataset -> value.apply(dataset).isPresent())
                // The value is read at each scrape: that of the dataset or build which has the name then.
                .<MultiGauge.Row<?>>map(dataset -> MultiGauge.Row.of(
                        Tags.of("dataset", dataset),
                        datasets,
                        _ -> value.apply(dataset).orElse(Double.NaN)))
                .toList();
    }
}
