package dev.lineserver.http;

import java.time.Duration;
import java.util.Map;

import org.eclipse.microprofile.health.HealthCheckResponse;
import org.junit.jupiter.api.Test;

import dev.lineserver.serving.Datasets;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;

final class StoreReadinessTest {
    @Test
    void aServedDatasetIsUpWithItsVersion() throws Exception {
        try (ScriptedLines lines = new ScriptedLines()) {
            HealthCheckResponse response = new StoreReadiness(lines.components.datasets).call();
            assertEquals(HealthCheckResponse.Status.UP, response.getStatus());
            assertEquals(
                    Map.of("dataset", "default", "version", 7L, "lines", ScriptedLines.LINES),
                    response.getData().orElseThrow());
        }
    }

    @Test
    void anUnavailableStoreIsDownWithTheReason() throws Exception {
        try (Datasets datasets = new Datasets(
                () -> {
                    throw new StoreUnavailableException("no node answers");
                },
                DatasetName.DEFAULT,
                Duration.ofHours(1))) {
            datasets.start();
            HealthCheckResponse response = new StoreReadiness(datasets).call();
            assertEquals(HealthCheckResponse.Status.DOWN, response.getStatus());
            assertEquals("no node answers", response.getData().orElseThrow().get("reason"));
        }
    }
}
