package dev.lineserver.cli;

import java.util.Locale;

import dev.lineserver.ingest.Progress;

/** Says on standard error how far a task is: every few seconds at first, and the less often the longer it takes. */
final class ConsoleProgress implements Progress {
    private static final double FIRST_SECONDS = 3;

    /** Each line comes after this many times the time of the one before. */
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
            err.print(line(position, size, lines, seconds));
        }
    }

    @Override
    public void note(String text) {
        err.print(text);
    }

    private String line(long position, long size, long lineCount, double seconds) {
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
