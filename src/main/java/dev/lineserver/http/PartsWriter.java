package dev.lineserver.http;

import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.LineParts;

/**
 * Writes a long line part by part, no faster than the client reads. The version is held until no part is being read any
 * more, also if the client disconnects meanwhile:
 *
 * <pre>
 * READING    a part is being read      read: WRITING    failed: DONE    client disconnects: ABANDONED
 * WRITING    a part is being written   written: READING, or DONE after the last    client disconnects: DONE
 * ABANDONED  as READING, for nobody    read or failed: DONE
 * DONE       the version is released
 * </pre>
 */
final class PartsWriter {
    private enum State {
        READING,
        WRITING,
        ABANDONED,
        DONE
    }

    private final LineAnswers answers;
    private final LineHead head;
    private final HttpServerRequest request;
    private final LineLookup lookup;
    private final LineParts parts;
    private final EventExecutor loop;
    private State state = State.READING;
    private int next;

    /** @param loop event loop of the request, from which all methods are called */
    PartsWriter(
            LineAnswers answers,
            LineHead head,
            HttpServerRequest request,
            LineLookup lookup,
            LineParts parts,
            EventExecutor loop) {
        this.answers = answers;
        this.head = head;
        this.request = request;
        this.lookup = lookup;
        this.parts = parts;
        this.loop = loop;
    }

    void start() {
        request.response().closeHandler(_ -> disconnected()).exceptionHandler(_ -> disconnected());
        readNext();
    }

    private void readNext() {
        state = State.READING;
        try {
            parts.read(next++).whenComplete((bytes, failure) -> LineLookup.runOn(loop, () -> write(bytes, failure)));
        } catch (RuntimeException | Error unexpected) {
            write(null, unexpected);
        }
    }

    private void write(byte @Nullable [] bytes, @Nullable Throwable failure) {
        if (state == State.ABANDONED) {
            finish();
            return;
        }
        try {
            if (bytes == null) {
                finish();
                answers.fail(request, lookup, failure);
                return;
            }
            state = State.WRITING;
            HttpServerResponse response = request.response();
            if (!response.headWritten()) {
                head.set(response, lookup.etag(), parts.length());
            }
            response.write(LineAnswers.wrap(bytes)).onComplete(written -> written(written.succeeded()));
        } catch (RuntimeException | Error unexpected) {
            finish();
            answers.fail(request, lookup, unexpected);
        }
    }

    private void written(boolean succeeded) {
        if (state != State.WRITING) {
            return;
        }
        if (succeeded && next < parts.count()) {
            readNext();
            return;
        }
        finish();
        if (succeeded) {
            request.response().end();
        }
    }

    private void disconnected() {
        if (state == State.READING) {
            state = State.ABANDONED;
        } else if (state == State.WRITING) {
            finish();
        }
    }

    private void finish() {
        state = State.DONE;
        lookup.release();
    }
}
