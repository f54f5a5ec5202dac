package dev.lineserver.cli;

import java.io.IOException;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoredVersion;

/** Makes a kept version current again. */
@Command(
        name = "rollback",
        description = "Makes a kept version of a dataset current again; copies nothing and removes nothing.")
final class RollbackCommand implements Verb {
    @Parameters(paramLabel = "DATASET", description = "Name of the dataset.")
    String dataset;

    @Option(
            names = {"--to", "--version"},
            paramLabel = "V",
            description = "The version to make current. Default: the one that was current before.")
    @Nullable
    Long version;

    @Option(names = "--json", description = "Print the answer as JSON.")
    boolean json;

    @Override
    public String interruption() {
        return "interrupted; the version may be current, see line-server versions " + dataset;
    }

    @Override
    public boolean run(CommandContext context) throws IOException, StoreException {
        try (LineStore store = context.openStore()) {
            DatasetVersions versions = context.versions(store, CommandContext.parseDataset(dataset));
            StoredVersion target = target(versions);
            Manifest manifest = store.publish(versions.dataset(), target.number(), Integer.MAX_VALUE);
            PublishCommand.report(manifest, versions, json, context.out());
        }
        return true;
    }

    private StoredVersion target(DatasetVersions versions) throws StoreException {
        if (version != null) {
            StoredVersion found = CommandContext.find(versions, version);
            if (!found.isPublished()) {
                throw new StoreFailedException("version " + version + " of dataset " + dataset
                        + " was never published; publish it with line-server publish " + dataset + " --version "
                        + version);
            }
            return found;
        }
        long current = CommandContext.current(versions).number();
        return versions.find(versions.previousNumber())
                .orElseThrow(() -> new StoreFailedException("dataset " + dataset
                        + " has no kept version that was current before version " + current
                        + "; see line-server versions " + dataset + ", and keep more with ingest --keep"));
    }
}
