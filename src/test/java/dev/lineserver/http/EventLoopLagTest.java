package dev.lineserver.http;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;

import static org.junit.jupiter.api.Assertions.assertEquals;

final class EventLoopLagTest {
    private final AtomicLong nanos = new AtomicLong(1);
    private final MockClock clock = new MockClock();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);
    private final EventLoopLag lag = new EventLoopLag(registry, nanos::get);
    private final EmbeddedChannel channel = new EmbeddedChannel();

    /** Lets time pass, and then the timer of the loop run. */
    private void runTimerAfter(int millis) {
        nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
        channel.advanceTimeBy(millis, TimeUnit.MILLISECONDS);
        channel.runScheduledPendingTasks();
    }

    private double largest() {
        return registry.get("line_server_event_loop_lag_max").timeGauge().value(TimeUnit.MILLISECONDS);
    }

    @Test
    void theLargestDelayOfTheLastMinuteIsPublished() {
        channel.freezeTime();
        lag.watch(channel.eventLoop());
        runTimerAfter(100);
        assertEquals(0, largest());
        runTimerAfter(450);
        assertEquals(350, largest());
        for (int i = 0; i < 10; i++) {
            runTimerAfter(100);
        }
        assertEquals(350, largest());
        clock.add(Duration.ofMinutes(2));
        assertEquals(0, largest());
    }
}
