package dev.lineserver.cli;

import dev.lineserver.config.Settings;
import dev.lineserver.config.Stores;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/**
 * The settings and streams of one command.
 *
 * @param settings the settings from all sources
 * @param out standard output, for answers
 * @param err standard error, for messages
 * @param terminationHandler interrupts the command on a signal
 */
record CommandContext(Settings settings, StandardOutput out, Messages err, TerminationHandler terminationHandler) {
    LineStore openStore() throws StoreException {
        return Stores.open(settings.store(), null);
    }

    DatasetName dataset() {
        return settings.serve().dataset();
    }

    /** Returns the newest version of the dataset, or fails if the store does not have the dataset. */
    Manifest newest(LineStore store) throws StoreException {
        return store.newest(dataset())
                .orElseThrow(() -> new StoreFailedException(
                        "there is no dataset " + dataset() + "; see line-server datasets, or ingest a file"));
    }

    ConsoleProgress progress(String task) {
        return new ConsoleProgress(task, err);
    }
}
