package dev.lineserver.cli;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletionStage;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
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
@Command(name = "get", description = "Prints one line, or the lines from A to B.")
final class GetCommand implements Verb {
    /** Bounds the memory of lines that have been read but not yet printed. */
    private static final int MAX_LOOKUPS_IN_FLIGHT = 64;

    private static final byte[] TERMINATOR = {'\n'};

    @Parameters(paramLabel = "N|A-B", description = "A line number, or the first and the last line number of a range.")
    String range;

    @Option(names = "--version", paramLabel = "V", description = "The version to read. Default: the current one.")
    @Nullable
    Long version;

    @Override
    public boolean run(CommandContext context) throws IOException, StoreException, InterruptedException {
        LineNumbers lineNumbers = context.settings().serve().lineNumbers();
        int hyphen = range.indexOf('-');
        if (hyphen == 0 || hyphen == range.length() - 1) {
            throw new UsageException("'" + range + "' is neither a line number nor a range; a number has no sign,"
                    + " and a range has a number on each side of the hyphen");
        }
        String first = hyphen < 0 ? range : range.substring(0, hyphen);
        long firstIndex = parseIndex(lineNumbers, first);
        long lastIndex = parseIndex(lineNumbers, range.substring(hyphen + 1));
        if (lastIndex < firstIndex) {
            throw new UsageException("the range " + range + " ends before it begins");
        }
        try (LineStore store = context.openStore();
                Snapshot snapshot = store.open(context.version(store, version))) {
            long lineCount = snapshot.manifest().lineCount();
            print(snapshot, lineNumbers, firstIndex, Math.min(lastIndex, lineCount - 1), context.out());
            if (lastIndex >= lineCount) {
                // The existing lines are printed before the failure is reported.
                context.out().flush();
                throw new StoreFailedException(
                        "line " + (firstIndex < lineCount ? lineNumbers.number(lineCount) : first)
                                + " is beyond the end: " + lineCount + " lines");
            }
        }
        return true;
    }

    private static long parseIndex(LineNumbers lineNumbers, String text) {
        try {
            return lineNumbers.index(text);
        } catch (IllegalArgumentException e) {
            throw new UsageException("'" + text + "': " + e.getMessage());
        }
    }

    private static void print(Snapshot snapshot, LineNumbers lineNumbers, long first, long last, StandardOutput out)
            throws IOException, StoreException, InterruptedException {
        Queue<CompletionStage<Lookup>> inFlight = new ArrayDeque<>();
        long requested = first;
        for (long lineIndex = first; lineIndex <= last; lineIndex++) {
            while (requested <= last && inFlight.size() < MAX_LOOKUPS_IN_FLIGHT) {
                inFlight.add(snapshot.lookup(requested++));
            }
            // Lookups may complete in any order; lines are printed in the order of their requests.
            switch (Await.result(inFlight.remove())) {
                case Lookup.Found(byte[] line) -> out.bytes(line);
                case Lookup.FoundInParts(LineParts parts) -> {
                    for (int i = 0; i < parts.count(); i++) {
                        out.bytes(Await.result(parts.read(i)));
                    }
                }
                case Lookup.PastTheEnd _ ->
                    throw new IllegalStateException("a line below the line count is past the end");
                case Lookup.Damaged(String damage) ->
                    throw new StoreFailedException("line " + lineNumbers.number(lineIndex) + " is damaged: " + damage);
            }
            out.bytes(TERMINATOR);
        }
    }
}
