package dev.lineserver.http;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.distribution.TimeWindowMax;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.quarkus.runtime.StartupEvent;
import io.vertx.core.Vertx;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;

/**
 * Measures how late the event loops are: each has a timer, which runs late if something blocks or overloads the loop. All
 * requests of that loop are delayed likewise. Publishes the largest delay of the last minute.
 */
@Singleton
final class EventLoopLag {
    /** A blockage that lasts longer is always seen. The timers of 32 event loops take less than 0.1 % of a CPU. */
    private static final long INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    /** The window moves in steps of a quarter. */
    private static final int STEPS = 4;

    private static final Duration STEP = Duration.ofMinutes(1).dividedBy(STEPS);

    private final TimeWindowMax largest;
    private final LongSupplier nanoTime;

    @Inject
    EventLoopLag(MeterRegistry registry) {
        this(registry, System::nanoTime);
    }

    EventLoopLag(MeterRegistry registry, LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
        largest = new TimeWindowMax(registry.config().clock(), STEP.toMillis(), STEPS);
        TimeGauge.builder("line_server_event_loop_lag_max", largest, TimeUnit.NANOSECONDS, max -> max.poll())
                .description("Largest delay of a timer of an event loop within the last minute")
                .register(registry);
    }

    @SuppressWarnings("deprecation") // As in ServeApplication.
    void start(@Observes StartupEvent event, Vertx vertx) {
        vertx.nettyEventLoopGroup().forEach(this::watch);
    }

    /** Starts the timer of an event loop. */
    void watch(EventExecutor loop) {
        Future<?> _ =
                loop.scheduleWithFixedDelay(new LoopTimer(), INTERVAL_NANOS, INTERVAL_NANOS, TimeUnit.NANOSECONDS);
    }

    private final class LoopTimer implements Runnable {
        private long dueNanos = nanoTime.getAsLong() + INTERVAL_NANOS;

        @Override
        public void run() {
            long now = nanoTime.getAsLong();
            largest.record((double) Math.max(0, now - dueNanos));
            dueNanos = now + INTERVAL_NANOS;
        }
    }
}
