package dev.lineserver.cli;

import java.io.IOException;

import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.lineserver.ingest.Ingest;
import dev.lineserver.ingest.SourceException;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.StoreException;

/** Stores a file. */
@Command(name = "ingest", description = "Stores a file as the next version of a dataset.")
final class IngestCommand implements Verb {
    static final String INTERRUPTED = "interrupted; nothing was published";

    @Parameters(paramLabel = "FILE", description = "The file; - is standard input. .gz and .zst are unpacked.")
    String file;

    @Option(names = "--copy", description = "Keep the bytes in the data directory, so that FILE can go away.")
    boolean copy;

    @Option(names = "--if-changed", description = "Do nothing if the newest version holds this very content.")
    boolean ifChanged;

    @Option(names = "--force", description = "Store even a file that does not seem to fit into the cluster.")
    boolean force;

    @Option(names = "--json", description = "Answer in JSON.")
    boolean json;

    @Override
    public boolean run(Run run) throws IOException, SourceException, StoreException, InterruptedException {
        try (LineStore store = run.openStore()) {
            IngestReport report = ingest(run, store);
            // Before the store is closed: that may wait until the readers of the version before have moved on.
            run.out().line(json ? report.json() : report.text());
            run.out().flush();
        }
        return true;
    }

    IngestReport ingest(Run run, LineStore store) throws SourceException, StoreException, InterruptedException {
        long start = System.nanoTime();
        try (ConsoleProgress progress = run.progress("ingest")) {
            Ingest ingest = new Ingest(store, progress);
            Ingest.Outcome outcome = ifChanged
                    ? ingest.storeIfChanged(file, run.dataset(), copy, force)
                    : ingest.store(file, run.dataset(), copy, force);
            return new IngestReport(outcome, (System.nanoTime() - start) / 1e9);
        }
    }

    @Override
    public String interrupted() {
        return INTERRUPTED;
    }
}
