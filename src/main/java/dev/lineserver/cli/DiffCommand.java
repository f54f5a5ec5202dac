package dev.lineserver.cli;

import java.io.IOException;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.lineserver.config.UsageException;
import dev.lineserver.ingest.VersionDiff;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;

/** Compares two versions of a dataset. As for {@code diff}, the exit code is 0 if they are equal and 1 if not. */
@Command(name = "diff", description = "Prints the numbers of the lines that differ between two versions of a dataset.")
final class DiffCommand implements Verb {
    @Parameters(index = "0", paramLabel = "DATASET", description = "Name of the dataset.")
    String dataset;

    @Parameters(index = "1", paramLabel = "V1", description = "A version.")
    long first;

    @Parameters(index = "2", paramLabel = "V2", description = "The version to compare with it.")
    long second;

    @Option(
            names = "--first",
            paramLabel = "K",
            defaultValue = "10",
            description = "Maximum number of ranges to print. Default: 10")
    int shown;

    @Option(names = "--json", description = "Print the answer as JSON.")
    boolean json;

    @Override
    public boolean run(CommandContext context) throws IOException, StoreException, InterruptedException {
        if (shown < 0) {
            throw new UsageException("--first: " + shown + " is below 0");
        }
        LineNumbers lineNumbers = context.settings().serve().lineNumbers();
        VersionDiff.Differences differences;
        try (LineStore store = context.openStore()) {
            DatasetVersions versions = context.versions(store, CommandContext.parseDataset(dataset));
            try (Snapshot left = store.open(CommandContext.find(versions, first).describe());
                    Snapshot right =
                            store.open(CommandContext.find(versions, second).describe());
                    KeepAlive _ = new KeepAlive(left, right)) {
                differences = new VersionDiff(left, right, lineNumbers, shown, context.progress("diff")).compare();
            }
        }
        if (json) {
            context.out().line(json(differences, lineNumbers));
        } else {
            print(differences, lineNumbers, context.out());
        }
        return differences.equal();
    }

    private String json(VersionDiff.Differences differences, LineNumbers lineNumbers) {
        JsonArray ranges = new JsonArray();
        for (VersionDiff.Range range : differences.ranges()) {
            ranges.add(JsonObject.of(
                    "first", lineNumbers.number(range.first()), "last", lineNumbers.number(range.last())));
        }
        return JsonObject.of(
                        "dataset", dataset,
                        "versions", JsonArray.of(first, second),
                        "equal", differences.equal(),
                        "ranges", ranges,
                        "rangeCount", differences.rangeCount(),
                        "lineCount", differences.lineCount())
                .encode();
    }

    private void print(VersionDiff.Differences differences, LineNumbers lineNumbers, StandardOutput out)
            throws IOException {
        String versions = "versions " + first + " and " + second + " of dataset " + dataset;
        if (differences.equal()) {
            out.line(versions + " are equal, byte for byte");
            return;
        }
        for (VersionDiff.Range range : differences.ranges()) {
            long from = lineNumbers.number(range.first());
            long to = lineNumbers.number(range.last());
            out.line(from == to ? "line " + from : "lines " + from + "-" + to);
        }
        long more = differences.rangeCount() - differences.ranges().size();
        if (more > 0) {
            out.line("and " + Quantities.counted(more, "more range; print it", "more ranges; print them")
                    + " with --first");
        }
        if (differences.lineCount() == 0) {
            out.line(versions + " differ only in the newline after the last line");
        } else {
            out.line(Quantities.counted(differences.lineCount(), "line differs", "lines differ") + " between "
                    + versions + ", in " + Quantities.counted(differences.rangeCount(), "range", "ranges"));
        }
    }
}
