package dev.lineserver.http;

import java.util.ArrayDeque;
import java.util.Queue;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.VoidChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.Lookup;

/**
 * Stands before Vert.x on one HTTP/1.1 connection and answers plain requests for lines itself. All others, and those whose
 * line is not simply there, go on to Vert.x as they came.
 *
 * <p>Answers leave in the order of their requests: none is taken while Vert.x has one to answer, and what comes while one
 * is being answered is held. Used on the connection's event loop only.
 */
final class KeptConnection extends ChannelDuplexHandler {
    private static final int UNKNOWN = -1;

    private final DirectLines lines;
    /** Before it come Vert.x's own encoder and what else looks at answers as objects: ours are bytes already. */
    private final ChannelHandlerContext encoder;
    /** Whether an answer was written: who went away does not need it. */
    private final ChannelPromise unheeded;

    private final Queue<Object> held = new ArrayDeque<>();
    /** How many requests Vert.x has yet to answer. */
    private int elsewhere = UNKNOWN;

    private DirectLines.@Nullable Request answering;
    private boolean endIsToCome;
    private boolean dispatching;
    private boolean passingOn;
    private boolean passedOn;
    private DirectLines.@Nullable Outcome handedOver;

    /** @param encoder of HTTP responses, on the same connection */
    KeptConnection(DirectLines lines, ChannelHandlerContext encoder) {
        this.lines = lines;
        this.encoder = encoder;
        unheeded = new VoidChannelPromise(encoder.channel(), false);
    }

    /**
     * Called while Vert.x handles a request of this connection.
     *
     * @return what is known of the line it asks for; null where that has still to be looked up
     */
    DirectLines.@Nullable Outcome handledInVertx() {
        // Handled where it was passed on, so none was waiting in Vert.x before it.
        if (passingOn && elsewhere == UNKNOWN) {
            elsewhere = 1;
        }
        DirectLines.Outcome known = handedOver;
        handedOver = null;
        return known;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (endIsToCome && message instanceof LastHttpContent) {
            endIsToCome = false;
            ReferenceCountUtil.release(message);
        } else if (isToWait(ctx) || !held.isEmpty()) {
            hold(ctx, message);
        } else {
            dispatch(ctx, message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        if (passedOn || elsewhere == UNKNOWN) {
            passedOn = false;
            ctx.fireChannelReadComplete();
        }
    }

    /** Counts what Vert.x has answered. */
    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (elsewhere > 0 && message instanceof LastHttpContent && !isInterim(message)) {
            elsewhere--;
        }
        ChannelFuture _ = ctx.write(message, promise);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        release(ctx);
        ctx.fireChannelWritabilityChanged();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        held.forEach(ReferenceCountUtil::release);
        held.clear();
    }

    /** Whether an answer is under way, or no more can be taken because the client does not read those before. */
    private boolean isToWait(ChannelHandlerContext ctx) {
        return answering != null || (elsewhere == 0 && !ctx.channel().isWritable());
    }

    private static boolean isInterim(Object message) {
        return message instanceof HttpResponse response
                && response.status().codeClass().equals(HttpStatusClass.INFORMATIONAL);
    }

    private void dispatch(ChannelHandlerContext ctx, Object message) {
        DirectLines.Request request =
                elsewhere == 0 && message instanceof HttpRequest asked ? lines.begin(asked) : null;
        if (request == null) {
            passOn(ctx, message);
            return;
        }
        answering = request;
        endIsToCome = true;
        dispatching = true;
        request.lookup().whenComplete((lookup, failure) -> {
            DirectLines.Outcome outcome = new DirectLines.Outcome(request, lookup, failure);
            if (ctx.executor().inEventLoop()) {
                answer(ctx, outcome);
            } else {
                ctx.executor().execute(() -> answer(ctx, outcome));
            }
        });
        dispatching = false;
    }

    private void answer(ChannelHandlerContext ctx, DirectLines.Outcome outcome) {
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
            outcome.request().end();
            if (!done) {
                // Rather than leave the client waiting.
                ChannelFuture _ = ctx.close();
            }
        }
        if (!dispatching) {
            release(ctx);
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
        passOn(ctx, outcome.request().asked());
        if (handedOver != null) {
            handedOver = null;
            outcome.request().version().release();
        }
        if (!endIsToCome) {
            passOn(ctx, LastHttpContent.EMPTY_LAST_CONTENT);
        }
        endIsToCome = false;
    }

    private void passOn(ChannelHandlerContext ctx, Object message) {
        if (elsewhere != UNKNOWN && message instanceof HttpRequest) {
            elsewhere++;
        }
        passedOn = true;
        passingOn = true;
        ctx.fireChannelRead(message);
        passingOn = false;
    }

    /** Stops reading, so that what is held is no more than what was read at once. */
    private void hold(ChannelHandlerContext ctx, Object message) {
        if (held.isEmpty()) {
            ctx.channel().config().setAutoRead(false);
        }
        held.add(message);
    }

    private void release(ChannelHandlerContext ctx) {
        while (!held.isEmpty() && !isToWait(ctx)) {
            Object next = held.remove();
            if (held.isEmpty()) {
                // Before Vert.x is told, which may have reading stopped again.
                ctx.channel().config().setAutoRead(true);
            }
            if (endIsToCome && next instanceof LastHttpContent) {
                endIsToCome = false;
            } else {
                dispatch(ctx, next);
            }
        }
        if (passedOn) {
            passedOn = false;
            ctx.fireChannelReadComplete();
        }
    }
}
