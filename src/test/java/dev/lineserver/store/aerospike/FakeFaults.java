package dev.lineserver.store.aerospike;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

import com.aerospike.client.ResultCode;

/** How a fake node is to misbehave. Each fault is set for some requests and wears off by itself. */
final class FakeFaults {
    private final AtomicInteger refusals = new AtomicInteger();
    private final AtomicInteger drops = new AtomicInteger();
    private final AtomicInteger silences = new AtomicInteger();
    private volatile int refusalCode = ResultCode.OK;
    private volatile Predicate<WireMessage> dropped = _ -> false;
    private volatile Predicate<WireMessage> silenced = _ -> false;
    private volatile Predicate<WireMessage> late = _ -> false;
    private volatile long lateMillis;
    volatile boolean stopWrites;
    volatile boolean truncationEnabled = true;

    /** The next {@code count} records to be written, each for itself, are refused; lines only, not the registry. */
    void refuseLines(int count, int resultCode) {
        refusalCode = resultCode;
        refusals.set(count);
    }

    /** Carries out the next {@code count} such requests, but drops the connection in the middle of the reply. */
    void dropConnections(int count, Predicate<WireMessage> which) {
        dropped = which;
        drops.set(count);
    }

    /** Carries out the next {@code count} such requests, and never answers: the outcome is in doubt. */
    void withholdAnswers(int count, Predicate<WireMessage> which) {
        silenced = which;
        silences.set(count);
    }

    /** Answers such requests late from now on. */
    void delayAnswers(long millis, Predicate<WireMessage> which) {
        late = which;
        lateMillis = millis;
    }

    void clear() {
        refusals.set(0);
        drops.set(0);
        silences.set(0);
        late = _ -> false;
        stopWrites = false;
        truncationEnabled = true;
    }

    int refusal(WireMessage message) {
        if (stopWrites) {
            return ResultCode.SERVER_MEM_ERROR;
        }
        return !message.text(WireMessage.FIELD_SET).startsWith("lines-") && consume(refusals)
                ? refusalCode
                : ResultCode.OK;
    }

    boolean consumeDrop(WireMessage message) {
        return dropped.test(message) && consume(drops);
    }

    boolean consumeSilence(WireMessage message) {
        return silenced.test(message) && consume(silences);
    }

    /** What a slow node does; the test waits for what comes of it, not for this. */
    void delay(WireMessage message) {
        if (late.test(message)) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(lateMillis));
        }
    }

    private static boolean consume(AtomicInteger left) {
        return left.getAndUpdate(n -> Math.max(0, n - 1)) > 0;
    }
}
