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
import com.aerospike.client.Record;
import com.aerospike.client.ResultCode;
import com.aerospike.client.listener.BatchListListener;
import org.jspecify.annotations.Nullable;

import dev.lineserver.store.QueueLimit;
import dev.lineserver.store.ReadStatistics;

/**
 * Reads records for one event loop, in batches of one node each. Reads of one event-loop iteration are sent together at
 * its end. While {@link #MAX_COMMANDS_PER_NODE} commands to a node are in flight, further reads are queued, in order,
 * and leave with the next command. The batch size therefore follows the load, and no read waits for a batch to fill.
 *
 * <p>Each node has a {@link Lane}: a queue, a bound on commands in flight, and a health:
 *
 * <pre>
 *              a command failed, or was not answered within maxSilenceNanos
 *   HEALTHY ──────────────────────────────────────────────────────────────────► SUSPECT
 *      ▲                                                                           │
 *      └───────────────────────────────────────────────────────────────────────────┘
 *                        a command was answered, in time or late
 * </pre>
 *
 * <p>A read moves between lanes:
 *
 * <pre>
 *   read() ──► queued in a lane ──► in flight ──► completed: record, absence, failure, or deadline
 *                  ▲       │            │
 *                  └───────┴────────────┘
 *          the lane became suspect, or the command failed: to the lane of another replica
 * </pre>
 *
 * <p>A read goes to the first replica whose lane is healthy. When a lane becomes suspect, its queued reads move to
 * another replica, and its reads in flight are sent to another replica as well. A dead or silent node therefore delays
 * its own lines once, by {@code maxSilenceNanos}, and the lines of other nodes not at all. At intervals, a suspect lane
 * also gets a read that a healthy lane answers: a probe, for whose answer the read does not wait. If no replica has a
 * healthy lane, suspect lanes are used like healthy ones.
 *
 * <p>While reads are pending, a timer checks all lanes every {@value #TICK_MILLIS} ms. It detects silent nodes and
 * enforces the deadline of each read, independently of the client and the nodes.
 *
 * <p>All methods are called on the event loop, so there are no locks. Completing a read runs the caller's stages, which
 * may call {@link #read} before the completion returns; loops over queues and lanes must allow for that.
 *
 * @param <N> a node
 */
final class CoalescingReader<N> {
    /** Limits the attempts at one read, each at another replica if there is one. */
    static final int MAX_ATTEMPTS = 3;

    /** Two keep a node busy: it executes one command while the other is on the network. */
    static final int MAX_COMMANDS_PER_NODE = 2;

    /** Bounds the queue of a lane, if {@link QueueLimit} does not; further reads fail at once. */
    static final int MAX_QUEUED_READS = 16_384;

    /** Bounds the time in the queue of a lane to this share of the deadline; the rest is for the node. */
    private static final int MAX_WAIT_DIVISOR = 4;

    private static final int MAX_KEYS_PER_COMMAND = 256;

    /** Far above the response time of a busy node, and short enough that few requests wait when a node falls silent. */
    private static final Duration MAX_SILENCE = Duration.ofMillis(75);

    /** Resolution of deadlines and of {@link #MAX_SILENCE}. */
    static final int TICK_MILLIS = 10;

    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(TICK_MILLIS);

    /** The client ends a command within twice the deadline. One that is older by this margin has been lost. */
    private static final long LOST_COMMAND_MARGIN_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long PROBE_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final NodeLink<N> link;
    private final ReadStatistics statistics;
    private final long deadlineNanos;
    private final long maxSilenceNanos;

    /** By identity: a restarted node has the same name, but is another node with connections of its own. */
    private final IdentityHashMap<N, Lane> lanes = new IdentityHashMap<>();

    private boolean sendScheduled;
    private boolean tickScheduled;
    private long nextTick;

    private enum Health {
        HEALTHY,
        SUSPECT
    }

    /**
     * @param deadline of a read, all attempts included
     * @param statistics counts commands; shared by the readers of a store
     */
    CoalescingReader(NodeLink<N> link, Duration deadline, ReadStatistics statistics) {
        this.link = link;
        this.statistics = statistics;
        this.deadlineNanos = deadline.toNanos();
        // At most half of an attempt's share of the deadline, so that a second replica has time to answer.
        this.maxSilenceNanos = Math.min(MAX_SILENCE.toNanos(), deadlineNanos / (2 * MAX_ATTEMPTS));
    }

    /**
     * Reads a record or a part of it.
     *
     * @return completes before the deadline, with null if the record does not exist; fails with an
     *     {@link AerospikeException}
     */
    CompletableFuture<@Nullable Record> read(ReadRequest request) {
        PendingRead read = new PendingRead(request, link.nanoTime() + deadlineNanos);
        int refusal = enqueue(read, false);
        if (refusal != ResultCode.OK) {
            if (refusal == ResultCode.ASYNC_QUEUE_FULL) {
                statistics.refusals().increment();
            }
            read.completeExceptionally(new RefusedReadException(refusal));
        }
        return read;
    }

