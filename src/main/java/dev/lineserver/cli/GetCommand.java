package dev.lineserver.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionStage;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import dev.lineserver.ingest.Await;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/** Prints lines. */
@Command(name = "get", description = "Prints a line, or the lines from one to another.")
final class GetCommand implements Callable<Integer> {
    /** Lookups under way at once. */
    private static final int LOOKUPS_AHEAD = 64;

    @Parameters(paramLabel = "N|A-B", description = "Number of a line, or of the first and the last one.")
    String numbers;

    @Mixin
    FirstLineNumberOption counting;

    @Mixin
    DatasetOption dataset;

    @Mixin
    StoreOptions storeOptions;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        int hyphen = numbers.indexOf('-');
        long first = index(hyphen < 0 ? numbers : numbers.substring(0, hyphen));
        long last = hyphen < 0 ? first : index(numbers.substring(hyphen + 1));
        if (last < first) {
            throw new ParameterException(spec.commandLine(), "'" + numbers + "' ends before it begins");
        }
        try (LineStore store = storeOptions.open();
                Snapshot snapshot = store.open(StoreOptions.newest(store, dataset.name))) {
            OutputStream out = new BufferedOutputStream(System.out);
            print(snapshot, first, last, out);
            out.flush();
        }
        return 0;
    }

    private long index(String text) {
        try {
            return counting.numbers().index(text);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "'" + text + "': " + e.getMessage());
        }
    }

    private void print(Snapshot snapshot, long first, long last, OutputStream out)
            throws IOException, StoreException, InterruptedException {
        long end = Math.min(last, snapshot.manifest().lineCount() - 1);
        Queue<CompletionStage<Lookup>> underWay = new ArrayDeque<>();
        long asked = first;
        for (long lineIndex = first; lineIndex <= end; lineIndex++) {
            while (asked <= end && underWay.size() < LOOKUPS_AHEAD) {
                underWay.add(snapshot.lookup(asked++));
            }
            print(Await.result(underWay.remove()), lineIndex, out);
        }
        if (end < last) {
            LineNumbers counted = counting.numbers();
            out.flush();
            throw new StoreFailedException("line " + counted.number(Math.max(first, end + 1)) + " is beyond the end: "
                    + snapshot.manifest().lineCount() + " lines");
        }
    }

    private void print(Lookup lookup, long lineIndex, OutputStream out)
            throws IOException, StoreException, InterruptedException {
        switch (lookup) {
            case Lookup.Found(byte[] line) -> out.write(line);
            case Lookup.FoundInParts(LineParts parts) -> {
                for (int i = 0; i < parts.count(); i++) {
                    out.write(Await.result(parts.read(i)));
                }
            }
            case Lookup.PastTheEnd _ -> throw new IllegalStateException("the line count has changed");
            case Lookup.Damaged(String what) ->
                throw new StoreFailedException("line " + counting.numbers().number(lineIndex) + " is damaged: " + what);
        }
        out.write('\n');
    }
}
