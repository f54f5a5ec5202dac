package dev.lineserver.http.fastpath;

import java.util.concurrent.TimeUnit;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.VoidChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

import dev.lineserver.http.LineRequest;
import dev.lineserver.http.connection.HeadDeadline;
import dev.lineserver.http.fastpath.PlainRequestParser.PlainRequest;

/**
 * Answers plain requests for lines on one connection, and forwards all other bytes to Vert.x. It is the first handler of
 * the connection, so it sees bytes before Vert.x has chosen a protocol or decoded a head.
 *
 * <p>Answers must leave in the order of their requests. Therefore no lookup begins while the router has requests to
 * answer, and no bytes are forwarded while a lookup is in flight. Here, the router is Vert.x with all of its routes.
 *
 * <pre>
 * state               meaning                                  bytes that arrive   next state
 * BETWEEN_REQUESTS    every request has been answered          plain request:      LOOKING_UP
 *                                                              forwarded:          ROUTED_*
 * LOOKING_UP          a lookup is in flight                    held                line found: BETWEEN_REQUESTS,
 *                                                                                  or CLOSING if the request says so;
 *                                                                                  otherwise: ROUTED_AT_BOUNDARY
 * ROUTED_AT_BOUNDARY  the forwarded bytes end with a head      forwarded           ROUTED_*, or BETWEEN_REQUESTS once
 *                                                                                  the router has answered everything
 * ROUTED_MID_REQUEST  they may end within a head or a body     forwarded           ROUTED_*
 * CLOSING             the last answer was written, or the      held                none: the connection is closed
 *                     fast path failed
 *
 * ROUTED_* is ROUTED_AT_BOUNDARY if the forwarded bytes end with the end of a head, otherwise ROUTED_MID_REQUEST.
 * </pre>
 *
 * <p>Bytes are also held while the client does not read its answers and while the router has
 * {@link #MAX_ROUTED_REQUESTS} requests to answer. As long as bytes are held, the channel is not read: a client that sends
 * requests without end must not fill the memory.
 *
 * <p>All methods run on the event loop of the connection. The handler removes itself from a connection that does not speak
 * HTTP/1.1.
 */
final class FastPathHandler extends ChannelDuplexHandler {
    private enum ConnectionState {
        BETWEEN_REQUESTS,
        LOOKING_UP,
        ROUTED_AT_BOUNDARY,
        ROUTED_MID_REQUEST,
        CLOSING
    }

    /** An empty line after another line end: every head ends with these four bytes, and no head contains them earlier. */
    private static final int END_OF_HEAD = 0x0D0A0D0A;

    /**
     * Bound on the requests that the router has not yet answered. Vert.x keeps pipelined requests in a linked list, and
     * walks along the whole list to append one.
     */
    private static final int MAX_ROUTED_REQUESTS = 100;

    /** The idle timeout restarts once in this fraction of it, so a busy connection may seem idle that much too early. */
    private static final int IDLE_RESETS = 20;

    /** For a connection without an idle timeout, which may get one. */
    private static final long NO_IDLE_TIMEOUT_MILLIS = 1000;

    private final FastPath fastPath;
    private final PlainRequestParser parser = new PlainRequestParser();
    private ConnectionState state = ConnectionState.BETWEEN_REQUESTS;
    /** Bytes that were read and have not yet been processed. */
    private @Nullable ByteBuf held;
    /** Null until bytes are forwarded for the first time. */
    private @Nullable RoutedRequests routed;

    /**
     * True while this handler processes bytes or finishes a lookup. Both write to the channel or call Vert.x, which may
     * fire {@link #channelWritabilityChanged} before they return. Such a nested call must not process bytes.
     */
    private boolean processing;
    /** True if this handler has paused reading, because bytes are held. */
    private boolean readingPaused;
    /** True if bytes were forwarded without a {@code channelReadComplete} after them: Vert.x flushes its answers then. */
    private boolean readCompletePending;

    private long nextIdleResetNanos = System.nanoTime();
    /** Null until the first request, and if the connection has none. Kept, because finding it costs several accesses to memory. */
    private @Nullable HeadDeadline headDeadline;

