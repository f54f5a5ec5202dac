package dev.lineserver.http;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.impl.ConnectionBase;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.StoreUnavailableException;

/**
 * Writes the body of an answer with back-pressure: the next piece is made when the operating system, or in HTTP/2 also the
 * window of the stream, has taken the last one.
 *
 * <pre>
 * state     meaning                            next state
 * MAKING    a piece is being made              WRITING; ENDED if that fails or takes too long
 * WRITING   a piece is being written           MAKING; ENDED after the last piece, or if the client has disconnected
 * ENDED     nothing more will be written
 * </pre>
 *
 * <p>The head follows the first piece, so that a store that fails at once is still answered with a problem. The pieces are
 * closed, and the owner is told, when the writer has ended and no piece is being made any more: until then, the store may
 * write to the memory of the pieces, and uses the version.
 *
 * <p>All methods run on the event loop of the request. Only the stage of a piece may complete on another thread.
 */
final class BodyWriter {
    private enum WriterState {
        MAKING,
        WRITING,
        ENDED
    }

    /** The parties to an answer. */
    interface Owner {
        /**
         * Sets the status and the headers. Called before the first write, and not after a failure.
         *
         * @param onePiece true if the first piece is the whole body, so that Vert.x can tell its length
         */
        void setHead(boolean onePiece);

        /** Answers with a problem, or cuts the answer off if the head has been written. Nothing is written after it. */
        void fail(Throwable failure, boolean headWritten);

        /** Releases what the pieces were made from. Called once, last, on any thread. */
        void release();
    }

    private final HttpServerRequest request;
    private final HttpServerResponse response;
    private final Channel channel;
    private final EventLoop loop;
    private final BodyPieces pieces;
    private final Duration timeout;
    private final Owner owner;
    private WriterState state = WriterState.MAKING;
    private boolean headSet;
    private @Nullable ScheduledFuture<?> timer;

    /** @param timeout the answer fails if making a piece takes longer */
    BodyWriter(HttpServerRequest request, BodyPieces pieces, Duration timeout, Owner owner) {
        this.request = request;
        response = request.response();
        channel = ((ConnectionBase) request.connection()).channel();
        loop = channel.eventLoop();
        this.pieces = pieces;
        this.timeout = timeout;
        this.owner = owner;
    }

    /** Makes and writes the first piece, and then all others. */
    void start() {
        makeNext();
    }

    private void makeNext() {
        state = WriterState.MAKING;
        CompletableFuture<ByteBuf> piece;
        try {
            piece = pieces.next().toCompletableFuture();
        } catch (RuntimeException | Error e) {
            finishPiece(null, e);
            return;
        }
        try {
            if (!piece.isDone()) {
                timer = loop.schedule(this::timeOut, timeout.toNanos(), TimeUnit.NANOSECONDS);
            }
        } catch (RuntimeException | Error noTimer) {
            // The store may still write to the piece: finishPiece releases it when that ends.
            fail(noTimer);
        }
        CompletionStage<ByteBuf> _ = piece.whenComplete((made, failure) -> {
            if (loop.inEventLoop()) {
                finishPiece(made, failure);
            } else {
                loop.execute(() -> finishPiece(made, failure));
            }
        });
    }

    private void timeOut() {
        if (state == WriterState.MAKING) {
            fail(StoreUnavailableException.late(timeout));
        }
    }

    private void finishPiece(@Nullable ByteBuf piece, @Nullable Throwable failure) {
        if (timer != null) {
            boolean _ = timer.cancel(false);
            timer = null;
        }
        if (state == WriterState.ENDED) {
            // The timeout has passed before; the memory was needed until now.
            if (piece != null) {
                boolean _ = piece.release();
            }
            release();
        } else if (piece == null) {
            fail(failure == null ? new IllegalStateException("no piece") : failure);
            release();
        } else if (piece.isReadable() || pieces.ended()) {
            write(piece);
        } else {
            finishWrite(piece, true, false);
        }
    }

    private void write(ByteBuf piece) {
        state = WriterState.WRITING;
        boolean last = pieces.ended();
        Future<Void> written;
        try {
            if (!headSet) {
                headSet = true;
                owner.setHead(last);
            }
            written = last ? response.end(wrap(piece)) : response.write(wrap(piece));
        } catch (RuntimeException | Error e) {
            fail(e);
            releaseAll(piece);
            return;
        }
        Future<Void> _ = written.onComplete(result -> finishWrite(piece, result.succeeded(), last));
    }

    /** Wraps a buffer without a copy. Vert.x writes a slice that it cannot release; {@link #finishWrite} releases the buffer. */
    @SuppressWarnings("deprecation") // Vert.x 4 offers no other way.
    private static Buffer wrap(ByteBuf piece) {
        return Buffer.buffer(piece);
    }

    private void finishWrite(ByteBuf piece, boolean succeeded, boolean last) {
        if (succeeded && !last) {
            boolean _ = piece.release();
            // In a task of its own: pieces that are made and written at once would otherwise nest, and keep other
            // connections of the event loop waiting.
            loop.execute(this::makeNext);
            return;
        }
        // A failed write means that the client has disconnected, or has reset its stream; there is nothing to answer.
        state = WriterState.ENDED;
        if (succeeded || !channel.isActive()) {
            releaseAll(piece);
        } else {
            // A part of the piece may be in the queue of the connection, which other streams of HTTP/2 use. When an
            // empty
            // write has left that queue, so has everything before it.
            ChannelFuture _ = channel.pipeline()
                    .firstContext()
                    .writeAndFlush(Unpooled.EMPTY_BUFFER)
                    .addListener(_ -> releaseAll(piece));
        }
    }

    private void releaseAll(ByteBuf piece) {
        boolean _ = piece.release();
        release();
    }

    private void fail(Throwable failure) {
        state = WriterState.ENDED;
        try {
            owner.fail(failure, response.headWritten());
        } catch (RuntimeException | Error e) {
            RequestGuard.cutOff(request);
        }
    }

    private void release() {
        CompletionStage<Void> unused = CompletableFuture.completedFuture(null);
        try {
            unused = pieces.close();
        } finally {
            CompletionStage<Void> _ = unused.whenComplete((_, _) -> owner.release());
        }
    }
}
