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

import dev.lineserver.ingest.Ingests;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Snapshot;

/**
 * Measures lookups in Aerospike from one event loop, as requests make them; with {@code -prof gc} the bytes that a lookup
 * allocates in all threads. The environment variable {@code LINE_SERVER_BENCH_AEROSPIKE} names the server as
 * {@code HOST:PORT}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class AerospikeReadBench {
    private static final int LINES = 20_000;
    private static final int CONCURRENT = 64;
    private static final int CONNECTIONS = 300;
    private static final DatasetName DATASET = new DatasetName("read-bench");

    /** The only parameter, and so the last column of the results. guard.sh subtracts it from the allocated bytes. */
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
            throw new IllegalStateException("LINE_SERVER_BENCH_AEROSPIKE is not set; set it to HOST:PORT");
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
                        AerospikeSettings.WriteLimits.DEFAULT,
                        Duration.ZERO),
                loops);
        Path text = Files.createTempFile("aerospike-read-bench", "");
        try {
            Files.writeString(text, ("x".repeat(lineBytes) + "\n").repeat(LINES));
            snapshot = store.open(Ingests.storeIfChanged(store, text, DATASET, false)
                    .manifest());
        } finally {
            Files.delete(text);
        }
    }

    @TearDown
    public void drop() throws Exception {
        snapshot.close();
        store.drop(DATASET);
        store.close();
        loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
    }

    /** As many concurrent lookups as a busy event loop has. */
    @Benchmark
    @OperationsPerInvocation(CONCURRENT)
    public int lookups() throws InterruptedException {
        return lookup(CONCURRENT);
    }

    /** A single lookup, including the switch from this thread to the event loop and back. */
    @Benchmark
    public int alone() throws InterruptedException {
        return lookup(1);
    }

    private int lookup(int count) throws InterruptedException {
        CountDownLatch pending = new CountDownLatch(count);
        loops.execute(() -> {
            for (int i = 0; i < count; i++) {
                snapshot.lookup(random.nextInt(LINES)).whenComplete((lookup, failure) -> {
                    if (lookup instanceof Lookup.Found) {
                        found.incrementAndGet();
                    }
                    pending.countDown();
                });
            }
        });
        pending.await();
        if (found.getAndSet(0) != count) {
            throw new IllegalStateException("a line was not found");
        }
        return count;
    }
}
