package dev.lineserver.cli;

import java.util.Locale;

import dev.lineserver.ingest.Progress;

/** Reports the progress of a task on standard error, at intervals that grow with the elapsed time. */
final class ConsoleProgress implements Progress {
    private static final double FIRST_SECONDS = 3;

    /** The ratio of the elapsed times of two consecutive reports. */
    private static final double GROWTH = 1.2;

    private final String task;
    private final Messages err;
    private final long start = System.nanoTime();
    private double nextSeconds = FIRST_SECONDS;

    ConsoleProgress(String task, Messages err) {
        this.task = task;
        this.err = err;
    }

    @Override
    public void update(long position, long size, long lines) {
        double seconds = (System.nanoTime() - start) / 1e9;
        if (seconds >= nextSeconds) {
            nextSeconds = Math.max(seconds * GROWTH, seconds + FIRST_SECONDS);
            err.print(format(position, size, lines, seconds));
        }
    }

    @Override
    public void note(String text) {
        err.print(text);
    }

    @Override
    public Progress next(String next) {
        return new ConsoleProgress(next, err);
    }

    private String format(long position, long size, long lineCount, double seconds) {
        String rate = Quantities.bytes((long) (position / seconds)) + "/s";
        String lines = Quantities.grouped(lineCount) + " lines";
        if (size <= 0) {
            return task + ": " + Quantities.bytes(position) + ", " + lines + ", " + rate;
        }
        double share = (double) position / size;
        String left = Quantities.seconds(seconds / share - seconds) + " left";
        return String.format(Locale.ROOT, "%s: %.0f %%, %s, %s, %s", task, 100 * share, lines, rate, left);
    }
}
