package dev.lineserver.store.embedded.index;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

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
import org.openjdk.jmh.annotations.Warmup;

import dev.lineserver.line.LineBatch;

/** Measures the lookup of a random line's offset, in an index that fits the caches and in one that does not. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class LineIndexBench {
    private static final int BATCH_LINES = 4096;
    private static final int LONGEST_LINE = 180;

    @Param({"100000", "50000000"})
    int lines;

    private final SplittableRandom random = new SplittableRandom(2);
    private LineIndex index;

    @Setup
    public void build() throws IOException {
        Path file = Files.createTempDirectory("line-index-bench").resolve("index");
        try {
            long end = write(file);
            index = LineIndexFile.allocate(file, lines, end);
            LineIndexFile.fill(file, index);
        } finally {
            Files.deleteIfExists(file);
            Files.deleteIfExists(file.getParent());
        }
    }

    /** Writes the index, and returns the number of bytes of the lines. */
    private long write(Path file) throws IOException {
        long bytes = 0;
        SplittableRandom lengths = new SplittableRandom(1);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            LineIndexWriter writer = new LineIndexWriter(channel::write);
            int[] ends = new int[BATCH_LINES];
            for (int at = 0; at < lines; at += BATCH_LINES) {
                int count = Math.min(BATCH_LINES, lines - at);
                int end = 0;
                for (int i = 0; i < count; i++) {
                    end += lengths.nextInt(LONGEST_LINE);
                    ends[i] = end++;
                }
                writer.add(new LineBatch(new byte[0], 0, ends, 0, count, true, at, 0));
                bytes += end;
            }
            writer.finish();
        }
        return bytes;
    }

    @Benchmark
    public long start() {
        return index.start(random.nextInt(lines));
    }

    /** Measures only the choice of the line, to be subtracted. */
    @Benchmark
    public int randomLine() {
        return random.nextInt(lines);
    }
}
