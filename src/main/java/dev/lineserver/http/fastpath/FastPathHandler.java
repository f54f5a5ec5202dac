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
 *                                                          passed on:    ROUTED or ROUTED_PARTLY
 * LOOKING_UP        a lookup is in flight                  held          line written: BETWEEN_REQUESTS, or CLOSING
 *                                                                        on request; else the router answers: ROUTED
 * ROUTED            bytes passed on end with a head's end  passed on     router is idle: BETWEEN_REQUESTS
 * ROUTED_PARTLY     they end within a head or a body       passed on     ROUTED
 * CLOSING           the last answer was written            held
 * </pre>
 *
 * <p>Bytes are held too, and no more are read, while the client does not read its answers or the router has many requests
 * to answer: a client that only asks must not fill the memory. The handler removes itself from a connection that does not
 * speak HTTP/1.1. Used on the connection's event loop only.
 */
final class FastPathHandler extends ChannelDuplexHandler {
    private enum State {
        BETWEEN_REQUESTS,
        LOOKING_UP,
        ROUTED,
        ROUTED_PARTLY,
        CLOSING
    }

    /** Two line ends: every head ends with them, and none contains them. */
    private static final int END_OF_HEAD = 0x0D0A0D0A;

    /** Requests for the router: Vert.x keeps pipelined ones in a linked list and walks all of it to append one. */
    private static final int MANY = 100;

    /** Often enough for an idle timeout of a second, and rare enough to cost most requests nothing. */
    private static final long REPORT_ACTIVITY_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final FastPath fastPath;
    private final PlainRequestParser parser = new PlainRequestParser();
    private State state = State.BETWEEN_REQUESTS;
    /** Bytes that were read and must wait. */
    private @Nullable ByteBuf held;
    /** Null until bytes are passed on for the first time. */
    private @Nullable RouterExchanges router;

    /** True while bytes are taken, so that events that Vert.x causes meanwhile take no more. */
    private boolean taking;
    /** True if nothing more is read, because bytes are held. */
    private boolean paused;
    /** True while a {@code channelReadComplete} must still be forwarded: Vert.x flushes its answers then. */
    private boolean readCompletePending;

    private long activityReported = System.nanoTime();

    FastPathHandler(FastPath fastPath) {
        this.fastPath = fastPath;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf bytes = (ByteBuf) message;
        held = held == null ? bytes : Unpooled.wrappedBuffer(held, bytes);
        takeHeld(ctx);
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
        if (!taking) {
            takeHeld(ctx);
            channelReadComplete(ctx);
        }
    }

    private void takeHeld(ChannelHandlerContext ctx) {
        taking = true;
        try {
            boolean taken = true;
            while (taken && held != null) {
                taken = take(ctx, held);
            }
        } catch (RuntimeException | Error unexpected) {
            fail(ctx, unexpected);
        } finally {
            taking = false;
        }
        if (paused != (held != null)) {
            paused = !paused;
            ctx.channel().config().setAutoRead(!paused);
        }
    }

    /** Takes the next request or all bytes; returns false if they must wait. */
    private boolean take(ChannelHandlerContext ctx, ByteBuf bytes) {
        if (state == State.ROUTED && router != null && router.requestEnded && router.pending == 0) {
            state = State.BETWEEN_REQUESTS;
        }
        boolean busy = state == State.LOOKING_UP || state == State.CLOSING;
        if (busy || !ctx.channel().isWritable() || (router != null && router.pending >= MANY)) {
            return false;
        }
        if (state != State.BETWEEN_REQUESTS || !lookUp(ctx, bytes)) {
            held = null;
            passOn(ctx, bytes);
        }
        return true;
    }

    /** Begins to answer the next request; returns false if the router must answer it. */
    private boolean lookUp(ChannelHandlerContext ctx, ByteBuf bytes) {
        PlainRequest request = parser.parse(bytes);
        LineRequest wanted = request == null ? null : fastPath.lines.begin(request.target());
        if (request == null || wanted == null) {
            return false;
        }
        bytes.skipBytes(request.length());
        if (!bytes.isReadable()) {
            held = null;
            bytes.release();
        }
        reportActivity(ctx);
        state = State.LOOKING_UP;
        wanted.run(ctx.executor(), true, () -> complete(ctx, wanted, request));
        return true;
    }

