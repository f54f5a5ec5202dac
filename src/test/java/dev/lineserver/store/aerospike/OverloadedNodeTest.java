package dev.lineserver.store.aerospike;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.BatchRead;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.ResultCode;
import com.aerospike.client.listener.BatchListListener;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import dev.lineserver.store.ReadStatistics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Sends more reads than a node can answer, by a scripted clock: the node answers every command after a fixed time, so its
 * capacity is known. Reads arrive each millisecond, whatever becomes of the earlier ones.
 */
final class OverloadedNodeTest {
    private static final int DEADLINE_MILLIS = 1_000;
    private static final int OVERLOAD = 4;

    /** One node and one event loop. A turn of the loop takes a millisecond. */
    private static final class SlowNode implements NodeLink<String> {
        private record Timed(long due, long order, Runnable task) implements Comparable<Timed> {
            @Override
            public int compareTo(Timed other) {
                return due == other.due ? Long.compare(order, other.order) : Long.compare(due, other.due);
            }
        }

        private final PriorityQueue<Timed> timed = new PriorityQueue<>();
        private final ArrayDeque<Runnable> endOfIteration = new ArrayDeque<>();
        private final long responseMillis;
        private long nowMillis = 1_000;
        private long order;

        private SlowNode(long responseMillis) {
            this.responseMillis = responseMillis;
        }

        @Override
        public boolean isActive(String node) {
            return true;
        }

        @Override
        public int replicaCount() {
            return 1;
        }

        @Override
        public @Nullable String node(Key key, int replica) {
            return "node";
        }

        @Override
        public void send(String node, List<BatchRead> reads, BatchListListener listener) {
            schedule(responseMillis, () -> {
                reads.forEach(read -> read.setRecord(new Record(Map.of(), 1, 0)));
                listener.onSuccess(reads);
            });
        }

        @Override
        public void atEndOfIteration(Runnable task) {
            endOfIteration.add(task);
        }

        @Override
        public void schedule(long millis, Runnable task) {
            timed.add(new Timed(nowMillis + millis, order++, task));
        }

        @Override
        public long nanoTime() {
            return nowMillis * 1_000_000;
        }

        private void turn() {
            nowMillis++;
            while (!timed.isEmpty() && timed.peek().due <= nowMillis) {
                timed.remove().task.run();
            }
            while (!endOfIteration.isEmpty()) {
                endOfIteration.removeFirst().run();
            }
        }
    }

    private final List<Long> answeredAt = new ArrayList<>();
    private final List<Long> failedLateAt = new ArrayList<>();
    private long slowest;
    private double due;

    private void offer(SlowNode node, CoalescingReader<String> reader, double readsPerMilli, int millis) {
        for (int i = 0; i < millis; i++) {
            for (due += readsPerMilli; due >= 1; due--) {
                long sent = node.nowMillis;
                CompletableFuture<@Nullable Record> read = reader.read(new ReadRequest(new Key("lines", "a", sent)));
                boolean refused = read.isDone();
                CompletableFuture<?> _ = read.whenComplete((_, failure) -> {
                    if (failure == null) {
                        answeredAt.add(node.nowMillis);
                        slowest = Math.max(slowest, node.nowMillis - sent);
                    } else if (!refused) {
                        failedLateAt.add(node.nowMillis);
                    } else {
                        assertEquals(ResultCode.ASYNC_QUEUE_FULL, ((AerospikeException) failure).getResultCode());
                    }
                });
            }
            node.turn();
        }
    }

    private static long countFrom(List<Long> times, long from) {
        return times.stream().filter(time -> time >= from).count();
    }

    /**
     * At four times its capacity, a node answers at least nine tenths of its capacity. All other reads fail at once, not
     * after their deadline, but for those of the first second. Half a capacity is answered whole a second later.
     */
    @ParameterizedTest
    @ValueSource(longs = {10, 50, 200, 450})
    void anOverloadedNodeAnswersAsMuchAsItCanAndTheRestFailsAtOnce(long responseMillis) {
        SlowNode node = new SlowNode(responseMillis);
        CoalescingReader<String> reader =
                new CoalescingReader<>(node, Duration.ofMillis(DEADLINE_MILLIS), new ReadStatistics());
        double capacity = 2.0 * 256 / responseMillis;

        offer(node, reader, OVERLOAD * capacity, 2_000);
        long begin = node.nowMillis;
        offer(node, reader, OVERLOAD * capacity, 4_000);
        long answered = countFrom(answeredAt, begin);
        assertTrue(answered >= 0.9 * capacity * 4_000, answered + " of " + capacity * 4_000);
        assertEquals(0, countFrom(failedLateAt, begin));
        assertTrue(slowest < DEADLINE_MILLIS);

        offer(node, reader, capacity / 2, 1_000);
        long recovered = node.nowMillis;
        offer(node, reader, capacity / 2, 2_000);
        long served = countFrom(answeredAt, recovered);
        assertTrue(served >= 0.9 * capacity / 2 * 2_000, served + " of " + capacity / 2 * 2_000);
        assertEquals(0, countFrom(failedLateAt, recovered));
    }
}
