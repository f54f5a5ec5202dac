package dev.lineserver.http;

import java.util.concurrent.TimeUnit;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.smallrye.config.SmallRyeConfigBuilder;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

import dev.lineserver.config.ServeConfig;

/** Encodes the response to a plain request, as the fast path does for each request. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class LineHeadBench {
    private static final String ETAG = "\"0123456789abcdef0123456789abcdef-123455\"";

    private final ByteBufAllocator allocator = PooledByteBufAllocator.DEFAULT;
    private final byte[] line = new byte[88];
    private final LineHead head = new LineHead(new SmallRyeConfigBuilder()
            .addDiscoveredCustomizers()
            .withMapping(ServeConfig.class)
            .build()
            .getConfigMapping(ServeConfig.class));

    @Benchmark
    public int encode() {
        ByteBuf response = head.encode(allocator, ETAG, false, line, false);
        int length = response.readableBytes();
        response.release();
        return length;
    }
}
