package dev.lineserver.http.connection;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.util.AttributeKey;
import org.jspecify.annotations.Nullable;

/**
 * Closes a connection whose client takes too long to send the head of a request. It is the first handler of the connection,
 * and sees that bytes arrive, but not their meaning: whoever has received a whole head reports that by
 * {@link #requestBegan}, and the end of the answer by {@link #requestEnded}.
 *
 * <pre>
 * state         meaning                                             next state
 * AWAITING      the connection is new, or the first byte of a head  ANSWERING: a head is complete;
 *               has arrived; the deadline runs                      closed: the deadline has passed
 * ANSWERING     requests are being answered; bytes that arrive may  BETWEEN: the last answer has ended
 *               be a body or the next head
 * BETWEEN       no byte has arrived since the last answer           AWAITING: a byte arrives; not in HTTP/2, in which
 *                                                                   other frames than heads may arrive
 * </pre>
 *
 * <p>The deadline also counts the preface of HTTP/2 and the handshake of TLS, which come before the first head. It starts
 * again while the server does not read from the connection.
 *
 * <p>All methods but {@link #of} and {@link #requestEnded} run on the event loop of the connection.
 */
public final class HeadDeadline extends ChannelInboundHandlerAdapter {
    private static final AttributeKey<HeadDeadline> KEY = AttributeKey.valueOf(HeadDeadline.class, "connection");

    private final PendingHeads.PerServer heads;
    private @Nullable PendingHeads pending;
    private @Nullable Channel channel;
    private int requests;
    private boolean http2;
    private boolean bytesArrived;

    // Of the list in PendingHeads, which alone reads and writes them.
    @Nullable
    HeadDeadline older;

    @Nullable
    HeadDeadline newer;

    boolean listed;
    long since;

    HeadDeadline(PendingHeads.PerServer heads) {
        this.heads = heads;
    }

    /** Returns the deadline of a connection; null if it has none. */
    public static @Nullable HeadDeadline of(Channel channel) {
        return channel.attr(KEY).get();
    }

    /**
     * Reports that a head is complete. The caller is on the event loop of the connection.
     *
     * @param requestOfHttp2 true if other frames than heads may follow
     */
    public void requestBegan(boolean requestOfHttp2) {
        requests++;
        http2 = requestOfHttp2;
        if (listed && pending != null) {
            pending.remove(this);
        }
    }

    /** Reports the end of an answer, as often as {@link #requestBegan}. May be called on any thread. */
    public void requestEnded() {
        if (channel == null || channel.eventLoop().inEventLoop()) {
            requests--;
        } else {
            channel.eventLoop().execute(() -> requests--);
        }
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        channel = ctx.channel();
        channel.attr(KEY).set(this);
        pending = heads.of(ctx.executor());
        pending.add(this);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        bytesArrived = true;
        if (!listed && requests == 0 && !http2 && pending != null) {
            pending.add(this);
        }
        ctx.fireChannelRead(message);
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext ctx) {
        if (listed && pending != null) {
            pending.remove(this);
        }
    }

    /** False while the server does not read from the connection, because its client does not read the answers. */
    boolean isReading() {
        return channel != null && channel.config().isAutoRead() && channel.isWritable();
    }

    /** Closes the connection. In HTTP/1.1, a client that has sent a part of a head gets an answer before. */
    void timeOut(byte[] answer) {
        Channel overdue = channel;
        if (overdue == null) {
            return;
        }
        ChannelHandlerContext http1 = overdue.pipeline().context(HttpRequestDecoder.class);
        if (bytesArrived && http1 != null) {
            ChannelFuture _ =
                    http1.writeAndFlush(Unpooled.wrappedBuffer(answer)).addListener(ChannelFutureListener.CLOSE);
        } else {
            ChannelFuture _ = overdue.close();
        }
    }
}
