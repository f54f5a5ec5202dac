package dev.lineserver.http.fastpath;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Parses the head of a plain request, as the fast path does for each request. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class PlainRequestParserBench {
    private static final String HEAD = "GET /lines/123456 HTTP/1.1\r\nHost: localhost:8080\r\n"
            + "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n";

    private final ByteBuf request =
            PooledByteBufAllocator.DEFAULT.ioBuffer().writeBytes(HEAD.getBytes(StandardCharsets.US_ASCII));
    private final PlainRequestParser parser = new PlainRequestParser();

    @Benchmark
    public String parse() {
        PlainRequestParser.PlainRequest plain = parser.parse(request);
        if (plain == null) {
            throw new AssertionError("the parser did not recognise a plain request");
        }
        return plain.target();
    }
}
