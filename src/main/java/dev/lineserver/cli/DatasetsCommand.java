package dev.lineserver.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

import io.vertx.core.json.JsonObject;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import dev.lineserver.cli.Table.Column;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.StoreException;

/** Lists the datasets. A dataset whose manifest cannot be read is reported on standard error, and the command fails. */
@Command(name = "datasets", description = "Lists the datasets, each with its current version.")
final class DatasetsCommand implements Verb {
    @Option(names = "--json", description = "Print the answer as JSON.")
    boolean json;

    @Override
    public boolean run(CommandContext context) throws IOException, StoreException {
        List<Manifest> described = new ArrayList<>();
        boolean complete = true;
        try (LineStore store = context.openStore()) {
            for (DatasetListing listing : store.datasets()) {
                switch (listing) {
                    case DatasetListing.Described(DatasetVersions versions) -> {
                        if (versions.current().isEmpty()) {
                            context.err()
                                    .print("no version of dataset " + versions.dataset()
                                            + " is published; see line-server versions " + versions.dataset());
                            continue;
                        }
                        try {
                            described.add(versions.current().get().describe());
                        } catch (StoreException failure) {
                            context.err().fail(failure.getMessage());
                            complete = false;
                        }
                    }
                    case DatasetListing.Unreadable(var _, StoreException failure) -> {
                        context.err().fail(failure.getMessage());
                        complete = false;
                    }
                }
            }
        }
        if (json) {
            List<JsonObject> all = described.stream().map(JsonObject::mapFrom).toList();
            context.out().line(JsonObject.of("datasets", all).encode());
        } else {
            Table table = new Table(
                    Column.text("DATASET"),
                    Column.number("VERSION"),
                    Column.number("LINES"),
                    Column.number("SIZE"),
                    Column.cutInMiddle("SOURCE", 16));
            for (Manifest manifest : described) {
                table.row(
                        manifest.dataset().value(),
                        Long.toString(manifest.version()),
                        Quantities.grouped(manifest.lineCount()),
                        Quantities.bytes(manifest.byteCount()),
                        manifest.sourceName());
            }
            table.print(context.out());
        }
        return complete;
    }
}
