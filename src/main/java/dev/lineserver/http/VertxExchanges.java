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
    private static final int UNKNOWN = -1;

    /** How many requests Vert.x has yet to answer. */
    private int underWay = UNKNOWN;

    private boolean requestEnded;
    private boolean handing;
    private boolean http = true;

    /** Whether the last request that came is there to its end, and all have been answered. */
    boolean isIdle() {
        return underWay == 0 && requestEnded && http;
    }

    /** Called while Vert.x handles a request of this connection. */
    void handled() {
        // Handled where it was handed on, so none was waiting in Vert.x before it.
        if (handing && underWay == UNKNOWN) {
            underWay = 1;
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        requestEnded = message instanceof LastHttpContent;
        if (message instanceof HttpRequest request) {
            http &= staysHttp(request);
            underWay += underWay == UNKNOWN ? 0 : 1;
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
        if (underWay > 0 && message instanceof LastHttpContent && !isInterim(message)) {
            underWay--;
        }
        ChannelFuture _ = ctx.write(message, promise);
    }

    private static boolean isInterim(Object message) {
        return message instanceof HttpResponse response
                && response.status().codeClass().equals(HttpStatusClass.INFORMATIONAL);
    }
}