    /**
     * Adds a read to the lane of its best replica. Replicas rank: 0 healthy and untried, 1 healthy, 2 suspect and
     * untried, 3 suspect; the first of the lowest rank is the best.
     *
     * @param onlyHealthy true to accept ranks 0 and 1 only: the read is in the lane of a suspect node already, and moves
     *     only to a better one. That may be one that failed the read earlier and has recovered since
     * @return {@link ResultCode#OK}, or the reason why the read was not added
     */
    private int enqueue(PendingRead read, boolean onlyHealthy) {
        int replicas = link.replicaCount();
        int bestRank = Integer.MAX_VALUE;
        int bestReplica = 0;
        Lane best = null;
        Lane passedOver = null;
        for (int replica = 0; replica < replicas && bestRank > 0; replica++) {
            N node = link.node(read.request.key(), replica);
            if (node == null) {
                continue;
            }
            Lane lane = lanes.computeIfAbsent(node, Lane::new);
            int rank = (lane.isSuspect() ? 2 : 0) + (read.hasTried(replica) ? 1 : 0);
            if (rank < bestRank) {
                passedOver = best == null ? passedOver : best;
                bestRank = rank;
                bestReplica = replica;
                best = lane;
            }
        }
        if (best == null) {
            return ResultCode.INVALID_NODE_ERROR;
        }
        if ((onlyHealthy && bestRank > 1) || !best.admitsRead()) {
            return ResultCode.ASYNC_QUEUE_FULL;
        }
        read.addAttempt(bestReplica);
        best.add(read);
        // A probe costs its node one more read, and the caller nothing: the first answer completes the read. It is not
        // counted as an attempt, because the node is known to be suspect, and the read must not fail early because of
        // it.
        if (passedOver != null && passedOver.isProbeDue()) {
            passedOver.add(read);
        }
        return ResultCode.OK;
    }

    /**
     * Runs {@link #sendAll} after all sockets of this event-loop iteration have been read: their requests leave
     * together.
     */
    private void scheduleSend() {
        if (!sendScheduled) {
            link.atEndOfIteration(this::sendAll);
            sendScheduled = true;
        }
    }

    private void sendAll() {
        // Cleared first: a read that is added during the loop below may be for a lane that was visited already.
        sendScheduled = false;
        List.copyOf(lanes.values()).forEach(Lane::send);
    }

    /** Returns the number of nodes that are known. */
    int laneCount() {
        return lanes.size();
    }

    private void scheduleTick() {
        if (!tickScheduled) {
            link.schedule(TICK_MILLIS, this::tick);
            tickScheduled = true;
            nextTick = link.nanoTime() + TICK_NANOS;
        }
    }

    /** Continues after an error, such as an OutOfMemoryError: every read ends by its deadline. */
    private void tick() {
        tickScheduled = false;
        try {
            long now = link.nanoTime();
            // A late tick means that this event loop was blocked. Answers may have arrived meanwhile and wait in socket
            // buffers, so their delay is no evidence against a node.
            boolean loopDelayed = now - nextTick > maxSilenceNanos / 2;
            // Copies, because expired reads complete here, and their callers may add reads and lanes.
            for (Lane lane : List.copyOf(lanes.values())) {
                List.copyOf(lane.inFlight).forEach(command -> command.checkTimeouts(now, loopDelayed));
                lane.checkQueue(now);
            }
            lanes.values().removeIf(lane -> lane.isIdle() && !link.isActive(lane.node));
        } finally {
            if (!lanes.values().stream().allMatch(Lane::isIdle)) {
                scheduleTick();
            }
        }
    }

    /**
     * Returns true if the read is completed, by this call or before. A read fails one tick early rather than one late.
     */
    private boolean failIfExpired(PendingRead read, long now) {
        if (!read.isDone() && now + TICK_NANOS >= read.deadline) {
            String message = "no answer within " + TimeUnit.NANOSECONDS.toMillis(deadlineNanos) + " ms";
            read.completeExceptionally(new AerospikeException(ResultCode.TIMEOUT, message));
        }
        return read.isDone();
    }

    /** Queues and sends the reads of one node. */
    private final class Lane {
        private final N node;
        private final ArrayDeque<PendingRead> queue = new ArrayDeque<>();
        private final List<ReadCommand> inFlight = new ArrayList<>();
        private final QueueLimit limit = new QueueLimit(
                deadlineNanos / MAX_WAIT_DIVISOR, MAX_COMMANDS_PER_NODE * MAX_KEYS_PER_COMMAND, MAX_QUEUED_READS);
        private Health health = Health.HEALTHY;
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

        private boolean isSuspect() {
            return health == Health.SUSPECT;
        }

        private boolean isIdle() {
            return queue.isEmpty() && inFlight.isEmpty();
        }

