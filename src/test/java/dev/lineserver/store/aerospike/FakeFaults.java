package dev.lineserver.store.aerospike;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

import com.aerospike.client.ResultCode;

/** The faults of a fake node. Most apply to a number of requests and then end. */
final class FakeFaults {
    private final AtomicInteger refusals = new AtomicInteger();
    private final AtomicInteger swallowed = new AtomicInteger();
    private final AtomicInteger drops = new AtomicInteger();
    private final AtomicInteger silences = new AtomicInteger();
    private final AtomicInteger losses = new AtomicInteger();
    private final AtomicInteger truncationTimeouts = new AtomicInteger();
    private volatile int refusalCode = ResultCode.OK;
    private volatile Predicate<WireMessage> dropped = _ -> false;
    private volatile Predicate<WireMessage> silenced = _ -> false;
    private volatile Predicate<WireMessage> lost = _ -> false;
    private volatile Predicate<WireMessage> delayed = _ -> false;
    private volatile long delayMillis;
    private final AtomicInteger pausedReads = new AtomicInteger();
    private volatile CountDownLatch readsResumed = new CountDownLatch(0);
    volatile boolean stopWrites;

    /** Refuses writes of the registry, and of nothing else. */
    volatile boolean registryRefused;

    /** The node was away, and has none of the records yet, unless it asks the others for theirs. */
    volatile boolean stale;

    /** Runs before each write of a line, on the thread that executes it. */
    volatile Runnable beforeLine = () -> {};

    volatile boolean truncationEnabled = true;

    /** Refuses the next {@code count} writes of lines, counted by record. The registry is not affected. */
    void refuseLines(int count, int resultCode) {
        refusalCode = resultCode;
        refusals.set(count);
    }

    /** Acknowledges the next {@code count} writes of lines without storing them. */
    void swallowLines(int count) {
        swallowed.set(count);
    }

    /** Executes the next {@code count} matching commands, but closes their connections in the middle of the reply. */
    void dropConnections(int count, Predicate<WireMessage> which) {
        dropped = which;
        drops.set(count);
    }

    /** Executes the next {@code count} matching commands, but does not answer them: they are in doubt. */
    void withholdAnswers(int count, Predicate<WireMessage> which) {
        silenced = which;
        silences.set(count);
    }

    /** Neither executes nor answers the next {@code count} matching commands. */
    void loseCommands(int count, Predicate<WireMessage> which) {
        lost = which;
        losses.set(count);
    }

    /** Delays the answers to all matching commands from now on. */
    void delayAnswers(long millis, Predicate<WireMessage> which) {
        delayed = which;
        delayMillis = millis;
    }

    /** Makes batch reads wait, before they are executed. */
    void pauseBatchReads() {
        pausedReads.set(0);
        readsResumed = new CountDownLatch(1);
    }

    int pausedBatchReads() {
        return pausedReads.get();
    }

    void resumeBatchReads() {
        readsResumed.countDown();
    }

    /** Answers the next {@code count} truncations, or the undoing of them, as if other nodes had not confirmed them. */
    void timeOutTruncations(int count) {
        truncationTimeouts.set(count);
    }

    void clear() {
        truncationTimeouts.set(0);
        refusals.set(0);
        swallowed.set(0);
        drops.set(0);
        silences.set(0);
        losses.set(0);
        beforeLine = () -> {};
        delayed = _ -> false;
        resumeBatchReads();
        stopWrites = false;
        registryRefused = false;
        stale = false;
        truncationEnabled = true;
    }

    int refusal(WireMessage message) {
        if (stopWrites) {
            return ResultCode.SERVER_MEM_ERROR;
        }
        if (!isLine(message)) {
            return registryRefused ? ResultCode.SERVER_MEM_ERROR : ResultCode.OK;
        }
        beforeLine.run();
        return consume(refusals) ? refusalCode : ResultCode.OK;
    }

    boolean consumeSwallowed(WireMessage message) {
        return isLine(message) && consume(swallowed);
    }

    private static boolean isLine(WireMessage message) {
        return !message.text(WireMessage.FIELD_SET).startsWith("lines-");
    }

    boolean consumeDrop(WireMessage message) {
        return dropped.test(message) && consume(drops);
    }

    boolean consumeSilence(WireMessage message) {
        return silenced.test(message) && consume(silences);
    }

    boolean consumeLoss(WireMessage message) {
        return lost.test(message) && consume(losses);
    }

    /** Delays one command. The test awaits a consequence of the delay, never the delay itself. */
    void delay(WireMessage message) {
        CountDownLatch resumed = readsResumed;
        if (resumed.getCount() > 0 && message.isBatch() && !message.isWrite()) {
            pausedReads.incrementAndGet();
            try {
                resumed.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException("a connection of the fake node was interrupted", e);
            }
        }
        if (delayed.test(message)) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(delayMillis));
        }
    }

    boolean consumeTruncationTimeout() {
        return consume(truncationTimeouts);
    }

    private static boolean consume(AtomicInteger left) {
        return left.getAndUpdate(n -> Math.max(0, n - 1)) > 0;
    }
}
