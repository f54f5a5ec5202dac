package dev.lineserver.http;

import java.util.ArrayDeque;
import java.util.Queue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.VoidChannelPromise;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Lookup;

/**
 * Stands before the HTTP decoder on one HTTP/1.1 connection and answers plain requests for lines itself. All others, and
 * those whose line is not simply there, go on to the decoder and Vert.x as they came.
 *
 * <p>Answers leave in the order of their requests: none is taken while Vert.x has one to answer, and what comes while one
 * is being answered is held. Used on the connection's event loop only.
 */
final class KeptConnection extends ChannelInboundHandlerAdapter {
    /** Two line ends: what the head of every request ends with, and the middle of none. */
    private static final int END_OF_HEAD = 0x0D0A0D0A;

    private static final byte[] NOTHING = {};

    private final DirectLines lines;
    private final PlainHead head;
    private final VertxExchanges vertx;
    /** Before it come Vert.x's own encoder and what else looks at answers as objects: ours are bytes already. */
    private final ChannelHandlerContext encoder;
    /** Ends connections that nothing comes from; null where none are. It stands after the decoder. */
    private final @Nullable IdleStateHandler idleness;
    /** Whether an answer was written: who went away does not need it. */
    private final ChannelPromise unheeded;

    /** Read, and yet to be taken. */
    private final Queue<ByteBuf> held = new ArrayDeque<>(1);

    private DirectLines.@Nullable Request answering;
    /** Of the request that is being answered. A copy, so that what was read can be read into again. */
    private byte[] asked = NOTHING;

    private boolean betweenRequests;
    private boolean readingStopped;
    private boolean taking;
    /** Whether Vert.x has yet to be told that this was all for now, as it has when this begins. */
    private boolean passedOn = true;

    private DirectLines.@Nullable Outcome handedOver;

    /**
     * @param head used by no other thread
     * @param vertx on the same connection
     * @param encoder of HTTP responses, on the same connection
     */
    KeptConnection(DirectLines lines, PlainHead head, VertxExchanges vertx, ChannelHandlerContext encoder) {
        this.lines = lines;
        this.head = head;
        this.vertx = vertx;
        this.encoder = encoder;
        idleness = encoder.pipeline().get(IdleStateHandler.class);
        unheeded = new VoidChannelPromise(encoder.channel(), false);
    }

    /**
     * Called while Vert.x handles a request of this connection.
     *
     * @return what is known of the line it asks for; null where that has still to be looked up
     */
    DirectLines.@Nullable Outcome handledInVertx() {
        vertx.handled();
        DirectLines.Outcome known = handedOver;
        handedOver = null;
        return known;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (!(message instanceof ByteBuf bytes)) {
            ctx.fireChannelRead(message);
            return;
        }
        held.add(bytes);
        if (held.size() == 1) {
            take(ctx);
        }
        if (!held.isEmpty() && !readingStopped) {
            // So that what is held is no more than what was read at once.
            readingStopped = true;
            ctx.channel().config().setAutoRead(false);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (passedOn) {
            passedOn = false;
            ctx.fireChannelReadComplete();
        } else if (idleness != null) {
            idleness.resetReadTimeout();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        takeHeld(ctx);
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        held.forEach(ReferenceCountUtil::release);
        held.clear();
    }

    private void takeHeld(ChannelHandlerContext ctx) {
        if (taking) {
            return;
        }
        take(ctx);
        if (held.isEmpty()) {
            goOnReading(ctx);
        }
        if (passedOn) {
            passedOn = false;
            ctx.fireChannelReadComplete();
        }
    }

    /** Takes what is held, as long as no answer is under way and the client reads those before. */
    private void take(ChannelHandlerContext ctx) {
        taking = true;
        while (!held.isEmpty() && answering == null) {
            ByteBuf bytes = held.element();
            if (!bytes.isReadable()) {
                held.remove().release();
            } else if (!betweenRequests || !vertx.isIdle()) {
                passOn(ctx, held.remove());
            } else if (!ctx.channel().isWritable()) {
                break;
            } else {
                takeRequest(ctx, bytes);
            }
        }
        taking = false;
    }

    private void takeRequest(ChannelHandlerContext ctx, ByteBuf bytes) {
        int length = head.read(bytes);
        DirectLines.Request request = length == 0 ? null : lines.begin(head.path());
        if (request == null) {
            passOn(ctx, held.remove());
            return;
        }
        asked = head.copy(length);
        bytes.skipBytes(length);
        if (!bytes.isReadable()) {
            held.remove().release();
        }
        answering = request;
        request.lookup().whenComplete((lookup, failure) -> {
            DirectLines.Outcome outcome = new DirectLines.Outcome(request, lookup, failure);
            if (ctx.executor().inEventLoop()) {
                answer(ctx, outcome);
            } else {
                ctx.executor().execute(() -> answer(ctx, outcome));
            }
        });
    }

    private void answer(ChannelHandlerContext ctx, DirectLines.Outcome outcome) {
        boolean late = !taking;
        taking = true;
        answering = null;
        outcome.request().record(outcome.lookup());
        boolean done = false;
        try {
            if (outcome.lookup() instanceof Lookup.Found(byte[] line)) {
                write(ctx, outcome.request(), line);
            } else {
                handOver(ctx, outcome);
            }
            done = true;
        } finally {
            // Connections that wait may be many.
            asked = NOTHING;
            outcome.request().end();
            if (!done) {
                // Rather than leave the client waiting.
                ChannelFuture _ = ctx.close();
            }
        }
        if (late) {
            taking = false;
            takeHeld(ctx);
        }
    }

    private void write(ChannelHandlerContext ctx, DirectLines.Request request, byte[] line) {
        try {
            ChannelFuture _ = encoder.writeAndFlush(request.answer(ctx.alloc(), line), unheeded);
        } finally {
            request.version().release();
        }
    }

    private void handOver(ChannelHandlerContext ctx, DirectLines.Outcome outcome) {
        handedOver = outcome;
        if (!ctx.isRemoved()) {
            passOn(ctx, Unpooled.wrappedBuffer(asked));
        }
        if (handedOver != null) {
            handedOver = null;
            outcome.request().version().release();
        }
    }

    private void goOnReading(ChannelHandlerContext ctx) {
        if (readingStopped) {
            readingStopped = false;
            ctx.channel().config().setAutoRead(true);
        }
    }

    private void passOn(ChannelHandlerContext ctx, ByteBuf bytes) {
        // Before Vert.x is told, which may have reading stopped for reasons of its own.
        goOnReading(ctx);
        int end = bytes.writerIndex() - Integer.BYTES;
        betweenRequests = end >= bytes.readerIndex() && bytes.getInt(end) == END_OF_HEAD;
        passedOn = true;
        ctx.fireChannelRead(bytes);
    }
}
