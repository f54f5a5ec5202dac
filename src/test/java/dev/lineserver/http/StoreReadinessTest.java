package dev.lineserver.http;

import java.time.Duration;

import org.eclipse.microprofile.health.HealthCheckResponse;
import org.junit.jupiter.api.Test;

import dev.lineserver.serving.Datasets;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.StoreUnavailableException;

import static org.junit.jupiter.api.Assertions.assertEquals;

final class StoreReadinessTest {
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
