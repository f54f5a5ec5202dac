package dev.lineserver.store.aerospike;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.BatchRead;
import com.aerospike.client.Record;
import com.aerospike.client.ResultCode;
import com.aerospike.client.async.NettyEventLoop;
import com.aerospike.client.cluster.Node;
import com.aerospike.client.listener.BatchListListener;
import io.netty.util.concurrent.ScheduledFuture;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.ReadStatistics;

/**
 * Reads many records at once, for one event loop: one command of the client, which sends each node the keys of its
 * records. Requests for many lines are read here and not by {@link CoalescingReader}, because a few dozen of them would
 * fill the queues in which single lines wait.
 *
 * <p>At most {@value #MAX_BATCHES_IN_FLIGHT} batches are in flight; the others wait in their order, however long that takes
 * while batches succeed. When one fails, those that have waited for the deadline of a lookup fail with it: each of them
 * would wait in vain for as long again.
 *
 * <p>The records that a batch does not get are read one by one with {@link CoalescingReader}, which tries other replicas.
 * So are all batches that begin within {@value #CAUTION_MILLIS} ms of such a failure: the client sends commands to a silent
 * node until it removes the node from the cluster, and each of them would take the whole time of an attempt.
 *
 * <p>All methods are called on the event loop.
 */
final class BatchReader {
    /** Enough to keep several nodes busy while answers are on the network. */
    static final int MAX_BATCHES_IN_FLIGHT = 4;

    private static final int CAUTION_MILLIS = 1_000;

    private final ConnectedCluster cluster;
    private final NettyEventLoop loop;
    private final CoalescingReader<Node> singleReader;
    private final ReadStatistics statistics;
    private final Queue<Batch> waiting = new ArrayDeque<>();
    private int inFlight;
    /** True while {@link #beginNext} begins batches. */
    private boolean beginning;

    /** On the clock of {@link System#nanoTime}: until then, records are read one by one. */
    private long cautiousUntil = System.nanoTime();

    /** @param statistics counts batches; those of several nodes as one command */
    BatchReader(
            ConnectedCluster cluster,
            NettyEventLoop loop,
            CoalescingReader<Node> singleReader,
            ReadStatistics statistics) {
        this.statistics = statistics;
        this.cluster = cluster;
        this.loop = loop;
        this.singleReader = singleReader;
    }

    /**
     * Reads records.
     *
     * @return completes with a record for each request, in their order, null if it does not exist; fails with an
     *     {@link AerospikeException} if one of the records cannot be read
     */
    CompletableFuture<List<@Nullable Record>> read(List<ReadRequest> requests) {
        Batch batch = new Batch(requests);
        waiting.add(batch);
        beginNext();
        return batch.records;
    }

    /** A batch that fails at once calls this again; thousands of them must not do so one inside the other. */
    private void beginNext() {
        if (beginning) {
            return;
        }
        beginning = true;
        try {
            while (inFlight < MAX_BATCHES_IN_FLIGHT && !waiting.isEmpty()) {
                inFlight++;
                waiting.remove().begin();
            }
        } finally {
            beginning = false;
        }
    }

    /** Removes the batches that have waited for the deadline of a lookup. */
    private List<Batch> removeExpired() {
        long before = System.nanoTime() - cluster.settings.lookupDeadline().toNanos();
        List<Batch> expired = new ArrayList<>();
        while (!waiting.isEmpty() && waiting.element().queued - before <= 0) {
            expired.add(waiting.remove());
        }
        return expired;
    }

    private final class Batch implements BatchListListener {
        private final CompletableFuture<List<@Nullable Record>> records = new CompletableFuture<>();
        private final long queued = System.nanoTime();
        private final List<ReadRequest> requests;
        private final List<BatchRead> reads;
        private @Nullable ScheduledFuture<?> lossTimer;
        private long sent;
        private boolean answered;

        private Batch(List<ReadRequest> requests) {
            this.requests = requests;
            reads = requests.stream().map(ReadRequest::toBatchRead).toList();
        }

        private void begin() {
            if (System.nanoTime() - cautiousUntil < 0 || !send()) {
                accept();
            }
        }

        /** Returns false if the batch cannot be sent: the client may throw instead of calling the listener. */
        private boolean send() {
            try {
                // The client ends a command within the time of an attempt, unless it lost it.
                int millis = 2 * cluster.policies.lineRead.totalTimeout + CAUTION_MILLIS;
                lossTimer = loop.get().schedule(this::accept, millis, TimeUnit.MILLISECONDS);
                statistics.records().record(reads.size());
                sent = System.nanoTime();
                cluster.client.get(loop, this, cluster.policies.lineRead, reads);
                return true;
            } catch (RuntimeException | Error e) {
                return false;
            }
        }

        @Override
        public void onSuccess(List<BatchRead> complete) {
            accept();
        }

        /** The reads say which of them failed. */
        @Override
        public void onFailure(AerospikeException failure) {
            accept();
        }

        /** Accepts the records that were read, and reads the others. Has no effect if it is called again. */
        private void accept() {
            if (answered) {
                return;
            }
            answered = true;
            if (lossTimer != null) {
                lossTimer.cancel(false);
                statistics.nanos().record(System.nanoTime() - sent);
            }
            CompletableFuture<@Nullable Record[]> complete;
            // Whatever is thrown, such as an OutOfMemoryError, the batch gives its place back.
            try {
                complete = complete();
            } catch (RuntimeException | Error e) {
                complete = CompletableFuture.failedFuture(e);
            }
            CompletableFuture<?> _ = complete.whenComplete(this::end);
        }

        /** Reads the records that the batch did not get, and completes with all. */
        private CompletableFuture<@Nullable Record[]> complete() {
            List<CompletableFuture<?>> single = new ArrayList<>();
            @Nullable Record[] found = new Record[reads.size()];
            for (int i = 0; i < found.length; i++) {
                BatchRead read = reads.get(i);
                if (read.resultCode == ResultCode.OK || read.resultCode == ResultCode.KEY_NOT_FOUND_ERROR) {
                    found[i] = read.record;
                } else {
                    int index = i;
                    single.add(singleReader.read(requests.get(i)).thenAccept(record -> found[index] = record));
                }
            }
            if (single.isEmpty()) {
                return CompletableFuture.completedFuture(found);
            }
            if (lossTimer != null) {
                cautiousUntil = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CAUTION_MILLIS);
            }
            return CompletableFuture.allOf(single.toArray(CompletableFuture<?>[]::new))
                    .thenApply(_ -> found);
        }

        private void end(@Nullable Record[] found, @Nullable Throwable failure) {
            inFlight--;
            List<Batch> expired = failure == null ? List.of() : removeExpired();
            // First, so that the nodes work while the caller uses the records.
            beginNext();
            if (failure == null) {
                records.complete(Arrays.asList(found));
            } else {
                records.completeExceptionally(failure);
                expired.forEach(batch -> batch.records.completeExceptionally(failure));
            }
        }
    }
}
