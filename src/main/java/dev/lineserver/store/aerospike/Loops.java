package dev.lineserver.store.aerospike;

import java.util.Locale;
import java.util.concurrent.TimeUnit;

import com.aerospike.client.async.EventLoopType;
import com.aerospike.client.async.EventPolicy;
import com.aerospike.client.async.NettyEventLoop;
import com.aerospike.client.async.NettyEventLoops;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** The event loops that commands run on: shared ones, which are left running, or our own. */
final class Loops implements AutoCloseable {
    /** Verbs of the command line make few lookups at a time. */
    private static final int OWN_LOOPS = 2;

    /** Resolution of deadlines, in milliseconds. */
    private static final int TIMER_TICK_MILLIS = 50;

    private final NettyEventLoops loops;
    private final @Nullable EventLoopGroup own;

    private Loops(NettyEventLoops loops, @Nullable EventLoopGroup own) {
        this.loops = loops;
        this.own = own;
    }

    static Loops over(@Nullable EventLoopGroup shared) {
        EventPolicy policy = new EventPolicy();
        // Commands are bounded per node, by CoalescingReader. A common bound would let one node hold up the others.
        policy.maxCommandsInProcess = 0;
        policy.minTimeout = TIMER_TICK_MILLIS;
        if (shared != null) {
            return new Loops(new NettyEventLoops(policy, shared, typeOf(shared)), null);
        }
        EventLoopGroup own = new NioEventLoopGroup(OWN_LOOPS, new DefaultThreadFactory("aerospike-loop", true));
        return new Loops(new NettyEventLoops(policy, own, EventLoopType.NETTY_NIO), own);
    }

    NettyEventLoops all() {
        return loops;
    }

    /** The loop the current thread is, or null. */
    @Nullable
    NettyEventLoop current() {
        for (NettyEventLoop loop : loops.getArray()) {
            if (loop.inEventLoop()) {
                return loop;
            }
        }
        return null;
    }

    /** By name, because the classes of transports that are not in use may be absent. */
    private static EventLoopType typeOf(EventLoopGroup group) {
        String transport = group.getClass().getSimpleName().replace("EventLoopGroup", "");
        return EventLoopType.valueOf("NETTY_" + transport.toUpperCase(Locale.ROOT));
    }

    /** Closing the wrapper of shared loops would shut those down. */
    @Override
    public void close() {
        if (own != null) {
            Future<?> _ = own.shutdownGracefully(0, 1, TimeUnit.SECONDS);
        }
    }
}
