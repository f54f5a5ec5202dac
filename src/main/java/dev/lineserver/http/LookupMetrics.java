package dev.lineserver.http;

import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import jakarta.inject.Singleton;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Lookup;

/** Counts and times lookups by outcome. */
@Singleton
final class LookupMetrics {
    private final Timer found;
    private final Timer pastTheEnd;
    private final Timer damaged;
    private final Timer unavailable;
    private final Counter damagedLines;

    LookupMetrics(MeterRegistry registry) {
        found = timer(registry, "found");
        pastTheEnd = timer(registry, "past_the_end");
        damaged = timer(registry, "damaged");
        unavailable = timer(registry, "unavailable");
        damagedLines = Counter.builder("line_server_lines_damaged")
                .description("Answers for lines that should be stored and are missing or damaged")
                .register(registry);
    }

    private static Timer timer(MeterRegistry registry, String outcome) {
        return Timer.builder("line_server_lookups")
                .description("Lookups of lines in the store")
                .tag("outcome", outcome)
                .register(registry);
    }

    /** Counts a lookup; it is null if the store failed, or no version is open. */
    void record(@Nullable Lookup lookup, long nanos) {
        Timer timer = switch (lookup) {
            case null -> unavailable;
            case Lookup.Found _, Lookup.FoundInParts _ -> found;
            case Lookup.PastTheEnd _ -> pastTheEnd;
            case Lookup.Damaged _ -> damaged;
        };
        timer.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** Counts a line, or a part of it, that is missing or damaged. */
    void lineDamaged() {
        damagedLines.increment();
    }
}
