package dev.lineserver.cli;

import java.io.Console;
import java.time.Duration;
import java.util.Locale;

import dev.lineserver.ingest.Progress;

/** Shows on standard error how far it is: a line that is replaced on a terminal, else one every few seconds. */
final class ConsoleProgress implements Progress, AutoCloseable {
    private static final long BETWEEN_LINES_NANOS = Duration.ofSeconds(3).toNanos();
    private static final long BETWEEN_STEPS_NANOS = Duration.ofMillis(200).toNanos();

    private final String task;
    private final Messages err;
    private final boolean terminal = isTerminal();
    private final long start = System.nanoTime();
    private long shown = start;

    ConsoleProgress(String task, Messages err) {
        this.task = task;
        this.err = err;
    }

    /** Java does not tell if standard error is a terminal; input and output stand for it. */
    @SuppressWarnings("SystemConsoleNull") // It is null if there is no terminal and no jdk.internal.le module.
    private static boolean isTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    @Override
    public void update(State state) {
        long now = System.nanoTime();
        if (now - shown < (terminal ? BETWEEN_STEPS_NANOS : BETWEEN_LINES_NANOS)) {
            return;
        }
        shown = now;
        String line = line(state, (now - start) / 1e9);
        if (terminal) {
            err.replace(line);
        } else {
            err.print(line);
        }
    }

    @Override
    public void note(String text) {
        err.print(text);
    }

    private String line(State state, double seconds) {
        String rate = Numbers.bytes((long) (state.position() / seconds)) + "/s";
        String lines = Numbers.grouped(state.lines()) + " lines";
        if (state.size() <= 0) {
            return task + ": " + Numbers.bytes(state.position()) + ", " + lines + ", " + rate;
        }
        double share = (double) state.position() / state.size();
        String left = Numbers.seconds(seconds / share - seconds) + " left";
        return String.format(Locale.ROOT, "%s: %.0f %%, %s, %s, %s", task, 100 * share, lines, rate, left);
    }

    @Override
    public void close() {
        err.endReplaced();
    }
}
