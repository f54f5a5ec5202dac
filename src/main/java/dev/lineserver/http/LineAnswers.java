package dev.lineserver.http;

import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.EventExecutor;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.impl.ContextInternal;
import jakarta.inject.Singleton;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.serving.ServedDataset;
import dev.lineserver.store.ControlCharacters;
import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;

/** Turns the outcome of a lookup into an HTTP answer. Whatever fails, the request ends and the version is released. */
@Singleton
final class LineAnswers {
    private static final Logger LOG = Logger.getLogger(LineAnswers.class);

    private final LineLookups lookups;
    private final LookupMetrics metrics;
    private final RequestFailures failures;
    private final LineHead head;
    private final LineNumbers numbers;

    LineAnswers(
            LineLookups lookups, LookupMetrics metrics, RequestFailures failures, LineHead head, ServeConfig serve) {
        this.lookups = lookups;
        this.metrics = metrics;
        this.failures = failures;
        this.head = head;
        numbers = serve.lineNumbers();
    }

    /** Looks a line up, unless the fast path already has, and answers with it. */
    void answer(HttpServerRequest request, ServedDataset dataset, long lineIndex) {
        LineLookup known = LineLookup.handedOver();
        if (known != null) {
            answer(request, known, eventLoop());
            return;
        }
        LineLookup lookup = lookups.begin(dataset, lineIndex);
        if (lookup == null) {
            metrics.unavailable();
            Problem.notOpen(dataset).answer(request);
            return;
        }
        EventExecutor loop = eventLoop();
        lookup.run(loop, () -> answer(request, lookup, loop));
    }

    private static EventExecutor eventLoop() {
        return ((ContextInternal) Vertx.currentContext()).nettyEventLoop();
    }

    /** On {@code loop}, but with no Vert.x context if another thread has ended the lookup. */
    private void answer(HttpServerRequest request, LineLookup lookup, EventExecutor loop) {
        boolean streaming = false;
        try {
            streaming = begin(request, lookup, loop);
        } catch (RuntimeException | Error unexpected) {
            failures.end(request, Problem.unexpected(), unexpected);
        } finally {
            if (!streaming) {
                lookup.release();
            }
        }
    }

    /** Returns true if the answer continues after this call, by a {@link PartsWriter} that releases the version. */
    private boolean begin(HttpServerRequest request, LineLookup lookup, EventExecutor loop) {
        HttpServerResponse response = request.response();
        boolean headOnly = request.method().equals(HttpMethod.HEAD);
        switch (lookup.outcome()) {
            case null -> fail(request, lookup, lookup.failure());
            case Lookup.Found(byte[] line) -> {
                if (!isUnmodified(request, lookup)) {
                    head.set(response, lookup.etag(), line.length);
                    response.end(headOnly ? Buffer.buffer() : wrap(line));
                }
            }
            case Lookup.FoundInParts(var parts) -> {
                if (isUnmodified(request, lookup)) {
                    return false;
                }
                if (!headOnly) {
                    new PartsWriter(this, head, request, lookup, parts, loop).start();
                    return true;
                }
                head.set(response, lookup.etag(), parts.length());
                response.end();
            }
            case Lookup.PastTheEnd(long lineCount) ->
                Problem.pastTheEnd(lineCount).answer(request);
            case Lookup.Damaged(String damage) -> damaged(request, lookup, damage);
        }
        return false;
    }

    /** Answers 304 and returns true if the client has the line. */
    private boolean isUnmodified(HttpServerRequest request, LineLookup lookup) {
        String etag = lookup.etag();
        boolean unmodified = EntityTags.match(request.headers().getAll(HttpHeaders.IF_NONE_MATCH), etag);
        if (unmodified) {
            head.setUnmodified(request.response(), etag);
            request.response().setStatusCode(304).end();
        }
        return unmodified;
    }

    /** Wraps an array, which must not change any more, without a copy. Vert.x 4 has no other way to do so. */
    @SuppressWarnings("deprecation")
    static Buffer wrap(byte[] bytes) {
        return Buffer.buffer(Unpooled.wrappedBuffer(bytes));
    }

    /** Ends a request whose lookup or part failed: by a problem, or by a reset if the answer has begun. */
    void fail(HttpServerRequest request, LineLookup lookup, @Nullable Throwable failure) {
        switch (failure == null ? null : StoreException.causeOf(failure)) {
            case StoreUnavailableException e ->
                Problem.unavailable(e.getMessage()).answer(request);
            case LineDamagedException e -> damaged(request, lookup, e.getMessage());
            case StoreException e -> failures.end(request, Problem.storeFailed(e.getMessage()), e);
            case null -> failures.end(request, Problem.unexpected(), null);
            case Throwable e -> failures.end(request, Problem.unexpected(), e);
        }
    }

    private void damaged(HttpServerRequest request, LineLookup lookup, String damage) {
        Manifest manifest = lookup.version().manifest();
        long number = numbers.number(lookup.lineIndex());
        metrics.lineDamaged();
        LOG.errorf(
                "dataset %s version %d line %d: %s",
                manifest.dataset(), manifest.version(), number, ControlCharacters.escape(damage));
        Problem.damaged(manifest, number, damage).answer(request);
    }
}
