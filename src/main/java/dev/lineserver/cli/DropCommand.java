package dev.lineserver.cli;

import java.util.concurrent.Callable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.StoreFailedException;

/** Removes a dataset. */
@Command(name = "drop", description = "Removes a dataset with all its versions. Files that stayed in place are kept.")
final class DropCommand implements Callable<Integer> {
    @Parameters(paramLabel = "DATASET", description = "Name of the dataset.", converter = DatasetOption.Converter.class)
    DatasetName dataset;

    @Mixin
    StoreOptions storeOptions;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        try (LineStore store = storeOptions.open()) {
            if (!store.drop(dataset)) {
                throw new StoreFailedException("there is no dataset " + dataset);
            }
            // Before the store is closed: that may wait until readers have moved on.
            spec.commandLine().getOut().println("dropped dataset " + dataset);
        }
        return 0;
    }
}
