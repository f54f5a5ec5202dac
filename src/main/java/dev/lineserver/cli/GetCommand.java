package dev.lineserver.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;

/** Prints lines. */
@Command(name = "get", description = "Prints lines, in the order of the arguments.")
final class GetCommand implements Verb {
    /** Number of lines that messages name if they cannot be printed. All of them are counted. */
    private static final int NAMED = 10;

    @Parameters(
            arity = "1..*",
            paramLabel = "N|A-B|A-|-N",
            description =
                    "A line number, the first and the last line number of a range, the first one of a range up to the"
                            + " end, or a number of lines at the end.")
    List<String> selections;

    @Option(names = "--number", description = "Print the number of each line and a tab before the line.")
    boolean number;

    @Option(names = "--version", paramLabel = "V", description = "The version to read. Default: the current one.")
    @Nullable
    Long version;

    private final List<String> missing = new ArrayList<>();
    private long missingCount;

    @Override
    public boolean run(CommandContext context) throws IOException, StoreException, InterruptedException {
        LineNumbers lineNumbers = context.settings().serve().lineNumbers();
        List<LineSelection> parsed = selections.stream()
                .map(text -> LineSelection.parse(text, lineNumbers))
                .toList();
        try (LineStore store = context.openStore();
                Snapshot snapshot = store.open(context.version(store, version));
                KeepAlive _ = new KeepAlive(snapshot)) {
            LinePrinter printer = new LinePrinter(
                    snapshot,
                    number ? new NumberedLines(context.out(), lineNumbers) : new PlainLines(context.out()),
                    (lineIndex, detail) ->
                            addMissing("line " + lineNumbers.number(lineIndex) + " is damaged: " + detail));
            long lineCount = snapshot.manifest().lineCount();
            for (int i = 0; i < parsed.size(); i++) {
                long first = parsed.get(i).first(lineCount);
                long end = parsed.get(i).end(lineCount);
                printer.print(first, Math.min(end, lineCount));
                if (end > lineCount) {
                    addMissing("line " + firstBeyond(selections.get(i), first, lineNumbers, lineCount)
                            + " is beyond the end: " + Quantities.counted(lineCount, "line", "lines"));
                }
            }
        }
        missing.forEach(context.err()::print);
        if (missingCount > missing.size()) {
            context.err()
                    .print("and "
                            + Quantities.counted(
                                    missingCount - missing.size(),
                                    "more line that is damaged or beyond the end",
                                    "more lines that are damaged or beyond the end"));
        }
        return missingCount == 0;
    }

    /** Returns the number of the first line of a selection that does not exist; as it was given, if it was given. */
    private static String firstBeyond(String selection, long first, LineNumbers lineNumbers, long lineCount) {
        return first < lineCount ? Long.toString(lineNumbers.number(lineCount)) : selection.replaceFirst("-.*", "");
    }

    private void addMissing(String message) {
        if (missing.size() < NAMED) {
            missing.add(message);
        }
        missingCount++;
    }
}