    private void complete(ChannelHandlerContext ctx, LineRequest wanted, PlainRequest request) {
        boolean nested = taking;
        taking = true;
        boolean handedOver = false;
        try {
            byte[] line = wanted.line();
            if (line != null) {
                write(ctx, wanted, line, request.closing());
            } else if (!ctx.isRemoved()) {
                handedOver = wanted.handOver(
                        () -> passOn(ctx, Unpooled.wrappedBuffer(request.bytes(), 0, request.length())));
            }
        } catch (RuntimeException | Error unexpected) {
            fail(ctx, unexpected);
        } finally {
            if (!handedOver) {
                wanted.release();
            }
            taking = nested;
        }
        resume(ctx);
    }

    /** A failed write means that the client has disconnected; there is nothing to do. */
    private void write(ChannelHandlerContext ctx, LineRequest wanted, byte[] line, boolean closing) {
        ByteBuf answer = fastPath.head.encode(ctx.alloc(), wanted.etag(), line, closing);
        state = closing ? State.CLOSING : State.BETWEEN_REQUESTS;
        ChannelPromise promise = closing
                ? ctx.newPromise().addListener(ChannelFutureListener.CLOSE)
                : new VoidChannelPromise(ctx.channel(), false);
        ChannelFuture _ = ctx.writeAndFlush(answer, promise);
    }

    private void fail(ChannelHandlerContext ctx, Throwable unexpected) {
        state = State.CLOSING;
        ChannelFuture _ = ctx.close();
        fastPath.outcomes.fastPathFailed(unexpected);
    }

    private void passOn(ChannelHandlerContext ctx, ByteBuf bytes) {
        int end = bytes.writerIndex() - Integer.BYTES;
        boolean endsWithHead = end >= bytes.readerIndex() && bytes.getInt(end) == END_OF_HEAD;
        state = endsWithHead ? State.ROUTED : State.ROUTED_PARTLY;
        readCompletePending = true;
        if (router == null) {
            watchRouter(ctx, bytes);
        }
        ctx.fireChannelRead(bytes);
    }

    /** Passes the first byte on, upon which Vert.x sets up HTTP/1.1, and counts the router's exchanges from then on. */
    private void watchRouter(ChannelHandlerContext ctx, ByteBuf bytes) {
        ctx.fireChannelRead(bytes.readRetainedSlice(1));
        if (ctx.pipeline().get(HttpRequestDecoder.class) == null) {
            // It may begin the preface of HTTP/2.
            ctx.pipeline().remove(this);
        } else {
            router = new RouterExchanges(() -> resume(ctx));
            ctx.pipeline().addLast(router);
        }
    }

    /** Tells the idle timeout, a later handler that Vert.x may replace, of requests that it does not see. */
    private void reportActivity(ChannelHandlerContext ctx) {
        long now = System.nanoTime();
        if (now - activityReported > REPORT_ACTIVITY_NANOS) {
            activityReported = now;
            IdleStateHandler idle = ctx.pipeline().get(IdleStateHandler.class);
            if (idle != null) {
                idle.resetReadTimeout();
            }
        }
    }

    /** Between the HTTP codec and Vert.x: counts the requests that the router has not answered yet. */
    private static final class RouterExchanges extends ChannelDuplexHandler {
        private final Runnable whenFewer;
        private int pending;
        /** True if the last request arrived to its end, well-formed. */
        private boolean requestEnded;

        RouterExchanges(Runnable whenFewer) {
            this.whenFewer = whenFewer;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            requestEnded = message instanceof LastHttpContent last
                    && last.decoderResult().isSuccess();
            if (message instanceof HttpRequest) {
                pending++;
            }
            ctx.fireChannelRead(message);
        }

        @Override
        public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
            boolean interim = message instanceof HttpResponse response
                    && response.status().codeClass().equals(HttpStatusClass.INFORMATIONAL);
            if (message instanceof LastHttpContent && !interim && pending-- == MANY) {
                // Later, because Vert.x is in the middle of ending an answer.
                ctx.executor().execute(whenFewer);
            }
            ChannelFuture _ = ctx.write(message, promise);
        }
    }
}
