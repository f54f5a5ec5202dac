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
import dev.lineserver.http.fastpath.PlainRequestParser.PlainRequest;

/**
 * The first handler of one connection: answers plain requests for lines itself, and passes all other bytes on to Vert.x,
 * which chooses the protocol by the first of them. Answers leave in the order of their requests: nothing is looked up
 * while the router owes an answer, and nothing is passed on while a lookup is in flight.
 *
 * <pre>
 * state             meaning                                next bytes    next state
 * BETWEEN_REQUESTS  all requests are answered              plain head:   LOOKING_UP
 *                                                          passed on:    ROUTED_AT_BOUNDARY or ROUTED_MID_REQUEST
 * LOOKING_UP        a lookup is in flight                  held          line written: BETWEEN_REQUESTS, or CLOSING
 *                                                                        on request; else the router answers: ROUTED_AT_BOUNDARY
 * ROUTED_AT_BOUNDARY            bytes passed on end with a head's end  passed on     router is idle: BETWEEN_REQUESTS
 * ROUTED_MID_REQUEST     they end within a head or a body       passed on     ROUTED_AT_BOUNDARY
 * CLOSING           the last answer was written            held
 * </pre>
 *
 * <p>Bytes are held too, and no more are read, while the client does not read its answers or the router has many requests
 * to answer: a client that only asks must not fill the memory. The handler removes itself from a connection that does not
 * speak HTTP/1.1. Used on the connection's event loop only.
 */
final class FastPathHandler extends ChannelDuplexHandler {
    private enum ConnectionState {
        BETWEEN_REQUESTS,
        LOOKING_UP,
        ROUTED_AT_BOUNDARY,
        ROUTED_MID_REQUEST,
        CLOSING
    }

    /** Two line ends: every head ends with them, and none contains them. */
    private static final int END_OF_HEAD = 0x0D0A0D0A;

    /** Requests for the router: Vert.x keeps pipelined ones in a linked list and walks all of it to append one. */
    private static final int MAX_ROUTED_REQUESTS = 100;

    /** Often enough for an idle timeout of a second, and rare enough to cost most requests nothing. */
    private static final long IDLE_RESET_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final FastPath fastPath;
    private final PlainRequestParser parser = new PlainRequestParser();
    private ConnectionState state = ConnectionState.BETWEEN_REQUESTS;
    /** Bytes that were read and must wait. */
    private @Nullable ByteBuf held;
    /** Null until bytes are passed on for the first time. */
    private @Nullable RoutedRequests routed;

    /** True while bytes are taken, so that events that Vert.x causes meanwhile take no more. */
    private boolean processing;
    /** True if nothing more is read, because bytes are held. */
    private boolean readingPaused;
    /** True while a {@code channelReadComplete} must still be forwarded: Vert.x flushes its answers then. */
    private boolean readCompletePending;

    private long lastIdleResetNanos = System.nanoTime();

    FastPathHandler(FastPath fastPath) {
        this.fastPath = fastPath;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
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

    /** Takes the held bytes if they need not be held any more. */
    private void resume(ChannelHandlerContext ctx) {
        if (!processing) {
            processHeld(ctx);
            channelReadComplete(ctx);
        }
    }

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
        if (readingPaused != (held != null)) {
            readingPaused = !readingPaused;
            ctx.channel().config().setAutoRead(!readingPaused);
        }
    }

    /** Takes the next request or all bytes; returns false if they must wait. */
    private boolean processNext(ChannelHandlerContext ctx, ByteBuf bytes) {
        if (state == ConnectionState.ROUTED_AT_BOUNDARY
                && routed != null
                && routed.lastRequestComplete
                && routed.unanswered == 0) {
            state = ConnectionState.BETWEEN_REQUESTS;
        }
        boolean busy = state == ConnectionState.LOOKING_UP || state == ConnectionState.CLOSING;
        if (busy || !ctx.channel().isWritable() || (routed != null && routed.unanswered >= MAX_ROUTED_REQUESTS)) {
            return false;
        }
        if (state != ConnectionState.BETWEEN_REQUESTS || !beginLookup(ctx, bytes)) {
            held = null;
            forward(ctx, bytes);
        }
        return true;
    }

