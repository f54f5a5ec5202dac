package dev.lineserver.http;

import java.time.Duration;
import java.util.Map;
import java.util.OptionalLong;

import io.netty.buffer.ByteBufAllocator;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpServerRequest;

import dev.lineserver.store.LineParts;
import dev.lineserver.store.LineRange;

/**
 * An answer with a line that is too long to be read whole. A slow client occupies one piece of it, however long the line is:
 * {@link #BLOCK_BYTES} if the store fills memory of its caller, otherwise one part.
 */
final class LongLineAnswer implements BodyWriter.Owner {
    /** Size of a piece in bytes: 64 KiB. */
    static final int BLOCK_BYTES = 64 << 10;

    private final HttpServerRequest request;
    private final LineRequest lineRequest;
    private final LineForm form;
    private final LineParts parts;
    private final LineHead head;
    private final StoreFailures failures;
    /** True if the store writes to memory of this answer, so that the version must stay open until it has ended. */
    private final boolean inBlocks;

    private final LineRange range;
    private final Promise<Void> released = Promise.promise();

    LongLineAnswer(
            HttpServerRequest request,
            LineRequest lineRequest,
            LineForm form,
            LineParts parts,
            LineHead head,
            StoreFailures failures) {
        this.request = request;
        this.lineRequest = lineRequest;
        this.form = form;
        this.parts = parts;
        this.head = head;
        this.failures = failures;
        range = lineRequest.version.range(lineRequest.lineIndex, lineRequest.lineIndex + 1);
        // A store that must read the line to know the bytes of this range reads it in parts.
        inBlocks = range.byteCount().isPresent();
    }

    /**
     * Writes the answer.
     *
     * @param timeout the answer fails if reading a piece takes longer
     * @return completes, on any thread, when the version is no longer needed
     */
    Future<Void> write(ByteBufAllocator allocator, Duration timeout) {
        BodyPieces pieces = inBlocks
                // Without the terminator, which is the last byte of the range.
                ? new PlainPieces(range, OptionalLong.of(parts.length()), BLOCK_BYTES, allocator)
                : new PartPieces(parts, allocator);
        new BodyWriter(request, pieces, timeout, this).start();
        return released.future();
    }

    @Override
    public void setHead(boolean onePiece) {
        head.set(request.response(), lineRequest, form, parts.length());
    }

    @Override
    public void fail(Throwable failure, boolean headWritten) {
        if (!inBlocks) {
            // The store may never end the read of a part, and nothing waits for it.
            boolean _ = released.tryComplete();
        }
        if (request.response().closed()) {
            return;
        }
        if (headWritten) {
            failures.cut(request, lineRequest.version.manifest(), failure);
        } else {
            failures.answer(request, lineRequest.version.manifest(), failure, Map.of());
        }
    }

    @Override
    public void release() {
        boolean _ = released.tryComplete();
    }
}
