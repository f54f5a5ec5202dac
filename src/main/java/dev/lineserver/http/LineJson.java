package dev.lineserver.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.impl.ContextInternal;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.StoreUnavailableException;

/**
 * Answers requests for one line as JSON, on the event loop of the request. The object is that of {@link NdjsonWriter}, and
 * like there, lines of over 1 MiB have no such form.
 */
final class LineJson {
    /** The JSON of a longer line takes places in {@link RangeLimits}; that of shorter ones takes less memory than a long line. */
    private static final int MAX_UNLIMITED_BYTES = 64 << 10;

    private final LineHead head;
    private final RangeLimits limits;
    private final LineNumbers numbers;
    private final Duration lookupTimeout;
    private final ByteBufAllocator allocator;

    LineJson(LineHead head, RangeLimits limits, ServeConfig config, ByteBufAllocator allocator) {
        this.allocator = allocator;
        this.head = head;
        this.limits = limits;
        numbers = config.lineNumbers();
        lookupTimeout = config.http().lookupTimeout();
    }

    /**
     * Answers a request whose line was found.
     *
     * @return completes when the version is no longer needed, or fails with the store's failure before the head was written
     */
    Future<Void> answer(HttpServerRequest request, LineRequest lineRequest, ContextInternal context, Lookup found) {
        long length = found instanceof Lookup.FoundInParts(LineParts parts) ? parts.length() : line(found).length;
        if (length > NdjsonWriter.MAX_LINE_BYTES) {
            Problem.tooLongForJson(numbers.number(lineRequest.lineIndex), length)
                    .answer(request);
            return Future.succeededFuture();
        }
        if (head.answerCondition(request, lineRequest, LineForm.JSON)) {
            return Future.succeededFuture();
        }
        boolean limited = length > MAX_UNLIMITED_BYTES;
        int places = limited ? limits.acquireForJson(length) : 0;
        if (limited && places == 0) {
            lineRequest.outcomes.requests.recordRefusal(RequestMetrics.Refusal.BUSY);
            limits.busy().answer(request);
            return Future.succeededFuture();
        }
        // Within a stage, so that what a store throws is a failure that releases the places.
        CompletionStage<Lookup> read = CompletableFuture.completedFuture(found).thenCompose(SelectedPieces::whole);
        return Future.fromCompletionStage(read, context)
                .timeout(lookupTimeout.toNanos(), TimeUnit.NANOSECONDS)
                .recover(failure -> Future.failedFuture(
                        failure instanceof TimeoutException ? StoreUnavailableException.late(lookupTimeout) : failure))
                .compose(whole -> write(request, lineRequest, line(whole)))
                .onComplete(_ -> limits.release(places));
    }

    private static byte[] line(Lookup whole) {
        return ((Lookup.Found) whole).line();
    }

    private Future<Void> write(HttpServerRequest request, LineRequest lineRequest, byte[] line) {
        byte[] json = json(lineRequest.lineIndex, line);
        head.set(request.response(), lineRequest, LineForm.JSON, json.length);
        Future<Void> written = request.method().equals(HttpMethod.HEAD)
                ? request.response().end()
                : request.response().end(LineRoute.wrap(json));
        // A failed write means that the client has disconnected; there is nothing to answer.
        return written.otherwiseEmpty();
    }

    private byte[] json(long lineIndex, byte[] line) {
        NdjsonWriter writer = new NdjsonWriter(numbers, allocator);
        try {
            writer.writeLine(lineIndex, line, line.length);
            ByteBuf json = writer.take();
            try {
                return ByteBufUtil.getBytes(json);
            } finally {
                json.release();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            writer.close();
        }
    }
}
