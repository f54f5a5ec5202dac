package dev.lineserver.http.connection;

import java.net.InetSocketAddress;
import java.util.function.Consumer;

import io.netty.channel.ServerChannel;
import io.netty.channel.SingleThreadEventLoop;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.EventExecutorGroup;

/**
 * The channels that listen at a port. Vert.x has no hook for a new connection; a handler in the pipeline of a listening channel
 * sees each accepted channel before Vert.x does.
 */
public final class ListeningChannels {
    private ListeningChannels() {}

    /**
     * Changes each channel that listens at a port now, on the event loop of the channel: a pipeline may be changed on no other.
     *
     * @param acceptors the event loops of listening channels
     */
    public static void change(EventExecutorGroup acceptors, int port, Consumer<ServerChannel> change) {
        for (EventExecutor loop : acceptors) {
            loop.execute(() -> ((SingleThreadEventLoop) loop)
                    .registeredChannelsIterator()
                    .forEachRemaining(channel -> {
                        if (channel instanceof ServerChannel listening
                                && listening.localAddress() instanceof InetSocketAddress address
                                && address.getPort() == port) {
                            change.accept(listening);
                        }
                    }));
        }
    }
}
