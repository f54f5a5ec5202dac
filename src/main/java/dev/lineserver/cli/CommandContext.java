package dev.lineserver.cli;

import org.jspecify.annotations.Nullable;

import dev.lineserver.config.Settings;
import dev.lineserver.config.Stores;
import dev.lineserver.config.UsageException;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoredVersion;

/**
 * The settings and streams of one command.
 *
 * @param settings the settings from all sources
 * @param out standard output, for answers
 * @param err standard error, for messages
 * @param log prints what is logged to {@code err}
 * @param terminationHandler interrupts the command on a signal
 */
record CommandContext(
        Settings settings, StandardOutput out, Messages err, LogMessages log, TerminationHandler terminationHandler) {
    /** Opens the store for a command that waits for a cluster that is away. */
    LineStore openStore() throws StoreException {
        return Stores.openPatiently(settings.store());
    }

    /** Opens the store for a command that reports a cluster that is away, or asks it again later. */
    LineStore openStoreToWatch() throws StoreException {
        return Stores.open(settings.store(), null);
    }

    DatasetName dataset() {
        return settings.serve().dataset();
    }

    /** Returns the number of versions to keep; 0 for the store's default. */
    int keep() {
        return settings.store().keepVersions().orElse(0);
    }

    /** Returns the current version of the dataset, or fails if it has none. */
    Manifest current(LineStore store) throws StoreException {
        return current(versions(store, dataset())).describe();
    }

    /** Returns a version of the dataset, or fails if the store does not have it; null for the current version. */
    Manifest version(LineStore store, @Nullable Long number) throws StoreException {
        return number == null
                ? current(store)
                : find(versions(store, dataset()), number).describe();
    }

    /** Returns the versions of a dataset, or fails if the store has none. */
    DatasetVersions versions(LineStore store, DatasetName dataset) throws StoreException {
        return store.versions(dataset).orElseThrow(() -> noDataset(dataset));
    }

    /** Returns the failure of a command that needs a dataset which the store does not have. */
    StoreFailedException noDataset(DatasetName dataset) {
        return new StoreFailedException("there is no dataset " + dataset + " in " + Stores.place(settings.store())
                + "; see line-server datasets, name another store with --data-dir or --aerospike, or ingest a file");
    }

    /** Returns the current version, or fails if none is published. */
    static StoredVersion current(DatasetVersions versions) throws StoreException {
        return versions.current()
                .orElseThrow(() -> new StoreFailedException("no version of dataset " + versions.dataset()
                        + " is published; see line-server versions " + versions.dataset()));
    }

    /** Returns the version with a number, or fails if the store does not have it. */
    static StoredVersion find(DatasetVersions versions, long number) throws StoreException {
        return versions.find(number)
                .orElseThrow(() -> new StoreFailedException("dataset " + versions.dataset() + " has no version "
                        + number + "; see line-server versions " + versions.dataset()));
    }

    /** Parses the name of a dataset that is a parameter of a verb. */
    static DatasetName parseDataset(String name) {
        if (!DatasetName.isValid(name)) {
            throw new UsageException("'" + name + "' is not a valid dataset name; see line-server datasets");
        }
        return new DatasetName(name);
    }

    ConsoleProgress progress(String task) {
        return new ConsoleProgress(task, err, System::nanoTime);
    }
}
