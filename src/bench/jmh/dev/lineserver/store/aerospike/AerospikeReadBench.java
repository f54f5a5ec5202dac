package dev.lineserver.store.aerospike;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

import dev.lineserver.ingest.Ingest;
import dev.lineserver.ingest.Progress;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Snapshot;

/**
 * Lookups over Aerospike, made on one event loop as requests make them. With {@code -prof gc}: what one allocates, in
 * all threads. The server's {@code HOST:PORT} is in the environment as {@code LINE_SERVER_BENCH_AEROSPIKE}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class AerospikeReadBench {
    private static final int LINES = 20_000;
    private static final int AT_ONCE = 64;
    private static final int CONNECTIONS = 300;
    private static final DatasetName DATASET = new DatasetName("read-bench");

    /** The only parameter, and the last column of the results: the guard takes it off what was allocated. */
    @Param("88")
    int lineBytes;

    private final SplittableRandom random = new SplittableRandom(1);
    private final EventLoopGroup loops = new NioEventLoopGroup(1);
    private final AtomicInteger found = new AtomicInteger();
    private AerospikeStore store;
    private Snapshot snapshot;

    @Setup
    public void store() throws Exception {
        String address = System.getenv("LINE_SERVER_BENCH_AEROSPIKE");
        if (address == null) {
            throw new IllegalStateException("LINE_SERVER_BENCH_AEROSPIKE does not name a server");
        }
        store = AerospikeStore.connect(
                new AerospikeSettings(
                        List.of(AerospikeSettings.SeedNode.parse(address)),
                        "lines",
                        null,
                        false,
                        null,
                        CONNECTIONS,
                        Duration.ofSeconds(1),
                        AerospikeSettings.WriteLimits.DEFAULT),
                loops);
        Path text = Files.createTempFile("aerospike-read-bench", "");
        try {
            Files.writeString(text, ("x".repeat(lineBytes) + "\n").repeat(LINES));
            snapshot = store.open(new Ingest(store, Progress.SILENT)
                    .storeIfChanged(text.toString(), DATASET, false, false)
                    .manifest());
        } finally {
            Files.delete(text);
        }
    }

    @TearDown
    public void forget() throws Exception {
        snapshot.close();
        store.drop(DATASET);
        store.close();
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }

    /** As many at once as a busy loop has. */
    @Benchmark
    @OperationsPerInvocation(AT_ONCE)
    public int lookups() throws InterruptedException {
        return look(AT_ONCE);
    }

    /** One alone, with the way from this thread to the loop and back. */
    @Benchmark
    public int alone() throws InterruptedException {
        return look(1);
    }

    private int look(int count) throws InterruptedException {
        CountDownLatch open = new CountDownLatch(count);
        loops.execute(() -> {
            for (int i = 0; i < count; i++) {
                snapshot.lookup(random.nextInt(LINES)).whenComplete((lookup, failure) -> {
                    if (lookup instanceof Lookup.Found) {
                        found.incrementAndGet();
                    }
                    open.countDown();
                });
            }
        });
        open.await();
        if (found.getAndSet(0) != count) {
            throw new IllegalStateException("a line was not found");
        }
        return count;
    }
}
