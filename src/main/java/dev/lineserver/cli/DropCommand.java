package dev.lineserver.cli;

import java.io.IOException;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

import dev.lineserver.config.UsageException;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/** Removes a dataset from the store. */
@Command(name = "drop", description = "Removes a dataset and all its versions; the ingested files are kept.")
final class DropCommand implements Verb {
    @Parameters(paramLabel = "DATASET", description = "Name of the dataset.")
    String dataset;

    @Override
    public String interruption() {
        return "interrupted; the dataset may have been dropped, see line-server datasets";
    }

    @Override
    public boolean run(CommandContext context) throws IOException, StoreException {
        if (!DatasetName.isValid(dataset)) {
            throw new UsageException("'" + dataset + "' is not a valid dataset name; see line-server datasets");
        }
        DatasetName name = new DatasetName(dataset);
        try (LineStore store = context.openStore()) {
            if (!store.drop(name)) {
                throw new StoreFailedException("there is no dataset " + name + "; see line-server datasets");
            }
            // Reported before close(), which may wait until servers have stopped reading the dropped versions.
            context.out().line("dropped dataset " + name);
            context.out().flush();
        }
        return true;
    }
}
