package dev.lineserver.ingest;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import org.junit.jupiter.api.Test;

import dev.lineserver.line.LineBatch;
import dev.lineserver.store.IngestRate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

final class PacerTest implements Pacer.Clock {
    private static final double NANOS = 1e9;
    /** At 1,000 lines per second. */
    private static final int LINES_OF_A_SLICE = 10;

    private final Random random = new Random(41);
    private long now = random.nextLong();
    private long oversleep;
    private final List<Passed> passed = new ArrayList<>();

    /**
     * Lines that a pacer has passed on.
     *
     * @param end the line index after them
     */
    private record Passed(long time, long end) {}

    @Override
    public long nanoTime() {
        return now;
    }

    @Override
    public void sleep(long nanos) {
        now += nanos + oversleep;
    }

    /** Returns a batch of {@code lines} lines of 9 bytes and a terminator each. */
    private static LineBatch batch(int lines, long firstLineIndex) {
        int[] ends = new int[lines];
        for (int i = 0; i < lines; i++) {
            ends[i] = 10 * i + 9;
        }
        return new LineBatch(new byte[10 * lines], 0, ends, 0, lines, true, firstLineIndex, firstLineIndex * 10);
    }

    /** Records what passes, and when; sometimes the store is slow. */
    private void store(LineBatch slice) {
        assertEquals(passed.isEmpty() ? 0 : passed.getLast().end, slice.firstLineIndex());
        assertEquals(slice.firstLineIndex() * 10, slice.firstByteOffset());
        assertEquals(slice.count() * 10, slice.byteCount());
        passed.add(new Passed(now, slice.firstLineIndex() + slice.count()));
        now += random.nextInt(40) == 0 ? random.nextLong(1_000_000_000) : 0;
    }

    @Test
    void anInterruptEndsAWait() {
        Thread.currentThread().interrupt();
        assertThrows(InterruptedException.class, () -> Pacer.Clock.SYSTEM.sleep(1));
    }

    /** Over every period, however late the store was before, and however many lines were read at once. */
    @Test
    void theRateIsKeptOverEveryPeriod() throws Exception {
        for (IngestRate rate : new IngestRate[] {new IngestRate(1_000, false), new IngestRate(10_000, true)}) {
            passed.clear();
            long start = now;
            Pacer pacer = new Pacer(rate, 0, this);
            long lines = 0;
            for (int i = 0; i < 20; i++) {
                LineBatch batch = batch(1 + random.nextInt(200), lines);
                pacer.pass(batch, this::store);
                lines += batch.count();
            }
            assertEquals(lines, passed.getLast().end);
            passed.addFirst(new Passed(start, 0));
            for (int from = 0; from < passed.size(); from++) {
                for (int to = from + 1; to < passed.size(); to++) {
                    long count = passed.get(to).end - passed.get(from).end;
                    double seconds = (passed.get(to).time - passed.get(from).time + Pacer.SLACK_NANOS) / NANOS;
                    assertTrue(
                            count <= 1_000 * seconds + LINES_OF_A_SLICE,
                            rate + ": " + count + " lines in " + seconds + " s");
                }
            }
        }
    }

    @Test
    void aStoreThatKeepsUpReceivesTheFullRateEvenIfSleepsAreLong() throws Exception {
        long start = now;
        oversleep = Pacer.SLACK_NANOS / 2;
        new Pacer(new IngestRate(1_000, false), 0, this).pass(batch(10_000, 0), _ -> {});
        assertEquals((10_000 - LINES_OF_A_SLICE) / 1_000.0, (now - start) / NANOS, 0.006);
    }

    /** A line that is longer than a slice is one. */
    @Test
    void aLongLineDelaysTheNextOne() throws Exception {
        Pacer pacer = new Pacer(new IngestRate(5, true), 0, this);
        long start = now;
        pacer.pass(batch(2, 0), slice -> assertEquals(1, slice.count()));
        assertEquals(2, (now - start) / NANOS);
    }

    @Test
    void linesThatAreStoredAlreadyDoNotWait() throws Exception {
        long start = now;
        Pacer pacer = new Pacer(new IngestRate(1_000, false), 150, this);
        pacer.pass(batch(100, 0), slice -> assertEquals(100, slice.count()));
        assertEquals(start, now);
        pacer.pass(batch(100, 100), _ -> {});
        assertEquals((50 - LINES_OF_A_SLICE) / 1_000.0, (now - start) / NANOS);
    }

    @Test
    void linesThatAreStoredAlreadyArePassedOn() throws Exception {
        Pacer pacer = new Pacer(new IngestRate(1_000, false), 150, this);
        pacer.pass(batch(100, 0), this::store);
        pacer.pass(batch(100, 100), this::store);
        assertEquals(200, passed.getLast().end);
    }

    @Test
    void withoutARateNothingWaits() throws Exception {
        long start = now;
        Pacer pacer = new Pacer(null, 0, this);
        pacer.pass(batch(1_000, 0), slice -> assertEquals(1_000, slice.count()));
        pacer.pass(batch(1_000, 1_000), slice -> assertEquals(1_000, slice.count()));
        assertEquals(start, now);
    }
}