    /** Begins to answer the next request; returns false if the router must answer it. */
    private boolean beginLookup(ChannelHandlerContext ctx, ByteBuf bytes) {
        PlainRequest plain = parser.parse(bytes);
        LineRequest request = plain == null ? null : fastPath.lineRoute.prepare(plain.target());
        if (plain == null || request == null) {
            return false;
        }
        bytes.skipBytes(plain.length());
        if (!bytes.isReadable()) {
            held = null;
            bytes.release();
        }
        resetIdleTimeout(ctx);
        state = ConnectionState.LOOKING_UP;
        request.lookUp(ctx.executor(), true, () -> finishLookup(ctx, request, plain));
        return true;
    }

    private void finishLookup(ChannelHandlerContext ctx, LineRequest request, PlainRequest plain) {
        boolean nested = processing;
        processing = true;
        boolean handedOver = false;
        try {
            byte[] line = request.line();
            if (line != null) {
                writeLine(ctx, request, line, plain.closing());
            } else if (!ctx.isRemoved()) {
                handedOver =
                        request.handOver(() -> forward(ctx, Unpooled.wrappedBuffer(plain.bytes(), 0, plain.length())));
            }
        } catch (RuntimeException | Error unexpected) {
            closeAfterFailure(ctx, unexpected);
        } finally {
            if (!handedOver) {
                request.release();
            }
            processing = nested;
        }
        resume(ctx);
    }

    /** A failed write means that the client has disconnected; there is nothing to do. */
    private void writeLine(ChannelHandlerContext ctx, LineRequest request, byte[] line, boolean closing) {
        ByteBuf answer = fastPath.head.encode(ctx.alloc(), request.etag(), line, closing);
        state = closing ? ConnectionState.CLOSING : ConnectionState.BETWEEN_REQUESTS;
        ChannelPromise promise = closing
                ? ctx.newPromise().addListener(ChannelFutureListener.CLOSE)
                : new VoidChannelPromise(ctx.channel(), false);
        ChannelFuture _ = ctx.writeAndFlush(answer, promise);
    }

    private void closeAfterFailure(ChannelHandlerContext ctx, Throwable unexpected) {
        state = ConnectionState.CLOSING;
        ChannelFuture _ = ctx.close();
        fastPath.outcomes.recordFastPathFailure(unexpected);
    }

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

    /** Passes the first byte on, upon which Vert.x sets up HTTP/1.1, and counts the router's exchanges from then on. */
    private void startRouting(ChannelHandlerContext ctx, ByteBuf bytes) {
        ctx.fireChannelRead(bytes.readRetainedSlice(1));
        if (ctx.pipeline().get(HttpRequestDecoder.class) == null) {
            // It may begin the preface of HTTP/2.
            ctx.pipeline().remove(this);
        } else {
            routed = new RoutedRequests(() -> resume(ctx));
            ctx.pipeline().addLast(routed);
        }
    }

    /** Tells the idle timeout, a later handler that Vert.x may replace, of requests that it does not see. */
    private void resetIdleTimeout(ChannelHandlerContext ctx) {
        long now = System.nanoTime();
        if (now - lastIdleResetNanos > IDLE_RESET_INTERVAL_NANOS) {
            lastIdleResetNanos = now;
            IdleStateHandler idle = ctx.pipeline().get(IdleStateHandler.class);
            if (idle != null) {
                idle.resetReadTimeout();
            }
        }
    }

    /** Between the HTTP codec and Vert.x: counts the requests that the router has not answered yet. */
    private static final class RoutedRequests extends ChannelDuplexHandler {
        private final Runnable onBelowLimit;
        private int unanswered;
        /** True if the last request arrived to its end, well-formed. */
        private boolean lastRequestComplete;

        RoutedRequests(Runnable onBelowLimit) {
            this.onBelowLimit = onBelowLimit;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            lastRequestComplete = message instanceof LastHttpContent last
                    && last.decoderResult().isSuccess();
            if (message instanceof HttpRequest) {
                unanswered++;
            }
            ctx.fireChannelRead(message);
        }

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            boolean interim = message instanceof HttpResponse response
                    && response.status().codeClass().equals(HttpStatusClass.INFORMATIONAL);
            if (message instanceof LastHttpContent && !interim && unanswered-- == MAX_ROUTED_REQUESTS) {
                // Later, because Vert.x is in the middle of ending an answer.
                ctx.executor().execute(onBelowLimit);
            }
            ChannelFuture _ = ctx.write(message, promise);
        }
    }
}
