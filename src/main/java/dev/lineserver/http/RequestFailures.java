package dev.lineserver.http;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.vertx.core.http.HttpServerRequest;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Ends requests that failed unexpectedly, and counts them. Logs at most one a second, so that no client and no fault can
 * fill the disk.
 */
@Singleton
public final class RequestFailures {
    private static final Logger LOG = Logger.getLogger(RequestFailures.class);
    private static final long INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Counter routed;
    private final Counter fastPath;
    private final AtomicLong nextLog = new AtomicLong(System.nanoTime());
    private final AtomicLong notLogged = new AtomicLong();

    RequestFailures(MeterRegistry registry) {
        routed = counter(registry, "line_server_request_failures", "Requests that failed unexpectedly");
        fastPath = counter(registry, "line_server_fast_path_failures", "Connections that the fast path had to close");
    }

    private static Counter counter(MeterRegistry registry, String name, String description) {
        return Counter.builder(name).description(description).register(registry);
    }

    /** Answers with a problem; closes the connection if even that fails. */
    void end(HttpServerRequest request, Problem problem, @Nullable Throwable failure) {
        routed.increment();
        try {
            problem.answer(request);
        } catch (RuntimeException | Error again) {
            request.connection().close();
        }
        log("a request failed unexpectedly", failure);
    }

    /** Records that the fast path failed; the caller closes the connection. */
    public void ofFastPath(Throwable failure) {
        fastPath.increment();
        log("the fast path failed unexpectedly, and closed the connection", failure);
    }

    private void log(String message, @Nullable Throwable failure) {
        long now = System.nanoTime();
        long next = nextLog.get();
        if (now - next >= 0 && nextLog.compareAndSet(next, now + INTERVAL_NANOS)) {
            LOG.errorf(failure, "%s (%d more failures since the last one logged)", message, notLogged.getAndSet(0));
        } else {
            notLogged.incrementAndGet();
        }
    }
}
