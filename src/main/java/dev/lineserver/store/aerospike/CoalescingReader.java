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
    static final int ATTEMPTS = 3;

    /** Most commands in flight to one node: one on its way there while the other is on its way back. */
    static final int COMMANDS_PER_NODE = 2;

    /** Most reads that wait for one node; any more are refused at once. */
    static final int MOST_QUEUED = 4_096;

    private static final int KEYS_PER_COMMAND = 256;

    /** Many times what a busy node takes, and short enough that few requests wait when a node falls silent. */
    private static final Duration LONGEST_PATIENCE = Duration.ofMillis(75);

    /** Resolution of deadlines and of the patience. */
    static final int TICK_MILLIS = 10;

    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(TICK_MILLIS);

    /** The client ends a command long before its deadline has passed twice, unless it lost the command. */
    private static final long LOST_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long PROBE_INTERVAL_NANOS = TimeUnit.MILLISECONDS.toNanos(250);

    private final NodeLink<N> link;
    private final long deadlineNanos;
    private final long patienceNanos;
    private final IdentityHashMap<N, Lane> lanes = new IdentityHashMap<>();
    private boolean aboutToSend;
    private boolean ticking;
    private long nextTick;

    /** @param deadline of a read with all its attempts */
    CoalescingReader(NodeLink<N> link, Duration deadline) {
        this.link = link;
        this.deadlineNanos = deadline.toNanos();
        this.patienceNanos = Math.min(LONGEST_PATIENCE.toNanos(), deadlineNanos / (2 * ATTEMPTS));
    }

    /** Reads a record; null if it does not exist. Fails with an {@link AerospikeException}. Ends before the deadline. */
    CompletableFuture<@Nullable Record> read(Key key) {
        PendingRead read = new PendingRead(key, link.nanoTime() + deadlineNanos);
        int refusal = route(read, false);
        if (refusal != ResultCode.OK) {
            read.completeExceptionally(new AerospikeException(refusal));
        }
        return read;
    }

    /**
     * Puts a read into the lane that serves it best: one of a copy not asked before, and healthy.
     *
     * @param elsewhere true if only such a lane will do
     * @return {@link ResultCode#OK}, or why there is none
     */
    private int route(PendingRead read, boolean elsewhere) {
        int copies = link.copies();
        int bestRank = Integer.MAX_VALUE;
        int bestCopy = 0;
        Lane best = null;
        Lane avoided = null;
        for (int copy = 0; copy < copies && bestRank > 0; copy++) {
            N node = link.node(read.key, copy);
            if (node == null) {
                continue;
            }
            Lane lane = lane(node);
            int rank = (lane.suspect ? 2 : 0) + ((read.copiesAsked & 1L << copy) != 0 ? 1 : 0);
            if (rank < bestRank) {
                avoided = best == null ? avoided : best;
                bestRank = rank;
                bestCopy = copy;
                best = lane;
            }
        }
        if (best == null) {
            return ResultCode.INVALID_NODE_ERROR;
        }
        if ((elsewhere && bestRank > 0) || best.queue.size() >= MOST_QUEUED) {
            return ResultCode.ASYNC_QUEUE_FULL;
        }
        read.attempts++;
        read.copiesAsked |= 1L << bestCopy;
        best.add(read);
        if (avoided != null && avoided.isProbeDue()) {
            avoided.add(read);
        }
        return ResultCode.OK;
    }

    /** A node that was restarted is another node of the same name. */
    private Lane lane(N node) {
        return lanes.computeIfAbsent(node, Lane::new);
    }

    /** By then everything that the loop woke up for has been read, and leaves together. */
    private void sendAtEndOfTurn() {
        if (!aboutToSend) {
            link.atEndOfTurn(this::send);
            aboutToSend = true;
        }
    }

    private void send() {
        aboutToSend = false;
        List.copyOf(lanes.values()).forEach(Lane::send);
    }

    private void tickLater() {
        if (!ticking) {
            link.after(TICK_MILLIS, this::tick);
            ticking = true;
            nextTick = link.nanoTime() + TICK_NANOS;
        }
    }

    private void tick() {
        ticking = false;
        long now = link.nanoTime();
        // If the loop itself was held up, answers may be waiting for it to read them: that says nothing about nodes.
        boolean late = now - nextTick > patienceNanos / 2;
        for (Lane lane : List.copyOf(lanes.values())) {
            List.copyOf(lane.inFlight).forEach(command -> command.check(now, late));
            lane.checkQueue(now);
        }
        if (!lanes.values().stream().allMatch(Lane::isIdle)) {
            tickLater();
        }
    }

    private boolean failIfLate(PendingRead read, long now) {
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
        private final List<Command> inFlight = new ArrayList<>();
        private boolean suspect;
        private long lastSent;

        private Lane(N node) {
            this.node = node;
        }

        private void add(PendingRead read) {
            read.places++;
            queue.addLast(read);
            sendAtEndOfTurn();
            tickLater();
        }

        private boolean isIdle() {
            return queue.isEmpty() && inFlight.isEmpty();
        }

        private boolean isProbeDue() {
            return suspect && isIdle() && link.nanoTime() - lastSent > PROBE_INTERVAL_NANOS;
        }

        private void send() {
            while (!queue.isEmpty() && inFlight.size() < COMMANDS_PER_NODE) {
                Command command = new Command(this);
                while (!queue.isEmpty() && command.batch.size() < KEYS_PER_COMMAND) {
                    command.take(queue.removeFirst());
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
                if (failIfLate(read, now) || (suspect && route(read, true) == ResultCode.OK)) {
                    read.places--;
                } else {
                    queue.addLast(read);
                }
            }
        }
    }

    /** One batch of reads on its way to a node and back. */
    private final class Command implements BatchListListener {
        private final Lane lane;
        private final List<BatchRead> batch = new ArrayList<>();
        private final List<PendingRead> reads = new ArrayList<>();
        private final long sent = link.nanoTime();
        private boolean overdue;
        private boolean ended;

        private Command(Lane lane) {
            this.lane = lane;
        }

        private void take(PendingRead read) {
            if (read.isDone()) {
                read.places--;
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
                end(e);
            } catch (RuntimeException | Error e) {
                end(new AerospikeException(ResultCode.CLIENT_ERROR, String.valueOf(e), e));
            }
        }

        private void check(long now, boolean late) {
            if (now - sent > 2 * deadlineNanos + LOST_NANOS) {
                end(new AerospikeException(ResultCode.TIMEOUT, "the command was lost"));
                return;
            }
            boolean becomesOverdue = !overdue && !late && now - sent > patienceNanos;
            if (becomesOverdue) {
                overdue = true;
                lane.suspect = true;
            }
            for (PendingRead read : reads) {
                if (!failIfLate(read, now) && becomesOverdue) {
                    int _ = route(read, true);
                }
            }
        }

        @Override
        public void onSuccess(List<BatchRead> answered) {
            end(null);
        }

        @Override
        public void onFailure(AerospikeException failure) {
            end(failure);
        }

        /** The node may have answered some of the reads before the command failed. */
        private void end(@Nullable AerospikeException failure) {
            if (ended) {
                return;
            }
            ended = true;
            lane.inFlight.remove(this);
            lane.suspect = failure != null;
            for (int i = 0; i < reads.size(); i++) {
                reads.get(i).places--;
                try {
                    answer(reads.get(i), batch.get(i), failure);
                } catch (RuntimeException | Error e) {
                    // Memory ran out, for example: the read is tried again, and the others are answered all the same.
                    lane.add(reads.get(i));
                }
            }
            sendAtEndOfTurn();
        }

        private void answer(PendingRead read, BatchRead result, @Nullable AerospikeException failure) {
            int code = result.resultCode;
            if (code == ResultCode.OK || code == ResultCode.KEY_NOT_FOUND_ERROR) {
                read.complete(result.record);
            } else if (!read.isDone() && read.places == 0) {
                AerospikeException reason =
                        failure != null && code == ResultCode.NO_RESPONSE ? failure : new AerospikeException(code);
                boolean again = ClusterFailures.passes(reason.getResultCode()) && read.attempts < ATTEMPTS;
                if (!again || route(read, false) != ResultCode.OK) {
                    read.completeExceptionally(reason);
                }
            }
        }
    }
}
