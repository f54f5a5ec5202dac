package dev.lineserver.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

import io.vertx.core.json.JsonObject;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.lineserver.cli.Table.Column;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoredVersion;

/** Lists the versions of a dataset. One that cannot be described is reported on standard error, and the command fails. */
@Command(name = "versions", description = "Lists the versions of a dataset: the current, the kept and the held ones.")
final class VersionsCommand implements Verb {
    @Parameters(paramLabel = "DATASET", description = "Name of the dataset.")
    String dataset;

    @Option(names = "--json", description = "Print the answer as JSON.")
    boolean json;

    @Override
    public boolean run(CommandContext context) throws IOException, StoreException {
        List<JsonObject> described = new ArrayList<>();
        Table table = new Table(
                Column.number("VERSION"),
                Column.text("STATE"),
                Column.number("LINES"),
                Column.number("SIZE"),
                Column.cutAtEnd("DIGEST", 9),
                Column.cutAtEnd("CREATED", 11),
                Column.cutInMiddle("SOURCE", 16));
        boolean complete = true;
        try (LineStore store = context.openStore()) {
            for (StoredVersion version : context.versions(store, CommandContext.parseDataset(dataset))
                    .versions()) {
                try {
                    Manifest manifest = version.describe();
                    described.add(json(version.state(), manifest));
                    table.row(
                            Long.toString(manifest.version()),
                            version.state().label(),
                            Quantities.grouped(manifest.lineCount()),
                            Quantities.bytes(manifest.byteCount()),
                            manifest.content().digest().toString(),
                            manifest.createdAt().toString(),
                            manifest.sourceName());
                } catch (StoreException failure) {
                    described.add(JsonObject.of(
                            "version", version.number(),
                            "state", version.state().label(),
                            "failure", failure.getMessage()));
                    context.err().fail(failure.getMessage());
                    complete = false;
                }
            }
        }
        if (json) {
            context.out().line(JsonObject.of("versions", described).encode());
        } else {
            table.print(context.out());
        }
        return complete;
    }

    /** Returns the members of the manifest and the state of the version. */
    static JsonObject json(StoredVersion.State state, Manifest manifest) {
        return JsonObject.mapFrom(manifest).put("state", state.label());
    }
}