        private boolean admitsRead() {
            boolean sendsAtOnce = queue.isEmpty() && inFlight.size() < MAX_COMMANDS_PER_NODE;
            return limit.admits(queue.size(), sendsAtOnce, link.nanoTime());
        }

        private boolean isProbeDue() {
            return isSuspect() && isIdle() && link.nanoTime() - lastSent > PROBE_INTERVAL_NANOS;
        }

        private void send() {
            while (!queue.isEmpty() && inFlight.size() < MAX_COMMANDS_PER_NODE) {
                ReadCommand command = new ReadCommand(this);
                try {
                    while (!queue.isEmpty() && command.batch.size() < MAX_KEYS_PER_COMMAND) {
                        command.add(queue.element());
                        queue.remove();
                    }
                    limit.recordLeft(command.batch.size(), link.nanoTime());
                } catch (RuntimeException | Error e) {
                    command.reads.reversed().forEach(queue::addFirst);
                    throw e;
                }
                // Empty if all queued reads were completed meanwhile, by another replica or by their deadlines.
                if (!command.batch.isEmpty()) {
                    command.send();
                }
            }
        }

        /**
         * Drops expired reads from the queue, and moves the others away if the lane is suspect. Each read that stays is
         * removed and added again: callers may add reads meanwhile, which an iterator would not survive.
         */
        private void checkQueue(long now) {
            for (int remaining = queue.size(); remaining > 0; remaining--) {
                PendingRead read = queue.element();
                boolean leaves = failIfExpired(read, now) || (isSuspect() && enqueue(read, true) == ResultCode.OK);
                queue.remove();
                if (leaves) {
                    read.holders--;
                } else {
                    queue.addLast(read);
                }
            }
        }
    }

    /** Carries a batch of reads to a node and back. */
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
                batch.add(read.request.toBatchRead());
                reads.add(read);
            }
        }

        private void send() {
            // The client may throw instead of calling the listener. Completing here releases the slot either way.
            try {
                lane.lastSent = sent;
                lane.inFlight.add(this);
                statistics.records().record(batch.size());
                link.send(lane.node, batch, this);
            } catch (AerospikeException e) {
                complete(e);
            } catch (RuntimeException | Error e) {
                complete(new AerospikeException(ResultCode.CLIENT_ERROR, String.valueOf(e), e));
            }
        }

        private void checkTimeouts(long now, boolean loopDelayed) {
            if (now - sent > 2 * deadlineNanos + LOST_COMMAND_MARGIN_NANOS) {
                complete(new AerospikeException(ResultCode.TIMEOUT, "the client lost the command"));
                return;
            }
            boolean becomesOverdue = !overdue && !loopDelayed && now - sent > maxSilenceNanos;
            if (becomesOverdue) {
                overdue = true;
                // Before the reads are sent again, so that they avoid this lane.
                lane.health = Health.SUSPECT;
            }
            for (PendingRead read : reads) {
                // The read is in flight twice then. If there is no better lane, it waits for this command only, until
                // the next tick looks again.
                if (!failIfExpired(read, now) && overdue && read.holders == 1 && enqueue(read, true) == ResultCode.OK) {
                    statistics.retries().increment();
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

        /**
         * Completes the reads, or sends them to another replica. A command that failed may have answered some of its
         * reads before. The client may still call the listener of a command that was given up as lost; that call has no
         * effect.
         */
        private void complete(@Nullable AerospikeException failure) {
            if (completed) {
                return;
            }
            long nanos = link.nanoTime() - sent;
            completed = true;
            // Both before the retries below: the slot is free, and the retries see the health of this lane.
            lane.inFlight.remove(this);
            lane.health = failure == null ? Health.HEALTHY : Health.SUSPECT;
            for (int i = 0; i < reads.size(); i++) {
                reads.get(i).holders--;
                try {
                    completeOrRetry(reads.get(i), batch.get(i), failure);
                } catch (RuntimeException | Error e) {
                    // Such as an OutOfMemoryError. The read is queued again, and the loop answers the others.
                    reads.get(i).holders++;
                    lane.queue.addLast(reads.get(i));
                }
            }
            scheduleSend();
            statistics.nanos().record(nanos);
        }

        private void completeOrRetry(PendingRead read, BatchRead result, @Nullable AerospikeException failure) {
            int code = result.resultCode;
            if (code == ResultCode.OK || code == ResultCode.KEY_NOT_FOUND_ERROR) {
                read.complete(result.record);
            } else if (!read.isDone() && read.holders == 0) {
                // Only the last holder reports a failure or retries: another lane may still answer the read.
                AerospikeException reason =
                        failure != null && code == ResultCode.NO_RESPONSE ? failure : new AerospikeException(code);
                boolean retry = ClusterFailures.isTransient(reason.getResultCode()) && read.attempts < MAX_ATTEMPTS;
                if (retry && enqueue(read, false) == ResultCode.OK) {
                    statistics.retries().increment();
                } else {
                    read.completeExceptionally(reason);
                }
            }
        }
    }
}
