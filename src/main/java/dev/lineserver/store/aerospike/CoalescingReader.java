package dev.lineserver.store.aerospike;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.BatchRead;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.ResultCode;
import com.aerospike.client.listener.BatchListListener;
import org.jspecify.annotations.Nullable;

/**
 * The reads of one event loop. Reads that wait for the same node travel as one batch: those that come in one turn of the
 * loop leave at its end, and those that come while the bound of commands to the node is reached collect, in order, and
 * leave with the next. So a batch is as large as the load makes it, and nothing waits for a batch to fill.
 *
 * <p>Each node has a lane of its own, with a queue, a bound on commands in flight, and a state:
 *
 * <pre>
 *              a command failed, or was not answered within the patience
 *   HEALTHY ──────────────────────────────────────────────────────────────► SUSPECT
 *      ▲                                                                       │
 *      └───────────────────────────────────────────────────────────────────────┘
 *                               a command was answered
 * </pre>
 *
 * <p>Reads go to the first of their copies whose lane is healthy. When a lane becomes suspect, its queued reads move to
 * another copy and those in flight are sent there as well, so that a dead or silent node costs its lines the patience
 * once, and the lines of other nodes nothing. Now and then a suspect lane is sent a read that a healthy lane answers too:
 * a probe, which nobody waits for. If no copy is on a healthy lane, suspect ones are used, as if they were healthy.
 *
 * <p>A timer checks all lanes every {@value #TICK_MILLIS} ms while a read is pending. It detects silence, and fails the
 * reads whose deadline is near: the deadline holds whatever the client and the nodes do. All methods run on the loop.
 *
 * @param <N> a node
 */
final class CoalescingReader<N> {
    /** Most nodes asked for one record, one after the other. */
    static final int MAX_ATTEMPTS = 3;

    /** Most commands in flight to one node: one on its way there while the other is on its way back. */
    static final int MAX_COMMANDS_PER_NODE = 2;

    /** Most reads that wait for one node; any more are refused at once. */
    static final int MAX_QUEUED_READS = 4_096;

    private static final int MAX_KEYS_PER_COMMAND = 256;

    /** Many times what a busy node takes, and short enough that few requests wait when a node falls silent. */
    private static final Duration MAX_SILENCE = Duration.ofMillis(75);

    /** Resolution of deadlines and of the patience. */
    static final int TICK_MILLIS = 10;

    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(TICK_MILLIS);

    /** The client ends a command long before its deadline has passed twice, unless it lost the command. */
    private static final long LOST_COMMAND_MARGIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long PROBE_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final NodeLink<N> link;
    private final long deadlineNanos;
    private final long maxSilenceNanos;
    private final IdentityHashMap<N, Lane> lanes = new IdentityHashMap<>();
    private boolean sendScheduled;
    private boolean tickScheduled;
    private long nextTick;

    /** @param deadline of a read with all its attempts */
    CoalescingReader(NodeLink<N> link, Duration deadline) {
        this.link = link;
        this.deadlineNanos = deadline.toNanos();
        this.maxSilenceNanos = Math.min(MAX_SILENCE.toNanos(), deadlineNanos / (2 * MAX_ATTEMPTS));
    }

    /** Reads a record; null if it does not exist. Fails with an {@link AerospikeException}. Ends before the deadline. */
    CompletableFuture<@Nullable Record> read(Key key) {
        PendingRead read = new PendingRead(key, link.nanoTime() + deadlineNanos);
        int refusal = enqueue(read, false);
        if (refusal != ResultCode.OK) {
            read.completeExceptionally(new AerospikeException(refusal));
        }
        return read;
    }

    /**
     * Puts a read into the lane that serves it best: one of a copy not asked before, and healthy.
     *
     * @param onlyUntriedHealthy true if only such a lane will do
     * @return {@link ResultCode#OK}, or why there is none
     */
    private int enqueue(PendingRead read, boolean onlyUntriedHealthy) {
        int replicas = link.replicaCount();
        int bestRank = Integer.MAX_VALUE;
        int bestReplica = 0;
        Lane best = null;
        Lane skippedSuspect = null;
        for (int replica = 0; replica < replicas && bestRank > 0; replica++) {
            N node = link.node(read.key, replica);
            if (node == null) {
                continue;
            }
            Lane lane = lane(node);
            int rank = (lane.suspect ? 2 : 0) + ((read.triedReplicas & 1L << replica) != 0 ? 1 : 0);
            if (rank < bestRank) {
                skippedSuspect = best == null ? skippedSuspect : best;
                bestRank = rank;
                bestReplica = replica;
                best = lane;
            }
        }
        if (best == null) {
            return ResultCode.INVALID_NODE_ERROR;
        }
        if ((onlyUntriedHealthy && bestRank > 0) || best.queue.size() >= MAX_QUEUED_READS) {
            return ResultCode.ASYNC_QUEUE_FULL;
        }
        read.attempts++;
        read.triedReplicas |= 1L << bestReplica;
        best.add(read);
        if (skippedSuspect != null && skippedSuspect.isProbeDue()) {
            skippedSuspect.add(read);
        }
        return ResultCode.OK;
    }

    /** A node that was restarted is another node of the same name. */
    private Lane lane(N node) {
        return lanes.computeIfAbsent(node, Lane::new);
    }

    /** By then everything that the loop woke up for has been read, and leaves together. */
    private void scheduleSend() {
        if (!sendScheduled) {
            link.atEndOfIteration(this::send);
            sendScheduled = true;
        }
    }

    private void send() {
        sendScheduled = false;
        List.copyOf(lanes.values()).forEach(Lane::send);
    }

