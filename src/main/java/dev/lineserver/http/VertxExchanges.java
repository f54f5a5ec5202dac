package dev.lineserver.http;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;

/**
 * Stands right before Vert.x on one HTTP/1.1 connection and counts what it has been asked and has yet to answer. Used on
 * the connection's event loop only.
 */
final class VertxExchanges extends ChannelDuplexHandler {
    /** What the connection is told when {@link #areMany} is so no longer. */
    enum Event {
        FEWER
    }

    /** Each one that comes while others wait has Vert.x go through all of them. */
    private static final int MANY = 100;

    private static final int UNKNOWN = Integer.MIN_VALUE;

    /** Requests less answers since this stands here. */
    private int balance;
    /** What that is when all are answered. */
    private int balanceWhenIdle = UNKNOWN;

    private boolean requestEnded;
    private boolean handing;
    private boolean http = true;

    /** Whether the last request that came is there to its end, and all have been answered. */
    boolean isIdle() {
        return balance == balanceWhenIdle && requestEnded && http;
    }

    /** Whether so many requests wait for Vert.x that it is better given no more. All but the last came to their end. */
    boolean areMany() {
        return balance >= MANY;
    }

    /** Called while Vert.x handles a request of this connection. */
    void handled() {
        // Handled where it was handed on, so none was waiting in Vert.x before it.
        if (handing && balanceWhenIdle == UNKNOWN) {
            balanceWhenIdle = balance - 1;
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        requestEnded = message instanceof LastHttpContent;
        if (message instanceof HttpRequest request) {
            http &= staysHttp(request);
            balance++;
            handing = true;
        }
        ctx.fireChannelRead(message);
        handing = false;
    }

    /** Whether requests can follow: after one that could not be read, or that asks for another protocol, none may. */
    private static boolean staysHttp(HttpRequest request) {
        return request.decoderResult().isSuccess()
                && !request.method().equals(HttpMethod.CONNECT)
                && !request.headers().contains(HttpHeaderNames.UPGRADE);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        if (message instanceof LastHttpContent && !isInterim(message)) {
            boolean were = areMany();
            balance--;
            if (were && !areMany()) {
                // Not amid what Vert.x does to answer.
                ctx.executor().execute(() -> ctx.pipeline().fireUserEventTriggered(Event.FEWER));
            }
        }
        ChannelFuture _ = ctx.write(message, promise);
    }

    private static boolean isInterim(Object message) {
        return message instanceof HttpResponse response
                && response.status().codeClass().equals(HttpStatusClass.INFORMATIONAL);
    }
}
