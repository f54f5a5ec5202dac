package dev.lineserver.http;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;

import org.jboss.logging.Logger;

import dev.lineserver.store.IoErrors;

/**
 * Writes lines on a thread of its own. A slow reader of standard output must not make requests wait, nor fill the heap:
 * lines beyond {@link #MAX_QUEUED_CHARS} are refused.
 */
final class AccessLogWriter {
    private static final Logger LOG = Logger.getLogger(AccessLogWriter.class);

    /** About 40,000 lines, which take a second to come at the highest rates. */
    static final int MAX_QUEUED_CHARS = 4 << 20;

    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);

    /** Bounded by {@link #queuedChars}. */
    private final BlockingQueue<String> queue = new LinkedBlockingQueue<>();

    private final AtomicInteger queuedChars = new AtomicInteger();
    private final OutputStream out;
    private final Thread thread;
    private volatile boolean closing;

    /** Starts the thread, which ends with {@link #close}, or if {@code out} cannot be written. */
    AccessLogWriter(OutputStream out) {
        this.out = out;
        thread = Thread.ofPlatform().daemon().name("access-log").start(this::run);
    }

    /**
     * Queues a line, which has no terminator. Never blocks.
     *
     * @return false if too much is queued, so that the line is lost
     */
    boolean write(String line) {
        if (queuedChars.addAndGet(line.length()) > MAX_QUEUED_CHARS) {
            queuedChars.addAndGet(-line.length());
            return false;
        }
        return queue.add(line);
    }

    private void run() {
        try {
            List<String> lines = new ArrayList<>();
            while (!closing || !queue.isEmpty()) {
                try {
                    lines.add(queue.take());
                } catch (InterruptedException closed) {
                    // The loop ends after the lines that are queued.
                }
                queue.drainTo(lines);
                for (String line : lines) {
                    out.write((line + "\n").getBytes(StandardCharsets.UTF_8));
                    queuedChars.addAndGet(-line.length());
                }
                out.flush();
                lines.clear();
            }
            // After a failure nothing empties the queue any more, so that further lines are refused.
        } catch (IOException e) {
            LOG.errorf("the access log ends: %s", IoErrors.message("write standard output", e));
        } catch (RuntimeException | Error failure) {
            LOG.error("the access log ends, because it failed unexpectedly", failure);
        }
    }

    /** Writes the lines that are queued, and ends the thread. Waits for a second at most. */
    void close() {
        closing = true;
        thread.interrupt();
        try {
            boolean _ = thread.join(CLOSE_TIMEOUT);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
