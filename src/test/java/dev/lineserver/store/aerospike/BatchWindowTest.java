package dev.lineserver.store.aerospike;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.Random;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

final class BatchWindowTest {
    private final BatchWindow window = new BatchWindow(4);

    private void attempt(BatchWindow.Result result) throws InterruptedException {
        window.release(window.acquire(), result);
    }

    @Test
    void anOverloadHalvesTheBoundDownToOne() throws Exception {
        for (int expected : new int[] {2, 1, 1}) {
            attempt(BatchWindow.Result.OVERLOADED);
            assertEquals(expected, window.size());
        }
    }

    @Test
    void attemptsInFlightTogetherHalveTheBoundOnce() throws Exception {
        long[] acquired = {window.acquire(), window.acquire(), window.acquire(), window.acquire()};
        for (long each : acquired) {
            window.release(each, BatchWindow.Result.OVERLOADED);
        }
        assertEquals(2, window.size());
    }

    @Test
    void theBoundGrowsByOneAfterARunOfAcceptedAttemptsUpToTheLargest() throws Exception {
        attempt(BatchWindow.Result.OVERLOADED);
        attempt(BatchWindow.Result.OVERLOADED);
        for (int expected : new int[] {2, 3, 4, 4}) {
            int before = window.size();
            for (int i = 0; i < BatchWindow.ATTEMPTS_TO_GROW - 1; i++) {
                attempt(BatchWindow.Result.ACCEPTED);
                attempt(BatchWindow.Result.FAILED);
            }
            assertEquals(before, window.size());
            attempt(BatchWindow.Result.ACCEPTED);
            assertEquals(expected, window.size());
        }
    }

    @Test
    void anOverloadEndsARun() throws Exception {
        long late = window.acquire();
        attempt(BatchWindow.Result.OVERLOADED);
        for (int i = 0; i < BatchWindow.ATTEMPTS_TO_GROW - 1; i++) {
            attempt(BatchWindow.Result.ACCEPTED);
        }
        // It began under the former bound: it does not halve this one, but says that the cluster is still overloaded.
        window.release(late, BatchWindow.Result.OVERLOADED);
        attempt(BatchWindow.Result.ACCEPTED);
        assertEquals(2, window.size());
    }

    /** Whatever the results are, as many attempts as the bound says can be in flight, and no more. */
    @Test
    void theBoundHoldsAfterAnyResults() throws Exception {
        Random random = new Random(19);
        BatchWindow.Result[] results = BatchWindow.Result.values();
        Queue<Long> inFlight = new ArrayDeque<>();
        for (int i = 0; i < 10_000; i++) {
            if (inFlight.size() < window.size() && random.nextBoolean()) {
                // Would wait forever if the semaphore had fewer permits than the bound says.
                inFlight.add(window.acquire());
            } else if (!inFlight.isEmpty()) {
                // Mostly accepted.
                window.release(inFlight.remove(), results[Math.max(0, random.nextInt(60) - 57)]);
            }
            assertEquals(window.size() - inFlight.size(), window.available());
        }
    }
}
