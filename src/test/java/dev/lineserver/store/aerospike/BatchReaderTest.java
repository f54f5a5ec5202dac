package dev.lineserver.store.aerospike;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

import com.aerospike.client.AerospikeException;
import com.aerospike.client.BatchRead;
import com.aerospike.client.Key;
import com.aerospike.client.Record;
import com.aerospike.client.async.NettyEventLoop;
import com.aerospike.client.cluster.Node;
import com.aerospike.client.listener.BatchListListener;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import dev.lineserver.store.ReadStatistics;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

/** Tests batches while memory runs out. Their other faults are those of {@link ReadFaultsTest}. */
final class BatchReaderTest extends FakeNodeTest {
    /** Holds no record, so that the client gets none and each is read alone. */
    private static final List<ReadRequest> REQUESTS =
            List.of(new ReadRequest(new Key("nowhere", "set", 1)), new ReadRequest(new Key("nowhere", "set", 2)));

    /** Has no node, and no memory at first. */
    private static final class FullLink implements NodeLink<Node> {
        private volatile boolean full = true;

        @Override
        public long nanoTime() {
            if (full) {
                throw new OutOfMemoryError("scripted");
            }
            return System.nanoTime();
        }

        @Override
        public int replicaCount() {
            return 1;
        }

        @Override
        public @Nullable Node node(Key key, int replica) {
            return null;
        }

        @Override
        public boolean isActive(Node node) {
            return false;
        }

        @Override
        public void send(Node node, List<BatchRead> reads, BatchListListener listener) {
            throw new AssertionError("there is no node");
        }

        @Override
        public void atEndOfIteration(Runnable task) {
            throw new AssertionError("nothing is sent");
        }

        @Override
        public void schedule(long millis, Runnable task) {
            throw new AssertionError("nothing is pending");
        }
    }

    @Test
    void aBatchForWhichThereIsNoMemoryFailsAndGivesItsPlaceBack() throws Exception {
        FullLink link = new FullLink();
        try (ConnectedCluster cluster = ConnectedCluster.connect(settings().settings(), TestSettings.LOOPS)) {
            NettyEventLoop loop = cluster.loops.next();
            ReadStatistics statistics = new ReadStatistics();
            BatchReader reader = new BatchReader(
                    cluster, loop, new CoalescingReader<>(link, Duration.ofSeconds(1), statistics), statistics);
            for (int i = 0; i < BatchReader.MAX_BATCHES_IN_FLIGHT; i++) {
                assertInstanceOf(OutOfMemoryError.class, failureOf(loop, reader));
            }
            link.full = false;
            assertInstanceOf(AerospikeException.class, failureOf(loop, reader));
        }
    }

    private static @Nullable Throwable failureOf(NettyEventLoop loop, BatchReader reader) {
        CompletableFuture<List<@Nullable Record>> read =
                CompletableFuture.completedFuture(REQUESTS).thenComposeAsync(reader::read, loop.get());
        return assertThrows(ExecutionException.class, () -> read.get(30, TimeUnit.SECONDS))
                .getCause();
    }
}
