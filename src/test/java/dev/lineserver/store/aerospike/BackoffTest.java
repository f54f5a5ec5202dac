package dev.lineserver.store.aerospike;

import java.util.HashSet;
import java.util.Set;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class BackoffTest {
    private static void assertNext(Backoff backoff, int bound) {
        int pause = backoff.nextMillis();
        assertTrue(bound / 2 <= pause && pause < bound, pause + " ms of " + bound);
    }

    @Test
    void pausesDoubleUpToASecondUntilThereIsProgress() {
        Backoff backoff = new Backoff();
        for (int round = 0; round < 100; round++) {
            for (int bound : new int[] {20, 40, 80, 160, 320, 640, 1_000, 1_000, 1_000}) {
                assertNext(backoff, bound);
            }
            backoff.restart();
        }
    }

    @Test
    void theFirstPausesOfManyProcessesDiffer() {
        Set<Integer> pauses = new HashSet<>();
        for (int process = 0; process < 1_000; process++) {
            pauses.add(new Backoff().nextMillis());
        }
        assertEquals(10, pauses.size(), "each of 10 to 19 ms");
    }
}
