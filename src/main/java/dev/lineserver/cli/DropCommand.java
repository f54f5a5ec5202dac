package dev.lineserver.cli;

import java.io.IOException;

import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

import dev.lineserver.config.UsageException;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/** Removes a dataset. */
@Command(name = "drop", description = "Removes a dataset with all its versions. Files that stayed in place are kept.")
final class DropCommand implements Verb {
    @Parameters(paramLabel = "DATASET", description = "Name of the dataset.")
    String dataset;

    @Override
    public boolean run(CommandContext context) throws IOException, StoreException {
        if (!DatasetName.isValid(dataset)) {
            throw new UsageException("'" + dataset + "' cannot be the name of a dataset; see line-server datasets");
        }
        DatasetName name = new DatasetName(dataset);
        try (LineStore store = context.openStore()) {
            if (!store.drop(name)) {
                throw new StoreFailedException("there is no dataset " + name);
            }
            // Before the store is closed: that may wait until readers have moved on.
            context.out().line("dropped dataset " + name);
            context.out().flush();
        }
        return true;
    }
}
