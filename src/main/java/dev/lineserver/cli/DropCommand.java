package dev.lineserver.cli;

import java.io.IOException;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.lineserver.config.UsageException;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/** Removes a dataset or one of its versions from the store. */
@Command(
        name = "drop",
        description =
                "Removes a dataset with all its versions, one version, or an unfinished build; the ingested files are kept.")
final class DropCommand implements Verb {
    @Parameters(paramLabel = "DATASET", description = "Name of the dataset.")
    String dataset;

    @Option(
            names = "--version",
            paramLabel = "V",
            description = "Remove only this version, which must not be the current one.")
    @Nullable
    Long version;

    @Option(names = "--build", description = "Remove only the unfinished build, see line-server builds.")
    boolean build;

    @Override
    public String interruption() {
        if (build) {
            return "interrupted; the unfinished build may have been dropped, see line-server builds";
        }
        return version == null
                ? "interrupted; the dataset may have been dropped, see line-server datasets"
                : "interrupted; the version may have been dropped, see line-server versions " + dataset;
    }

    @Override
    public boolean run(CommandContext context) throws IOException, StoreException {
        DatasetName name = CommandContext.parseDataset(dataset);
        if (build && version != null) {
            throw new UsageException("--build and --version exclude each other: an unfinished build is no version yet");
        }
        try (LineStore store = context.openStore()) {
            if (build) {
                if (!store.discardBuild(name)) {
                    throw new StoreFailedException(
                            "dataset " + name + " has no unfinished build; see line-server builds");
                }
            } else if (version != null) {
                CommandContext.find(context.versions(store, name), version);
                store.drop(name, version);
            } else if (!store.drop(name)) {
                throw context.noDataset(name);
            }
            // Reported before close(), which may wait until servers have stopped reading the dropped versions.
            String part = build ? " unfinished build" : version == null ? "" : " version " + version;
            context.out().line("dropped dataset " + name + part);
            context.out().flush();
        }
        return true;
    }
}
