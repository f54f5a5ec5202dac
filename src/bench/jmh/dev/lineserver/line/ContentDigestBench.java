package dev.lineserver.line;

import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Measures the digest of one block, and of the block digests of a gigabyte. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class ContentDigestBench {
    private static final int BLOCKS = (1 << 30) / Limits.BLOCK_BYTES;

    private final byte[] block = new byte[Limits.BLOCK_BYTES];
    private final ContentDigest.Tree tree = new ContentDigest.Tree();

    @Setup
    public void fill() {
        new SplittableRandom(1).nextBytes(block);
        ContentDigest digest = ContentDigest.ofBlock(block, block.length);
        for (int i = 0; i < BLOCKS; i++) {
            tree.add(digest);
        }
    }

    @Benchmark
    public ContentDigest block() {
        return ContentDigest.ofBlock(block, block.length);
    }

    @Benchmark
    public ContentDigest root() {
        return tree.digest();
    }
}
