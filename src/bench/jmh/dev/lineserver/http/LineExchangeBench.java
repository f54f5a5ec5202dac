package dev.lineserver.http;

import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
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

/** Recognising the head of a plain request, and writing the answer to it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class LineExchangeBench {
    private static final String HEAD = "GET /lines/123456 HTTP/1.1\r\nHost: localhost:8080\r\n"
            + "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n";
    private static final String ETAG = "\"0123456789abcdef0123456789abcdef-123455\"";
    private static final int LINE_BYTES = 88;

    private final ByteBufAllocator allocator = PooledByteBufAllocator.DEFAULT;
    private final ByteBuf request = allocator.ioBuffer().writeBytes(HEAD.getBytes(StandardCharsets.US_ASCII));
    private final PlainHead head = new PlainHead();
    private final byte[] line = new byte[LINE_BYTES];
    private final LineAnswers answers = new LineAnswers(
            new LookupMetrics(new SimpleMeterRegistry()),
            configured(HttpConfig.class, Map.of("charset", "UTF-8", "cacheControl", "no-cache")),
            configured(ServeConfig.class, Map.of("firstLineNumber", 1)));

    private static <T> T configured(Class<T> type, Map<String, Object> values) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (_, method, _) -> values.get(method.getName())));
    }

    @Benchmark
    public String head() {
        if (head.read(request) == 0) {
            throw new AssertionError("not recognised");
        }
        return head.path();
    }

    @Benchmark
    public int answer() {
        ByteBuf answer = answers.encoded(allocator, ETAG, line);
        int length = answer.readableBytes();
        answer.release();
        return length;
    }
}
