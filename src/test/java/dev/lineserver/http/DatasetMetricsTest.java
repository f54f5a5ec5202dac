package dev.lineserver.http;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

import io.quarkus.runtime.StartupEvent;
import jakarta.ws.rs.WebApplicationException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.line.ContentDigest;
import dev.lineserver.serving.OpenVersion;
import dev.lineserver.store.BuildStatus;
import dev.lineserver.store.Checkpoint;
import dev.lineserver.store.Content;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoredVersion;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The metrics of datasets that come, go, and cannot be opened. */
final class DatasetMetricsTest {
    private static final DatasetName LATER = new DatasetName("later");
    private static final long UNUSABLE_VERSION = 9;

    private volatile List<BuildStatus> builds = List.of();
    private volatile List<DatasetListing> listed = List.of(described(DatasetName.DEFAULT, 3));
    private final HttpComponents components = new HttpComponents(
            () -> ScriptedLines.proxy(LineStore.class, (_, method, arguments) -> switch (method.getName()) {
                case "datasets" -> listed;
                case "builds" -> builds;
                case "readStatistics" -> Optional.empty();
                case "open" -> open((Manifest) arguments[0]);
                default -> null;
            }),
            Duration.ofMillis(5));

    DatasetMetricsTest() throws Exception {}

    private static DatasetListing.Described described(DatasetName name, long version) {
        Content content = new Content(100 * version, 1_000, new ContentDigest(1, version), 9, true);
        return new DatasetListing.Described(new DatasetVersions(
                name,
                List.of(StoredVersion.of(
                        StoredVersion.State.CURRENT,
                        new Manifest(name, version, content, "source", "scripted", Instant.EPOCH, List.of()))),
                version,
                0));
    }

    private static Snapshot open(Manifest manifest) throws StoreFailedException {
        if (manifest.version() == UNUSABLE_VERSION) {
            throw new StoreFailedException("scripted");
        }
        return ScriptedLines.proxy(Snapshot.class, (_, method, _) -> switch (method.getName()) {
            case "manifest" -> manifest;
            case "lookup" -> ScriptedLines.found("");
            default -> null;
        });
    }

    @AfterEach
    void close() {
        components.close();
    }

    private void start() {
        new DatasetMetrics(components.registry, components.datasets).start(new StartupEvent());
    }

    private double value(String meter, DatasetName dataset) {
        return components.value(meter, "dataset", dataset.value());
    }

    @Test
    void aDatasetHasItsLinesAndVersionFromTheStartAndAfterEachNewVersion() {
        start();
        assertEquals(300, value("line_server_dataset_lines", DatasetName.DEFAULT));
        assertEquals(3, value("line_server_dataset_version", DatasetName.DEFAULT));
        assertEquals(0, value("line_server_dataset_outdated", DatasetName.DEFAULT));
        listed = List.of(described(DatasetName.DEFAULT, 4), described(LATER, 2));
        Awaitility.await().ignoreExceptions().until(() -> value("line_server_dataset_version", LATER) == 2);
        Awaitility.await().until(() -> value("line_server_dataset_lines", DatasetName.DEFAULT) == 400);
    }

    @Test
    void aScrapeFindsTheMetricsOfADatasetWhileChecksRun() {
        List<String> removed = new CopyOnWriteArrayList<>();
        components
                .registry
                .config()
                .onMeterRemoved(meter -> removed.add(meter.getId().getName()));
        start();
        listed = List.of(described(DatasetName.DEFAULT, 4), described(LATER, 2));
        Awaitility.await().ignoreExceptions().until(() -> value("line_server_dataset_version", LATER) == 2);
        assertEquals(List.of(), removed);
        // The check for the absence of removals is worth something only if removals are reported.
        listed = List.of(described(LATER, 2));
        Awaitility.await().until(() -> removed.contains("line_server_dataset_lines"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"line_server_dataset_lines", "line_server_dataset_version", "line_server_dataset_outdated"})
    void aDroppedDatasetHasNoMetrics(String meter) {
        start();
        listed = List.of();
        Awaitility.await().until(() -> components.registry.find(meter).meters().isEmpty());
    }

    /** Not an empty list, which would mean that the dataset had been dropped. */
    @Test
    void theVersionsOfADatasetThatCannotBeListedAre503() {
        DatasetResource resource = new DatasetResource(components.datasets, components.access);
        assertEquals(1, resource.versions("default").versions().size());
        listed = List.of(new DatasetListing.Unreadable(
                DatasetName.DEFAULT, new StoreFailedException("the registry is damaged")));
        Awaitility.await().untilAsserted(() -> {
            WebApplicationException failure =
                    assertThrows(WebApplicationException.class, () -> resource.versions("default"));
            assertEquals(503, failure.getResponse().getStatus());
        });
    }

    @Test
    void aDatasetIsOutdatedWhileItsNewestVersionCannotBeOpened() {
        start();
        listed = List.of(described(DatasetName.DEFAULT, UNUSABLE_VERSION), described(LATER, UNUSABLE_VERSION));
        Awaitility.await().until(() -> value("line_server_dataset_outdated", DatasetName.DEFAULT) == 1);
        assertEquals(3, value("line_server_dataset_version", DatasetName.DEFAULT));
        Awaitility.await().ignoreExceptions().until(() -> value("line_server_dataset_outdated", LATER) == 0);
        assertTrue(
                components
                        .registry
                        .find("line_server_dataset_lines")
                        .tag("dataset", LATER.value())
                        .meters()
                        .isEmpty(),
                "a dataset without an open version has no number of lines");
    }

    private static BuildStatus build(long sourceSize) {
        return new BuildStatus(
                LATER,
                1,
                "source",
                sourceSize,
                true,
                new Checkpoint(17, 1_234),
                0,
                Instant.EPOCH,
                Instant.EPOCH,
                Instant.EPOCH,
                List.of());
    }

    @ParameterizedTest
    @CsvSource({"5000, 5000", "-1, NaN"})
    void aBuildHasItsProgress(long sourceSize, double published) {
        builds = List.of(build(sourceSize));
        start();
        // Each meter is registered by itself, on a background thread.
        Awaitility.await().ignoreExceptions().untilAsserted(() -> {
            assertEquals(17, value("line_server_build_lines", LATER));
            assertEquals(1_234, value("line_server_build_bytes", LATER));
            assertEquals(published, value("line_server_build_source_bytes", LATER));
            assertEquals(1, value("line_server_build_running", LATER));
        });
    }

    @Test
    void openVersionsAreCounted() {
        start();
        assertEquals(1, value("line_server_open_versions", DatasetName.DEFAULT));
        OpenVersion read =
                Objects.requireNonNull(Objects.requireNonNull(components.datasets.find(DatasetName.DEFAULT.value()))
                        .acquire());
        listed = List.of(described(DatasetName.DEFAULT, 4));
        Awaitility.await().until(() -> value("line_server_dataset_version", DatasetName.DEFAULT) == 4);
        Awaitility.await().until(() -> value("line_server_open_versions", DatasetName.DEFAULT) == 2);
        read.release();
        Awaitility.await().until(() -> value("line_server_open_versions", DatasetName.DEFAULT) == 1);
    }

    @Test
    void theAgeOfTheListingIsMeasuredInSeconds() {
        start();
        Awaitility.await().until(() -> value("line_server_version_check_age") > 0);
        assertTrue(value("line_server_version_check_age") < 3600);
    }

    private double value(String meter) {
        return components.value(meter);
    }
}
