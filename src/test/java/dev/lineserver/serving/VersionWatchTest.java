package dev.lineserver.serving;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** The thread that checks for new versions outlives whatever a check throws, and ends when told to. */
final class VersionWatchTest {
    @Test
    void everyThrowableIsSurvived() throws Exception {
        CountDownLatch checks = new CountDownLatch(4);
        try (VersionWatch watch = new VersionWatch(
                () -> {
                    checks.countDown();
                    throw checks.getCount() % 2 == 0
                            ? new OutOfMemoryError("no heap")
                            : new StackOverflowError("too deep");
                },
                Duration.ofMillis(1))) {
            assertTrue(checks.await(30, TimeUnit.SECONDS), "the watch ended after " + watch);
        }
    }

    @Test
    void closingInterruptsACheckAndNoneFollows() throws Exception {
        AtomicInteger checks = new AtomicInteger();
        CountDownLatch started = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        VersionWatch watch = new VersionWatch(
                () -> {
                    checks.incrementAndGet();
                    started.countDown();
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        ended.countDown();
                    }
                    return Duration.ZERO;
                },
                Duration.ZERO);
        assertTrue(started.await(30, TimeUnit.SECONDS));
        watch.close();
        assertTrue(ended.await(30, TimeUnit.SECONDS), "the check was not interrupted");
        assertEquals(1, checks.get());
    }
}
