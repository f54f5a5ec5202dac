package dev.lineserver.http;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.smallrye.config.SmallRyeConfig;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.TlsFiles;

/**
 * Checks the files of TLS as often as Quarkus reads them again, and logs those that it cannot use. Quarkus then goes on with the
 * last ones and says nothing, so that nobody would notice before the next start fails. A thread of its own makes the checks.
 */
@Singleton
final class CertificateWatch {
    private static final Logger LOG = Logger.getLogger(CertificateWatch.class);

    private final TlsFiles files;
    private final @Nullable Duration period;
    private final ScheduledExecutorService checks = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().daemon().name("tls-files").factory());
    /** The fault that was logged last; null if there is none. */
    private @Nullable String fault;

    @Inject
    CertificateWatch(SmallRyeConfig config) {
        files = TlsFiles.of(config);
        period = files.reloadPeriod().orElse(null);
    }

    void start(@Observes StartupEvent event) {
        if (period != null) {
            ScheduledFuture<?> _ = checks.scheduleWithFixedDelay(
                    this::check, period.toMillis(), period.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    void stop(@Observes ShutdownEvent event) {
        checks.shutdown();
    }

    /** Logs the first of several equal faults, and the end of the last one. */
    synchronized void check() {
        String found = null;
        try {
            Optional<Instant> _ = files.check();
        } catch (RuntimeException e) {
            found = String.valueOf(e.getMessage());
        } catch (Error e) {
            // Of the check itself, for example because the heap is full: it would be the last check.
            found = e.toString();
        }
        if (found != null && !found.equals(fault)) {
            LOG.warnf(
                    "until the files of TLS are corrected, new connections get the last certificate, or fail: %s",
                    found);
        } else if (found == null && fault != null) {
            LOG.info("the files of TLS can be used again");
        }
        fault = found;
    }
}
