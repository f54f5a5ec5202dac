package dev.lineserver.http.connection;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ServerChannel;
import io.netty.util.concurrent.Future;

/**
 * Accepts the connections of a server. Counts them, closes those beyond the number that one address may have, gives each a
 * {@link HeadDeadline}, and lets new clients wait if the process has no descriptors for them.
 *
 * <p>{@link #install} and {@link #installForOperation} must be called on the event loop of the listening channel. The counts
 * may be read on any thread.
 */
public final class Connections {
    /** Time after which the server tries again to accept. An attempt costs one system call. */
    private static final long RETRY_MILLIS = 250;

    /** Interval between two messages of one kind, whatever clients do. */
    private static final long LOG_INTERVAL_NANOS = TimeUnit.SECONDS.toNanos(10);

    private final LongAdder open = new LongAdder();
    private final LongAdder slowHeads = new LongAdder();
    private final LongAdder beyondLimit = new LongAdder();
    private final LongAdder failures = new LongAdder();
    private final PendingHeads.PerServer heads;
    private final AddressLimit limit;
    private final AddressLimit operationLimit;
    private final long mostOpen;
    private final Consumer<String> log;

    /**
     * @param headTimeout time for the head of a request
     * @param answer the whole answer to a client of HTTP/1.1 that has sent a part of a head in that time
     * @param perAddress largest number of connections from one address; 0 for any number
     * @param mostOpen number of open connections at which further clients must wait, at least 1; see {@link Descriptors}
     * @param log accepts a message for the user; called on event loops, a few times a minute at most
     */
    public Connections(Duration headTimeout, byte[] answer, int perAddress, long mostOpen, Consumer<String> log) {
        heads = new PendingHeads.PerServer(headTimeout.toNanos(), answer, slowHeads::increment);
        limit = new AddressLimit(perAddress);
        operationLimit = new AddressLimit(perAddress);
        this.mostOpen = mostOpen;
        this.log = log;
    }

    /** The number of open connections. */
    public long open() {
        return open.sum();
    }

    /** The number of connections that were closed because their client did not complete a head in time. */
    public long slowHeads() {
        return slowHeads.sum();
    }

    /** The number of connections that were closed because their address had too many. */
    public long beyondLimit() {
        return beyondLimit.sum();
    }

    /** How often a connection could not be accepted, because the process has no free descriptor or for another reason. */
    public long failures() {
        return failures.sum();
    }

    /** Handles the connections that a listening channel accepts from now on. */
    public void install(ServerChannel listening) {
        listening.pipeline().addFirst(new Acceptor(limit, mostOpen));
    }

    /**
     * As {@link #install}, but connections of other channels neither count here nor make clients wait: a busy server must not
     * seem dead.
     */
    public void installForOperation(ServerChannel listening) {
        listening.pipeline().addFirst(new Acceptor(operationLimit, Long.MAX_VALUE));
    }

    /** Runs on the event loop of one listening channel, in front of the acceptor of Netty. */
    private final class Acceptor extends ChannelInboundHandlerAdapter {
        private final AddressLimit perAddress;
        private final long most;
        private long nextLimitLogNanos = System.nanoTime();
        private long nextPauseLogNanos = nextLimitLogNanos;

        /** @param most number of open connections at which further clients must wait */
        Acceptor(AddressLimit perAddress, long most) {
            this.perAddress = perAddress;
            this.most = most;
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            Channel accepted = (Channel) message;
            SocketAddress remote = accepted.remoteAddress();
            if (!(remote instanceof InetSocketAddress address)) {
                ctx.fireChannelRead(message);
                return;
            }
            if (!perAddress.acquire(address.getAddress())) {
                beyondLimit.increment();
                accepted.unsafe().closeForcibly();
                logBeyondLimit(address);
                return;
            }
            open.increment();
            accepted.closeFuture().addListener(_ -> {
                // In this order: a client that is no longer counted as open may be replaced at once.
                perAddress.release(address.getAddress());
                open.decrement();
            });
            accepted.pipeline().addFirst(new HeadDeadline(heads));
            ctx.fireChannelRead(message);
            if (open() >= most) {
                pause(ctx, "as many connections are open as the limit of descriptors allows");
            }
        }

        private void logBeyondLimit(InetSocketAddress address) {
            long now = System.nanoTime();
            if (now - nextLimitLogNanos >= 0) {
                nextLimitLogNanos = now + LOG_INTERVAL_NANOS;
                log.accept("closed a connection from " + address.getAddress().getHostAddress()
                        + ", which has as many as one address may have (line-server.http.connections-per-address);"
                        + " further ones are closed, too");
            }
        }

        /** Otherwise the event loop would try again at once, as often as it can, and Netty would log each attempt. */
        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            if (cause instanceof IOException) {
                failures.increment();
                pause(ctx, "a connection could not be accepted: " + cause.getMessage());
            } else {
                ctx.fireExceptionCaught(cause);
            }
        }

        /** Stops accepting for a while. Waiting clients are in the queue of the operating system. */
        private void pause(ChannelHandlerContext ctx, String reason) {
            ChannelConfig listening = ctx.channel().config();
            if (!listening.isAutoRead()) {
                return;
            }
            listening.setAutoRead(false);
            scheduleResumption(ctx);
            long now = System.nanoTime();
            if (now - nextPauseLogNanos >= 0) {
                nextPauseLogNanos = now + LOG_INTERVAL_NANOS;
                log.accept("new clients must wait: " + reason + " (" + open() + " are open). Raise the limit of open"
                        + " files (ulimit -n, or LimitNOFILE of systemd), or find out who has so many connections");
            }
        }

        private void scheduleResumption(ChannelHandlerContext ctx) {
            Future<?> _ = ctx.executor().schedule(() -> resume(ctx), RETRY_MILLIS, TimeUnit.MILLISECONDS);
        }

        private void resume(ChannelHandlerContext ctx) {
            if (open() < most) {
                ctx.channel().config().setAutoRead(true);
            } else if (ctx.channel().isOpen()) {
                scheduleResumption(ctx);
            }
        }
    }
}
