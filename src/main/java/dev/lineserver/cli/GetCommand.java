package dev.lineserver.cli;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletionStage;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

import dev.lineserver.config.UsageException;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.Await;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/** Prints lines. */
@Command(name = "get", description = "Prints a line, or the lines from one to another.")
final class GetCommand implements Verb {
    /** Lookups in flight at once. */
    private static final int LOOKUPS_AHEAD = 64;

    private static final byte[] TERMINATOR = {'\n'};

    @Parameters(paramLabel = "N|A-B", description = "Number of a line, or of the first and the last one.")
    String numbers;

    @Override
    public boolean run(Run run) throws IOException, StoreException, InterruptedException {
        LineNumbers counting = run.settings().serve().lineNumbers();
        int hyphen = numbers.indexOf('-');
        String first = hyphen < 0 ? numbers : numbers.substring(0, hyphen);
        long firstIndex = index(counting, first);
        long lastIndex = index(counting, numbers.substring(hyphen + 1));
        if (lastIndex < firstIndex) {
            throw new UsageException("the range " + numbers + " ends before it begins");
        }
        try (LineStore store = run.openStore();
                Snapshot snapshot = store.open(run.newest(store))) {
            long lineCount = snapshot.manifest().lineCount();
            print(snapshot, counting, firstIndex, Math.min(lastIndex, lineCount - 1), run.out());
            if (lastIndex >= lineCount) {
                run.out().flush();
                throw new StoreFailedException("line " + (firstIndex < lineCount ? counting.number(lineCount) : first)
                        + " is beyond the end: " + lineCount + " lines");
            }
        }
        return true;
    }

    private static long index(LineNumbers counting, String text) {
        try {
            return counting.index(text);
        } catch (IllegalArgumentException e) {
            throw new UsageException("'" + text + "': " + e.getMessage());
        }
    }

    private static void print(Snapshot snapshot, LineNumbers counting, long first, long last, Output out)
            throws IOException, StoreException, InterruptedException {
        Queue<CompletionStage<Lookup>> inFlight = new ArrayDeque<>();
        long requested = first;
        for (long lineIndex = first; lineIndex <= last; lineIndex++) {
            while (requested <= last && inFlight.size() < LOOKUPS_AHEAD) {
                inFlight.add(snapshot.lookup(requested++));
            }
            switch (Await.result(inFlight.remove())) {
                case Lookup.Found(byte[] line) -> out.bytes(line);
                case Lookup.FoundInParts(LineParts parts) -> {
                    for (int i = 0; i < parts.count(); i++) {
                        out.bytes(Await.result(parts.read(i)));
                    }
                }
                case Lookup.PastTheEnd _ -> throw new IllegalStateException("the line count has changed");
                case Lookup.Damaged(String damage) ->
                    throw new StoreFailedException("line " + counting.number(lineIndex) + " is damaged: " + damage);
            }
            out.bytes(TERMINATOR);
        }
    }
}
