package dev.lineserver.cli;

import java.util.concurrent.Callable;

import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import dev.lineserver.ingest.Ingest;
import dev.lineserver.store.LineStore;

/** Stores a file. */
@Command(name = "ingest", description = "Stores a file as the next version of a dataset.")
final class IngestCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "The file; - is standard input. .gz and .zst are unpacked.")
    String file;

    @Option(names = "--copy", description = "Keep the bytes in the data directory, so that FILE can go away.")
    boolean copy;

    @Option(names = "--if-changed", description = "Do nothing where the newest version holds this very content.")
    boolean ifChanged;

    @Option(names = "--force", description = "Store even what does not seem to fit into the cluster.")
    boolean force;

    @Option(names = "--json", description = "Answer in JSON.")
    boolean json;

    @Mixin
    DatasetOption dataset;

    @Mixin
    StoreOptions storeOptions;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        long start = System.nanoTime();
        try (LineStore store = storeOptions.open()) {
            IngestReport report = new IngestReport(ingest(store), (System.nanoTime() - start) / 1e9);
            // Before the store is closed: that may wait until the readers of the version before have moved on.
            spec.commandLine().getOut().println(json ? report.json() : report.text());
        }
        return 0;
    }

    private Ingest.Outcome ingest(LineStore store) throws Exception {
        try (ConsoleProgress progress = ConsoleProgress.of("ingest")) {
            Ingest ingest = new Ingest(store, progress);
            return ifChanged
                    ? ingest.storeIfChanged(file, dataset.name, copy, force)
                    : ingest.store(file, dataset.name, copy, force);
        }
    }
}
