package dev.lineserver.http;

import java.util.concurrent.atomic.AtomicBoolean;

import io.vertx.core.http.HttpServerResponse;
import org.jboss.logging.Logger;

import dev.lineserver.store.LineParts;

/** Writes a long line part by part, no faster than the client reads. */
final class PartsWriter {
    private static final Logger LOG = Logger.getLogger(PartsWriter.class);

    private final HttpServerResponse response;
    private final LineParts parts;
    private final AtomicBoolean done = new AtomicBoolean();
    private final Runnable whenDone;
    private int next;

    /** @param whenDone run once, whether all was written, the client went away, or the store failed */
    PartsWriter(HttpServerResponse response, LineParts parts, Runnable whenDone) {
        this.response = response;
        this.parts = parts;
        this.whenDone = whenDone;
    }

    void start() {
        response.closeHandler(_ -> finish());
        response.exceptionHandler(_ -> finish());
        writeNext();
    }

    private void writeNext() {
        if (done.get()) {
            return;
        }
        if (next == parts.count()) {
            response.end();
            finish();
            return;
        }
        parts.read(next++).whenComplete(EventLoop.back((bytes, failure) -> {
            if (bytes == null) {
                LOG.error("a long line could not be read to its end; the connection is closed", failure);
                response.reset();
                finish();
                return;
            }
            response.write(Wrapped.of(bytes)).onSuccess(_ -> writeNext()).onFailure(_ -> finish());
        }));
    }

    private void finish() {
        if (done.compareAndSet(false, true)) {
            whenDone.run();
        }
    }
}
