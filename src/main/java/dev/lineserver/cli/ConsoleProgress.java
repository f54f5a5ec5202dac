package dev.lineserver.cli;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import java.util.function.LongSupplier;

import dev.lineserver.ingest.Progress;
import dev.lineserver.store.Quantities;

/**
 * Reports the progress of a task on standard error, one line each time, at intervals that grow with the elapsed time. The
 * rate is that of the last seconds, and the remaining time follows from it.
 */
final class ConsoleProgress implements Progress {
    private static final double FIRST_SECONDS = 3;

    /** The ratio of the elapsed times of two consecutive reports. */
    private static final double GROWTH = 1.2;

    private static final double LONGEST_INTERVAL_SECONDS = 60;

    /** The rate is measured over this period, or over one call if that took longer. */
    private static final double RATE_SECONDS = 10;

    private static final double SAMPLE_INTERVAL_SECONDS = 1;

    private final String task;
    private final Messages err;
    private final LongSupplier nanoTime;
    private final long start;
    private double nextSeconds = FIRST_SECONDS;

    /**
     * The first one is the youngest that is at least {@link #RATE_SECONDS} old, or that of the first call: a task may begin
     * in the middle of its source.
     */
    private final Deque<Sample> samples = new ArrayDeque<>();

    /** The position at a time since the start. */
    private record Sample(double seconds, long position) {}

    ConsoleProgress(String task, Messages err, LongSupplier nanoTime) {
        this.task = task;
        this.err = err;
        this.nanoTime = nanoTime;
        start = nanoTime.getAsLong();
    }

    @Override
    public void update(long position, long size, long lines) {
        double seconds = (nanoTime.getAsLong() - start) / 1e9;
        if (samples.isEmpty()) {
            samples.add(new Sample(seconds, position));
        } else if (seconds >= samples.getLast().seconds + SAMPLE_INTERVAL_SECONDS) {
            samples.add(new Sample(seconds, position));
            while (samples.stream().skip(1).findFirst().orElseThrow().seconds <= seconds - RATE_SECONDS) {
                samples.removeFirst();
            }
        }
        if (seconds >= nextSeconds && samples.size() > 1) {
            nextSeconds = seconds + Math.clamp(seconds * (GROWTH - 1), FIRST_SECONDS, LONGEST_INTERVAL_SECONDS);
            err.print(format(position, size, lines, rate(seconds, position)));
        }
    }

    private double rate(double seconds, long position) {
        Sample first = samples.getFirst();
        return Math.max(0, position - first.position) / (seconds - first.seconds);
    }

    @Override
    public void note(String text) {
        err.print(text);
    }

    @Override
    public Progress next(String next) {
        return new ConsoleProgress(next, err, nanoTime);
    }

    /** @param rate in bytes per second */
    private String format(long position, long size, long lineCount, double rate) {
        String done = task + ": " + Quantities.bytes(position);
        if (size > 0) {
            done += String.format(
                    Locale.ROOT, " of %s, %.0f %%", Quantities.bytes(size), Math.floor(100.0 * position / size));
        }
        String left = size > 0 && rate > 0 ? ", " + Quantities.coarse((size - position) / rate) + " left" : "";
        return done + ", " + Quantities.counted(lineCount, "line", "lines") + ", " + Quantities.bytes((long) rate)
                + "/s" + left;
    }
}
