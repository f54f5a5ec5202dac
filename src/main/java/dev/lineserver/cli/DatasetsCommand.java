package dev.lineserver.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

import io.vertx.core.json.JsonObject;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoredVersion;

/** Lists the datasets. A dataset whose manifest cannot be read is reported on standard error, and the command fails. */
@Command(name = "datasets", description = "Lists the datasets, each with its newest version.")
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
                        Optional<StoredVersion> current = versions.current();
                        if (current.isPresent()) {
                            described.add(current.get().describe());
                        }
                    }
                    case DatasetListing.Unreadable(var _, StoreException failure) -> {
                        context.err().print(failure.getMessage());
                        complete = false;
                    }
                }
            }
        }
        if (json) {
            List<JsonObject> all = described.stream().map(JsonObject::mapFrom).toList();
            context.out().line(JsonObject.of("datasets", all).encode());
        } else {
            for (Manifest manifest : described) {
                context.out().line(line(manifest));
            }
        }
        return complete;
    }

    private static String line(Manifest manifest) {
        return String.format(
                "%-20s version %d  %s lines  %s  %s",
                manifest.dataset(),
                manifest.version(),
                Quantities.grouped(manifest.lineCount()),
                Quantities.bytes(manifest.byteCount()),
                manifest.sourceName());
    }
}
