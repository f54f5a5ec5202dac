package dev.lineserver.store.aerospike;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.BatchRead;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.ResultCode;
import com.aerospike.client.async.NettyEventLoop;
import com.aerospike.client.listener.BatchListListener;
import com.aerospike.client.listener.RecordListener;
import com.aerospike.client.policy.BatchPolicy;
import org.jspecify.annotations.Nullable;

/**
 * Sends reads that wait on the same event loop as one batch. What came in one turn of the loop leaves at its end: alone
 * where it was one read, together where there were more. What arrives while {@value #COMMANDS_IN_FLIGHT} commands fly
 * collects, in order, and leaves with the next. So a batch is as large as the load makes it, and nothing ever waits for a
 * batch to fill.
 */
final class CoalescingReader implements LoopReader {
    /** One on its way there while the other is on its way back. */
    private static final int COMMANDS_IN_FLIGHT = 2;

    /** Below this a read counts as not having waited, and the policy made once for all is used. */
    private static final long NO_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Cluster cluster;
    private final NettyEventLoop loop;
    private final int keysPerBatch;
    private final int mostWaiting;
    private final long deadlineNanos;
    private final ArrayDeque<Waiting> queue = new ArrayDeque<>();
    private final InlineChoice choice = new InlineChoice();
    private int inFlight;
    private boolean aboutToSend;

    private record Waiting(Key key, RecordListener listener, long since) {}

    CoalescingReader(Cluster cluster, NettyEventLoop loop) {
        AerospikeSettings.Reads reads = cluster.settings.reads();
        this.cluster = cluster;
        this.loop = loop;
        this.keysPerBatch = reads.keysPerBatch();
        this.mostWaiting = reads.lookupsQueued();
        this.deadlineNanos = reads.deadline().toNanos();
    }

    @Override
    public void read(Key key, RecordListener listener) {
        if (queue.size() >= mostWaiting) {
            listener.onFailure(new AerospikeException.AsyncQueueFull());
            return;
        }
        queue.addLast(new Waiting(key, listener, System.nanoTime()));
        sendAtTheEndOfTheTurn();
    }

    /** By then all that the loop woke up for has been through here, and leaves together. */
    private void sendAtTheEndOfTheTurn() {
        if (!aboutToSend && inFlight < COMMANDS_IN_FLIGHT && !queue.isEmpty()) {
            aboutToSend = true;
            loop.execute(this::send);
        }
    }

    private void send() {
        aboutToSend = false;
        while (inFlight < COMMANDS_IN_FLIGHT && !queue.isEmpty()) {
            sendNext();
        }
    }

    private void sendNext() {
        long now = System.nanoTime();
        Waiting first = queue.removeFirst();
        long waited = now - first.since;
        if (waited >= deadlineNanos) {
            first.listener.onFailure(new AerospikeException.Timeout(cluster.policies.read, true));
            return;
        }
        inFlight++;
        if (queue.isEmpty()) {
            sendSingle(first, waited);
        } else {
            sendBatch(first, waited);
        }
    }

    private void sendSingle(Waiting only, long waited) {
        RecordListener returning = new Single(only.listener);
        LoopReader.guarded(
                returning,
                () -> cluster.client.get(
                        loop,
                        returning,
                        waited < NO_WAIT_NANOS ? cluster.policies.read : cluster.policies.readWithin(left(waited)),
                        only.key));
    }

    /** The batch is given what is left of its longest-waiting read's time. */
    private void sendBatch(Waiting first, long waited) {
        int size = Math.min(keysPerBatch, queue.size() + 1);
        List<BatchRead> reads = new ArrayList<>(size);
        List<RecordListener> listeners = new ArrayList<>(size);
        for (Waiting next = first; ; next = queue.removeFirst()) {
            reads.add(new BatchRead(next.key, true));
            listeners.add(next.listener);
            if (reads.size() == size) {
                break;
            }
        }
        boolean inline = choice.next();
        BatchPolicy policy = inline ? cluster.policies.batchReadInline : cluster.policies.batchReadSpread;
        Batch batch = new Batch(reads, listeners, inline);
        try {
            cluster.client.get(
                    loop, batch, waited < NO_WAIT_NANOS ? policy : Policies.within(policy, left(waited)), reads);
        } catch (AerospikeException e) {
            batch.onFailure(e);
        }
    }

    private int left(long waited) {
        return Math.toIntExact(Math.max(1, TimeUnit.NANOSECONDS.toMillis(deadlineNanos - waited)));
    }

    private void returned() {
        inFlight--;
        sendAtTheEndOfTheTurn();
    }

    private final class Single implements RecordListener {
        private final RecordListener listener;

        private Single(RecordListener listener) {
            this.listener = listener;
        }

        @Override
        public void onSuccess(Key key, @Nullable Record record) {
            returned();
            listener.onSuccess(key, record);
        }

        @Override
        public void onFailure(AerospikeException failure) {
            returned();
            listener.onFailure(failure);
        }
    }

    private final class Batch implements BatchListListener {
        private final List<BatchRead> reads;
        private final List<RecordListener> listeners;
        private final boolean inline;
        private final long sent = System.nanoTime();

        private Batch(List<BatchRead> reads, List<RecordListener> listeners, boolean inline) {
            this.reads = reads;
            this.listeners = listeners;
            this.inline = inline;
        }

        @Override
        public void onSuccess(List<BatchRead> answered) {
            deliver(null);
        }

        @Override
        public void onFailure(AerospikeException failure) {
            deliver(failure);
        }

        /** Nodes answer on their own: where one failed, the reads that went to others may have their records. */
        private void deliver(@Nullable AerospikeException failure) {
            choice.took(inline, reads.size(), System.nanoTime() - sent);
            returned();
            for (int i = 0; i < reads.size(); i++) {
                BatchRead read = reads.get(i);
                RecordListener listener = listeners.get(i);
                switch (read.resultCode) {
                    case ResultCode.OK -> listener.onSuccess(read.key, read.record);
                    case ResultCode.KEY_NOT_FOUND_ERROR -> listener.onSuccess(read.key, null);
                    case ResultCode.NO_RESPONSE ->
                        listener.onFailure(failure == null ? new AerospikeException(read.resultCode) : failure);
                    default -> listener.onFailure(new AerospikeException(read.resultCode));
                }
            }
        }
    }
}