    private void scheduleTick() {
        if (!tickScheduled) {
            link.schedule(TICK_MILLIS, this::tick);
            tickScheduled = true;
            nextTick = link.nanoTime() + TICK_NANOS;
        }
    }

    private void tick() {
        tickScheduled = false;
        long now = link.nanoTime();
        // If the loop itself was held up, answers may be waiting for it to read them: that says nothing about nodes.
        boolean loopDelayed = now - nextTick > maxSilenceNanos / 2;
        for (Lane lane : List.copyOf(lanes.values())) {
            List.copyOf(lane.inFlight).forEach(command -> command.checkTimeouts(now, loopDelayed));
            lane.checkQueue(now);
        }
        if (!lanes.values().stream().allMatch(Lane::isIdle)) {
            scheduleTick();
        }
    }

    private boolean failIfExpired(PendingRead read, long now) {
        if (!read.isDone() && now + TICK_NANOS >= read.deadline) {
            String message = "no answer within " + TimeUnit.NANOSECONDS.toMillis(deadlineNanos) + " ms";
            read.completeExceptionally(new AerospikeException(ResultCode.TIMEOUT, message));
        }
        return read.isDone();
    }

    /** One node's share. */
    private final class Lane {
        private final N node;
        private final ArrayDeque<PendingRead> queue = new ArrayDeque<>();
        private final List<ReadCommand> inFlight = new ArrayList<>();
        private boolean suspect;
        private long lastSent;

        private Lane(N node) {
            this.node = node;
        }

        private void add(PendingRead read) {
            read.holders++;
            queue.addLast(read);
            scheduleSend();
            scheduleTick();
        }

        private boolean isIdle() {
            return queue.isEmpty() && inFlight.isEmpty();
        }

        private boolean isProbeDue() {
            return suspect && isIdle() && link.nanoTime() - lastSent > PROBE_INTERVAL_NANOS;
        }

        private void send() {
            while (!queue.isEmpty() && inFlight.size() < MAX_COMMANDS_PER_NODE) {
                ReadCommand command = new ReadCommand(this);
                while (!queue.isEmpty() && command.batch.size() < MAX_KEYS_PER_COMMAND) {
                    command.add(queue.removeFirst());
                }
                if (!command.batch.isEmpty()) {
                    command.send();
                }
            }
        }

        /** Each read leaves the queue once, and most go back: a listener may add new ones meanwhile. */
        private void checkQueue(long now) {
            for (int left = queue.size(); left > 0; left--) {
                PendingRead read = queue.removeFirst();
                if (failIfExpired(read, now) || (suspect && enqueue(read, true) == ResultCode.OK)) {
                    read.holders--;
                } else {
                    queue.addLast(read);
                }
            }
        }
    }

    /** One batch of reads on its way to a node and back. */
    private final class ReadCommand implements BatchListListener {
        private final Lane lane;
        private final List<BatchRead> batch = new ArrayList<>();
        private final List<PendingRead> reads = new ArrayList<>();
        private final long sent = link.nanoTime();
        private boolean overdue;
        private boolean completed;

        private ReadCommand(Lane lane) {
            this.lane = lane;
        }

        private void add(PendingRead read) {
            if (read.isDone()) {
                read.holders--;
            } else {
                reads.add(read);
                batch.add(new BatchRead(read.key, true));
            }
        }

        private void send() {
            lane.lastSent = sent;
            lane.inFlight.add(this);
            try {
                link.send(lane.node, batch, this);
            } catch (AerospikeException e) {
                complete(e);
            } catch (RuntimeException | Error e) {
                complete(new AerospikeException(ResultCode.CLIENT_ERROR, String.valueOf(e), e));
            }
        }

        private void checkTimeouts(long now, boolean loopDelayed) {
            if (now - sent > 2 * deadlineNanos + LOST_COMMAND_MARGIN_NANOS) {
                complete(new AerospikeException(ResultCode.TIMEOUT, "the command was lost"));
                return;
            }
            boolean becomesOverdue = !overdue && !loopDelayed && now - sent > maxSilenceNanos;
            if (becomesOverdue) {
                overdue = true;
                lane.suspect = true;
            }
            for (PendingRead read : reads) {
                if (!failIfExpired(read, now) && becomesOverdue) {
                    int _ = enqueue(read, true);
                }
            }
        }

        @Override
        public void onSuccess(List<BatchRead> answered) {
            complete(null);
        }

        @Override
        public void onFailure(AerospikeException failure) {
            complete(failure);
        }

        /** The node may have answered some of the reads before the command failed. */
        private void complete(@Nullable AerospikeException failure) {
            if (completed) {
                return;
            }
            completed = true;
            lane.inFlight.remove(this);
            lane.suspect = failure != null;
            for (int i = 0; i < reads.size(); i++) {
                reads.get(i).holders--;
                try {
                    completeOrRetry(reads.get(i), batch.get(i), failure);
                } catch (RuntimeException | Error e) {
                    // Memory ran out, for example: the read is tried again, and the others are answered all the same.
                    lane.add(reads.get(i));
                }
            }
            scheduleSend();
        }

        private void completeOrRetry(PendingRead read, BatchRead result, @Nullable AerospikeException failure) {
            int code = result.resultCode;
            if (code == ResultCode.OK || code == ResultCode.KEY_NOT_FOUND_ERROR) {
                read.complete(result.record);
            } else if (!read.isDone() && read.holders == 0) {
                AerospikeException reason =
                        failure != null && code == ResultCode.NO_RESPONSE ? failure : new AerospikeException(code);
                boolean retry = ClusterFailures.isTransient(reason.getResultCode()) && read.attempts < MAX_ATTEMPTS;
                if (!retry || enqueue(read, false) != ResultCode.OK) {
                    read.completeExceptionally(reason);
                }
            }
        }
    }
}
