package dev.lineserver.cli;

import dev.lineserver.config.Settings;
import dev.lineserver.config.Stores;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/**
 * One run of a command.
 *
 * @param settings from the command line and elsewhere
 * @param out for answers
 * @param err for everything else
 * @param terminationHandler tells the command of SIGINT and SIGTERM
 */
record CommandContext(Settings settings, StandardOutput out, Messages err, TerminationHandler terminationHandler) {
    LineStore openStore() throws StoreException {
        return Stores.open(settings.store(), null);
    }

    DatasetName dataset() {
        return settings.serve().dataset();
    }

    /** The newest version of the dataset, which must exist. */
    Manifest newest(LineStore store) throws StoreException {
        return store.newest(dataset())
                .orElseThrow(() -> new StoreFailedException(
                        "there is no dataset " + dataset() + "; see line-server datasets, or ingest a file"));
    }

    ConsoleProgress progress(String task) {
        return new ConsoleProgress(task, err);
    }
}
