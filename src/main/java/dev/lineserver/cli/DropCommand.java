package dev.lineserver.cli;

import java.io.IOException;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/** Removes a dataset or one of its versions from the store. */
@Command(
        name = "drop",
        description = "Removes a dataset and all its versions, or one version; the ingested files are kept.")
final class DropCommand implements Verb {
    @Parameters(paramLabel = "DATASET", description = "Name of the dataset.")
    String dataset;

    @Option(
            names = "--version",
            paramLabel = "V",
            description = "Remove only this version, which must not be the current one.")
    @Nullable
    Long version;

    @Override
    public String interruption() {
        return "interrupted; the dataset may have been dropped, see line-server datasets";
    }

    @Override
    public boolean run(CommandContext context) throws IOException, StoreException {
        DatasetName name = CommandContext.parseDataset(dataset);
        try (LineStore store = context.openStore()) {
            if (version != null) {
                CommandContext.find(CommandContext.versions(store, name), version);
                store.drop(name, version);
            } else if (!store.drop(name)) {
                throw new StoreFailedException("there is no dataset " + name + "; see line-server datasets");
            }
            // Reported before close(), which may wait until servers have stopped reading the dropped versions.
            context.out().line("dropped dataset " + name + (version == null ? "" : " version " + version));
            context.out().flush();
        }
        return true;
    }
}
