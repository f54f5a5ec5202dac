package dev.lineserver.ingest;

import java.util.Random;

import org.junit.jupiter.api.Test;

import dev.lineserver.line.LineBatch;
import dev.lineserver.store.IngestRate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class PacerTest implements Pacer.Clock {
    private static final double NANOS = 1e9;
    private static final int BATCHES = 200;

    private final Random random = new Random(41);
    private long now = random.nextLong();
    private long oversleep;

    @Override
    public long nanoTime() {
        return now;
    }

    @Override
    public void sleep(long nanos) {
        now += nanos + oversleep;
    }

    /** Returns a batch of {@code lines} lines of 9 bytes and a terminator each. */
    private static LineBatch batch(int lines) {
        int[] ends = new int[lines];
        for (int i = 0; i < lines; i++) {
            ends[i] = 10 * i + 9;
        }
        return new LineBatch(new byte[10 * lines], 0, ends, 0, lines, true, 0, 0);
    }

    /** Over every period, however late the store was before. */
    @Test
    void theRateIsKeptOverEveryPeriod() throws Exception {
        for (IngestRate rate : new IngestRate[] {new IngestRate(1_000, false), new IngestRate(10_000, true)}) {
            Pacer pacer = new Pacer(rate, this);
            long[] times = new long[BATCHES];
            int[] lines = new int[BATCHES];
            for (int i = 0; i < BATCHES; i++) {
                lines[i] = 1 + random.nextInt(100);
                pacer.await(batch(lines[i]));
                times[i] = now;
                now += random.nextInt(4) == 0 ? random.nextLong(1_000_000_000) : 0;
            }
            for (int from = 0; from < BATCHES; from++) {
                long passed = 0;
                for (int to = from + 1; to < BATCHES; to++) {
                    passed += lines[to - 1];
                    double seconds = (times[to] - times[from] + Pacer.SLACK_NANOS) / NANOS;
                    assertTrue(passed <= 1_000 * seconds + 1e-6, rate + ": " + passed + " lines in " + seconds + " s");
                }
            }
        }
    }

    @Test
    void aStoreThatKeepsUpReceivesTheFullRateEvenIfSleepsAreLong() throws Exception {
        long start = now;
        oversleep = Pacer.SLACK_NANOS / 2;
        Pacer pacer = new Pacer(new IngestRate(1_000, false), this);
        for (int i = 0; i < BATCHES; i++) {
            pacer.await(batch(50));
        }
        assertEquals((BATCHES - 1) * 50 / 1_000.0, (now - start) / NANOS, 0.006);
    }

    @Test
    void withoutARateNothingWaits() throws Exception {
        long start = now;
        Pacer pacer = new Pacer(null, this);
        pacer.await(batch(1_000));
        pacer.await(batch(1_000));
        assertEquals(start, now);
    }
}
