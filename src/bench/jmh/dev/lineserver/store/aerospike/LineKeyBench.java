package dev.lineserver.store.aerospike;

import java.util.concurrent.TimeUnit;

import com.aerospike.client.Key;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Making the key of a line's record, which is mostly its digest (RIPEMD-160). */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class LineKeyBench {
    private final LineRecords records =
            new LineRecords("lines", new LineSet("l1", LineSet.State.LIVE, "default", 1, 1, 0));
    private long lineIndex;

    @Benchmark
    public Key key() {
        return records.line(lineIndex++);
    }

    @Benchmark
    public Key keyByTheClient() {
        return new Key("lines", "l1", lineIndex++);
    }
}
