package dev.lineserver.store.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
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

/** Measures one lookup of a cached line, as in a request; with {@code -prof gc}, also its allocation. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class EmbeddedReadBench {
    private static final int LINES = 200_000;

    /** The only parameter, in the last column of the results. The guard subtracts it from the bytes allocated. */
    @Param("88")
    int lineBytes;

    private final SplittableRandom random = new SplittableRandom(1);
    private Path directory;
    private EmbeddedStore store;
    private Snapshot snapshot;

    @Setup
    public void store() throws Exception {
        directory = Files.createTempDirectory("embedded-read-bench");
        Path text = directory.resolve("text");
        Files.writeString(text, ("x".repeat(lineBytes) + "\n").repeat(LINES));
        store = EmbeddedStore.open(directory.resolve("data"), null);
        snapshot = store.open(Ingests.storeIfChanged(store, text, DatasetName.DEFAULT, false)
                .manifest());
    }

    @TearDown
    public void delete() throws IOException {
        snapshot.close();
        store.close();
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted((a, b) -> b.compareTo(a)).toList()) {
                Files.delete(path);
            }
        }
    }

    @Benchmark
    public CompletionStage<Lookup> lookup() {
        return snapshot.lookup(random.nextInt(LINES));
    }
}
