package dev.lineserver.cli;

import java.io.Console;
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
    private final Messages err;
    private final boolean terminal = isTerminal();
    private final long start = System.nanoTime();
    private long shown = start;
    private @Nullable ProgressBar bar;

    ConsoleProgress(String task, Messages err) {
        this.task = task;
        this.err = err;
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
            err.print(line(state, (now - start) / 1e9));
        }
    }

    @Override
    public void note(String text) {
        err.print(text);
    }

    private void step(State state) {
        if (bar == null) {
            bar = new ProgressBarBuilder()
                    .setTaskName(task)
                    .setInitialMax(state.size())
                    .setUnit(" MiB", 1 << 20)
                    .setStyle(ProgressBarStyle.ASCII)
                    .showSpeed()
                    .setConsumer(new ConsoleProgressBarConsumer(err.stream(), BAR_WIDTH))
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
