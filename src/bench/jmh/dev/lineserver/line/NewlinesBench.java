package dev.lineserver.line;

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

/** Measures the search for the terminators of one block, and a plain loop for comparison. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class NewlinesBench {
    /** Average number of bytes per line, terminator included. With 1, the block consists of terminators only. */
    @Param({"1", "8", "90", "4096"})
    int averageLine;

    private final int[] positions = new int[Limits.BLOCK_BYTES];
    private final byte[] block = new byte[Limits.BLOCK_BYTES];

    @Setup
    public void fill() {
        SplittableRandom random = new SplittableRandom(1);
        for (int i = 0; i < block.length; i++) {
            block[i] = (byte) (random.nextInt(averageLine) == 0 ? '\n' : 'a' + random.nextInt(26));
        }
    }

    @Benchmark
    public int find() {
        return Newlines.find(block, 0, block.length, positions);
    }

    @Benchmark
    public int findByteByByte() {
        int count = 0;
        for (int at = 0; at < block.length; at++) {
            if (block[at] == '\n') {
                positions[count++] = at;
            }
        }
        return count;
    }
}