    FastPathHandler(FastPath fastPath) {
        this.fastPath = fastPath;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        // Bytes are held only if they must wait. An incomplete head is forwarded, and its rest follows to the decoder.
        held = held == null ? bytes : Unpooled.wrappedBuffer(held, bytes);
        processHeld(ctx);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (readCompletePending) {
            readCompletePending = false;
            ctx.fireChannelReadComplete();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        ctx.fireChannelWritabilityChanged();
        resume(ctx);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        ReferenceCountUtil.release(held);
        held = null;
    }

    /**
     * Continues with the held bytes after something has changed outside of a read: the channel became writable, a lookup
     * ended, or the router answered a request.
     */
    private void resume(ChannelHandlerContext ctx) {
        if (!processing) {
            processHeld(ctx);
            // No read is under way that would end with this event, but bytes may have been forwarded.
            channelReadComplete(ctx);
        }
    }

    /** Processes held bytes until none are left or the rest must wait, and pauses or resumes reading accordingly. */
    private void processHeld(ChannelHandlerContext ctx) {
        processing = true;
        try {
            boolean progressed = true;
            while (progressed && held != null) {
                progressed = processNext(ctx, held);
            }
        } catch (RuntimeException | Error unexpected) {
            closeAfterFailure(ctx, unexpected);
        } finally {
            processing = false;
        }
        if (held == null) {
            resumeReading(ctx);
        } else if (ctx.channel().config().isAutoRead()) {
            // Back-pressure: as long as bytes are held, the socket is not read, and TCP makes the client wait. Vert.x
            // may have paused reading before, or may have resumed it since.
            readingPaused = true;
            ctx.channel().config().setAutoRead(false);
        }
    }

    private void resumeReading(ChannelHandlerContext ctx) {
        if (readingPaused) {
            readingPaused = false;
            ctx.channel().config().setAutoRead(true);
        }
    }

    /**
     * Begins the lookup of the first request in {@code bytes}, or forwards all of them.
     *
     * @param bytes the held bytes
     * @return false if they must wait
     */
    private boolean processNext(ChannelHandlerContext ctx, ByteBuf bytes) {
        if (state == ConnectionState.ROUTED_AT_BOUNDARY
                && routed != null
                && routed.lastRequestComplete
                && routed.unanswered == 0) {
            // The decoder holds no part of a further request, and every answer has been written.
            state = ConnectionState.BETWEEN_REQUESTS;
        }
        boolean busy = state == ConnectionState.LOOKING_UP || state == ConnectionState.CLOSING;
        if (busy || !ctx.channel().isWritable() || (routed != null && routed.unanswered >= MAX_ROUTED_REQUESTS)) {
            return false;
        }
        if (state != ConnectionState.BETWEEN_REQUESTS || !beginLookup(ctx, bytes)) {
            // All bytes, not one request: only the decoder knows the boundaries of requests that are not plain.
            held = null;
            // Before Vert.x gets the bytes: it may pause reading because of them, and pauses only once.
            resumeReading(ctx);
            forward(ctx, bytes);
        }
        return true;
    }

    /** Begins the lookup for the first request in {@code bytes}; returns false if the router must answer it. */
    private boolean beginLookup(ChannelHandlerContext ctx, ByteBuf bytes) {
        PlainRequest plain = parser.parse(bytes);
        LineRequest request = plain == null ? null : fastPath.lineRoute.prepare(plain.target());
        if (plain == null || request == null) {
            return false;
        }
        try {
            bytes.skipBytes(plain.length());
            if (!bytes.isReadable()) {
                held = null;
                bytes.release();
            }
            resetIdleTimeout(ctx);
            if (headDeadline == null) {
                headDeadline = HeadDeadline.of(ctx.channel());
            }
            if (headDeadline != null) {
                headDeadline.requestBegan(false);
            }
            // Last: only finishLookup ends it.
            fastPath.outcomes.beginRequest();
        } catch (RuntimeException | Error unexpected) {
            request.release();
            throw unexpected;
        }
        // Before the lookup begins: it may end, and change the state again, before this call returns.
        state = ConnectionState.LOOKING_UP;
        request.lookUp(ctx.executor(), true, () -> finishLookup(ctx, request, plain));
        return true;
    }

    /**
     * Answers a request whose lookup has ended: writes the line, or lets the router answer from the outcome. Runs inside
     * {@link #processHeld} if the store answered at once, otherwise in a later task of the event loop.
     */
    private void finishLookup(ChannelHandlerContext ctx, LineRequest request, PlainRequest plain) {
        boolean nested = processing;
        processing = true;
        boolean handedOver = false;
        try {
            byte[] line = request.line();
            if (line != null) {
                writeLine(ctx, request, line, plain.closing());
                request.recordAnswer();
            } else if (!ctx.isRemoved()) { // The client may have disconnected during the lookup.
                handedOver =
                        request.handOver(() -> forward(ctx, Unpooled.wrappedBuffer(plain.bytes(), 0, plain.length())));
            }
        } catch (RuntimeException | Error unexpected) {
            closeAfterFailure(ctx, unexpected);
        } finally {
            if (!handedOver) {
                request.release();
            }
            fastPath.outcomes.endRequest();
            if (headDeadline != null) {
                headDeadline.requestEnded();
            }
            processing = nested;
        }
        // Does nothing if nested: the loop of processHeld continues.
        resume(ctx);
    }

    /** Writes an answer. A failed write means that the client has disconnected; there is nothing to do. */
    private void writeLine(ChannelHandlerContext ctx, LineRequest request, byte[] line, boolean closing) {
        ByteBuf answer = fastPath.head.encode(ctx.alloc(), request.etag(), request.isPinned(), line, closing);
        state = closing ? ConnectionState.CLOSING : ConnectionState.BETWEEN_REQUESTS;
        ChannelPromise promise = closing
                ? ctx.newPromise().addListener(ChannelFutureListener.CLOSE)
                : new VoidChannelPromise(ctx.channel(), false);
        ChannelFuture _ = ctx.writeAndFlush(answer, promise);
    }

    /** Closes the connection, because the client can no longer tell which answer belongs to which request. */
    private void closeAfterFailure(ChannelHandlerContext ctx, Throwable unexpected) {
        state = ConnectionState.CLOSING;
        ChannelFuture _ = ctx.close();
        fastPath.outcomes.recordFastPathFailure(unexpected);
    }

    /** Passes bytes to Vert.x, which decodes and routes them, and often answers them, before this method returns. */
    private void forward(ChannelHandlerContext ctx, ByteBuf bytes) {
        int end = bytes.writerIndex() - Integer.BYTES;
        boolean endsWithHead = end >= bytes.readerIndex() && bytes.getInt(end) == END_OF_HEAD;
        state = endsWithHead ? ConnectionState.ROUTED_AT_BOUNDARY : ConnectionState.ROUTED_MID_REQUEST;
        readCompletePending = true;
        if (routed == null) {
            startRouting(ctx, bytes);
        }
        ctx.fireChannelRead(bytes);
    }

    /**
     * Forwards the first byte alone, and begins to count requests. Vert.x chooses the protocol by this byte and adds the
     * codec of HTTP/1.1, but adds its own last handler with the first whole request. So the counter, added between the two
     * events, stands behind the codec and in front of Vert.x.
     */
    private void startRouting(ChannelHandlerContext ctx, ByteBuf bytes) {
        ctx.fireChannelRead(bytes.readRetainedSlice(1));
        if (ctx.pipeline().get(HttpRequestDecoder.class) == null) {
            // The byte may be the first of the preface of HTTP/2. Vert.x now gets all bytes directly.
            ctx.pipeline().remove(this);
        } else {
            routed = new RoutedRequests(() -> resume(ctx));
            ctx.pipeline().addLast(routed);
        }
    }

    /**
     * Restarts the idle timeout, whose handler comes later in the pipeline and does not see the requests that are answered
     * here. Vert.x may replace that handler, so it is looked up each time. That visits all handlers of the connection: with
     * thousands of connections they are in no cache, so it must not happen with every request.
     */
    private void resetIdleTimeout(ChannelHandlerContext ctx) {
        long now = System.nanoTime();
        if (now - nextIdleResetNanos >= 0) {
            IdleStateHandler idle = ctx.pipeline().get(IdleStateHandler.class);
            long timeoutMillis = NO_IDLE_TIMEOUT_MILLIS;
            if (idle != null) {
                idle.resetReadTimeout();
                timeoutMillis = Math.max(idle.getReaderIdleTimeInMillis(), idle.getAllIdleTimeInMillis());
            }
            nextIdleResetNanos = now + TimeUnit.MILLISECONDS.toNanos(timeoutMillis) / IDLE_RESETS;
        }
    }

    /** A handler between the HTTP codec and Vert.x that counts the requests which the router has not yet answered. */
    private static final class RoutedRequests extends ChannelDuplexHandler {
        private final Runnable onBelowLimit;
        private int unanswered;
        /** True if the last request has been received whole and is well-formed. */
        private boolean lastRequestComplete;

        RoutedRequests(Runnable onBelowLimit) {
            this.onBelowLimit = onBelowLimit;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            // A malformed request never counts as complete, so the connection does not return to the fast path.
            lastRequestComplete = message instanceof LastHttpContent last
                    && last.decoderResult().isSuccess();
            if (message instanceof HttpRequest) {
                unanswered++;
            }
            ctx.fireChannelRead(message);
        }

        /**
         * Ends a request whose body stays incomplete because the connection is closed, if it is not the one that is being
         * answered. Otherwise Vert.x 4.5 throws a NullPointerException, and does not tell the router that the answer in
         * progress has ended: a server that shuts down would wait for it.
         */
        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            if (!lastRequestComplete && unanswered > 1) {
                ctx.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
            }
            ctx.fireChannelInactive();
        }

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            // An interim response, such as 100 (Continue), is followed by the answer.
            boolean interim = message instanceof HttpResponse response
                    && response.status().codeClass().equals(HttpStatusClass.INFORMATIONAL);
            if (message instanceof LastHttpContent && !interim && unanswered-- == MAX_ROUTED_REQUESTS) {
                // In a task of its own, because Vert.x is still ending this answer.
                ctx.executor().execute(onBelowLimit);
            }
            ChannelFuture _ = ctx.write(message, promise);
        }
    }
}
