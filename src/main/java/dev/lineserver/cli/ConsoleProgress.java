package dev.lineserver.cli;

import java.io.Console;
import java.io.PrintStream;
import java.time.Duration;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;

import dev.lineserver.ingest.Progress;

/** Shows on standard error how far it is: a bar on a terminal, else a line every few seconds. */
final class ConsoleProgress implements Progress, AutoCloseable {
    private static final long BETWEEN_LINES_NANOS = Duration.ofSeconds(3).toNanos();
    private static final long BETWEEN_STEPS_NANOS = Duration.ofMillis(200).toNanos();
    private static final int BAR_WIDTH = 110;

    private final String task;
    private final PrintStream err;
    private final boolean terminal;
    private final long start = System.nanoTime();
    private long shown = start;
    private @Nullable ProgressBar bar;

    private ConsoleProgress(String task, PrintStream err, boolean terminal) {
        this.task = task;
        this.err = err;
        this.terminal = terminal;
    }

    static ConsoleProgress of(String task) {
        return new ConsoleProgress(task, System.err, isTerminal());
    }

    /** Standard error's own kind cannot be asked for; that of input and output stands for it. */
    @SuppressWarnings("SystemConsoleNull") // It does, where there is no terminal and no jdk.internal.le module.
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
        if (terminal) {
            step(state);
        } else {
            err.println(line(state, (now - start) / 1e9));
        }
    }

    @Override
    public void note(String text) {
        err.println("line-server: " + text);
    }

    private void step(State state) {
        if (bar == null) {
            bar = new ProgressBarBuilder()
                    .setTaskName(task)
                    .setInitialMax(state.size())
                    .setUnit(" MiB", 1 << 20)
                    .setStyle(ProgressBarStyle.ASCII)
                    .showSpeed()
                    .setConsumer(new ConsoleProgressBarConsumer(err, BAR_WIDTH))
                    .build();
        }
        bar.setExtraMessage(" " + Numbers.grouped(state.linesStored()) + " lines");
        bar.stepTo(state.position());
    }

    private String line(State state, double seconds) {
        String rate = Numbers.bytes((long) (state.position() / seconds)) + "/s";
        String lines = Numbers.grouped(state.linesStored()) + " lines";
        if (state.size() <= 0) {
            return task + ": " + Numbers.bytes(state.position()) + ", " + lines + ", " + rate;
        }
        double share = (double) state.position() / state.size();
        return String.format(
                java.util.Locale.ROOT,
                "%s: %.0f %%, %s, %s, %s left",
                task,
                100 * share,
                lines,
                rate,
                Numbers.seconds(seconds / share - seconds));
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
