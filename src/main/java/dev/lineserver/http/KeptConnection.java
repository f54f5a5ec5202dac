package dev.lineserver.http;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
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

    /** So often that it makes no difference for a timeout of a second, and so seldom that it costs most requests nothing. */
    private static final long TELL_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final DirectLines lines;
    private final PlainHead head;
    private final VertxExchanges vertx;
    /** Ends connections that nothing comes from; null where none are. It stands after the decoder. */
    private final @Nullable IdleStateHandler idleness;
    /** When {@link #idleness} was last told that something came, by {@link System#nanoTime}. */
    private long told = System.nanoTime();

    /** Read, and yet to be taken. */
    private final Deque<ByteBuf> held = new ArrayDeque<>(1);
    /** Whether anything is held: a word of this object, which most requests need nothing else of. */
    private boolean holding;

    /** Whether more is read only when it is asked for here. */
    private boolean readingHere;

    private boolean taking;
    private boolean answering;
    /** Whether what was passed on last may be the end of a request. */
    private boolean endedWithHead;
    /** Whether what comes next begins a request, and Vert.x has answered all before it. */
    private boolean betweenRequests;
    /** Whether Vert.x has yet to be told that this was all for now, as it has when this begins. */
    private boolean passedOn = true;

    private DirectLines.@Nullable Outcome handedOver;

    /**
     * @param head used by no other thread
     * @param vertx on the same connection
     * @param pipeline of the connection
     */
    KeptConnection(DirectLines lines, PlainHead head, VertxExchanges vertx, ChannelPipeline pipeline) {
        this.lines = lines;
        this.head = head;
        this.vertx = vertx;
        idleness = pipeline.get(IdleStateHandler.class);
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
        if (holding || !takeAll(ctx, bytes)) {
            hold(ctx, bytes);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (passedOn) {
            passedOn = false;
            ctx.fireChannelReadComplete();
        }
        if (readingHere && !holding) {
            ctx.read();
        }
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        takeHeld(ctx);
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event.equals(VertxExchanges.Event.FEWER)) {
            takeHeld(ctx);
        } else {
            ctx.fireUserEventTriggered(event);
        }
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        held.forEach(ReferenceCountUtil::release);
        held.clear();
    }

    private void hold(ChannelHandlerContext ctx, ByteBuf bytes) {
        held.add(bytes);
        holding = true;
        // What is held is no more than what was read at once: no more is asked for.
        readHere(ctx);
    }

    private void takeHeld(ChannelHandlerContext ctx) {
        if (taking) {
            return;
        }
        if (holding) {
            takeWhatIsHeld(ctx);
        }
        if (passedOn) {
            passedOn = false;
            ctx.fireChannelReadComplete();
        }
    }

    private void takeWhatIsHeld(ChannelHandlerContext ctx) {
        while (holding) {
            ByteBuf bytes = held.remove();
            if (!takeAll(ctx, bytes)) {
                held.addFirst(bytes);
                return;
            }
            holding = !held.isEmpty();
        }
        if (readingHere) {
            ctx.read();
        }
    }

    private boolean takeAll(ChannelHandlerContext ctx, ByteBuf bytes) {
        taking = true;
        boolean all = takeWhatCanBe(ctx, bytes);
        taking = false;
        return all;
    }

    /**
     * Takes requests, or has Vert.x take all that is left, as long as neither has to wait.
     *
     * @param bytes released or passed on once nothing of them is left to be taken
     * @return whether that is so
     */
    private boolean takeWhatCanBe(ChannelHandlerContext ctx, ByteBuf bytes) {
        while (bytes.isReadable()) {
            if (mustWait(ctx)) {
                return false;
            }
            if (!isBetweenRequests() || !takeRequest(ctx, bytes)) {
                passOn(ctx, bytes);
                return true;
            }
        }
        bytes.release();
        return true;
    }

    /** A client may ask for any number of lines before it reads the first; it is not to fill our memory with them. */
    private boolean mustWait(ChannelHandlerContext ctx) {
        return answering || !ctx.channel().isWritable() || (!isBetweenRequests() && vertx.areMany());
    }

    private boolean isBetweenRequests() {
        // Once Vert.x has answered all, it has nothing to answer until it is given more.
        betweenRequests = betweenRequests || (endedWithHead && vertx.isIdle());
        return betweenRequests;
    }

    /** @return whether one began that can be answered here */
    private boolean takeRequest(ChannelHandlerContext ctx, ByteBuf bytes) {
        int length = head.read(bytes);
        DirectLines.Request request = length == 0 ? null : lines.begin(head.path());
        if (request == null) {
            return false;
        }
        // A copy, so that what was read can be read into again.
        byte[] asked = head.copy(length);
        bytes.skipBytes(length);
        readHere(ctx);
        tellOfUse(request.start());
        answering = true;
        request.lookup().whenComplete((lookup, failure) -> {
            if (ctx.executor().inEventLoop()) {
                answer(ctx, request, asked, lookup, failure);
            } else {
                ctx.executor().execute(() -> answer(ctx, request, asked, lookup, failure));
            }
        });
        return true;
    }

    private void tellOfUse(long now) {
        if (idleness != null && now - told > TELL_NANOS) {
            told = now;
            idleness.resetReadTimeout();
        }
    }

    private void answer(
            ChannelHandlerContext ctx,
            DirectLines.Request request,
            byte[] asked,
            @Nullable Lookup lookup,
            @Nullable Throwable failure) {
        boolean late = !taking;
        taking = true;
        answering = false;
        request.record(lookup);
        boolean done = false;
        try {
            if (lookup instanceof Lookup.Found(byte[] line)) {
                write(ctx, request, line);
            } else {
                handOver(ctx, new DirectLines.Outcome(request, lookup, failure), asked);
            }
            done = true;
        } finally {
            request.end();
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
            // Who went away does not need it.
            ChannelPromise unheeded = new VoidChannelPromise(ctx.channel(), false);
            ChannelFuture _ = ctx.writeAndFlush(request.answer(ctx.alloc(), line), unheeded);
        } finally {
            request.version().release();
        }
    }

    private void handOver(ChannelHandlerContext ctx, DirectLines.Outcome outcome, byte[] asked) {
        handedOver = outcome;
        if (!ctx.isRemoved()) {
            passOn(ctx, Unpooled.wrappedBuffer(asked));
        }
        if (handedOver != null) {
            handedOver = null;
            outcome.request().version().release();
        }
    }

    /** Has Netty no longer ask for more by itself, which it does by way of all handlers of a connection. */
    private void readHere(ChannelHandlerContext ctx) {
        if (!readingHere) {
            readingHere = true;
            ctx.channel().config().setAutoRead(false);
        }
    }

    private void passOn(ChannelHandlerContext ctx, ByteBuf bytes) {
        if (readingHere) {
            // Before Vert.x is told, which may have reading stopped for reasons of its own.
            readingHere = false;
            ctx.channel().config().setAutoRead(true);
        }
        int end = bytes.writerIndex() - Integer.BYTES;
        endedWithHead = end >= bytes.readerIndex() && bytes.getInt(end) == END_OF_HEAD;
        betweenRequests = false;
        passedOn = true;
        ctx.fireChannelRead(bytes);
    }
}
