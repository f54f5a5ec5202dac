package dev.lineserver.cli;

import java.io.IOException;

import io.vertx.core.json.JsonObject;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.lineserver.ingest.Ingest;
import dev.lineserver.ingest.SourceException;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;

/** Stores a file as the next version of a dataset. */
@Command(name = "ingest", description = "Stores a file as the next version of a dataset.")
final class IngestCommand implements Verb {
    @Parameters(
            paramLabel = "FILE",
            description = "The text file, or - for standard input. Gzip and Zstandard files are unpacked.")
    String file;

    @Option(
            names = "--copy",
            description = "Embedded store: copy FILE into the data directory, so that FILE may change or be deleted.")
    boolean copy;

    @Option(names = "--if-changed", description = "Store nothing if the newest version has the same content.")
    boolean ifChanged;

    @Option(names = "--force", description = "Store FILE even if the cluster seems to have too little space.")
    boolean force;

    @Option(names = "--json", description = "Print the answer as JSON.")
    boolean json;

    @Override
    public String interruption() {
        return "interrupted; nothing was published";
    }

    @Override
    public boolean run(CommandContext context)
            throws IOException, SourceException, StoreException, InterruptedException {
        try (LineStore store = context.openStore()) {
            Report report = ingest(context, store);
            // Reported before close(), which may wait until servers have stopped reading the superseded version.
            context.out().line(json ? report.json() : report.text());
            context.out().flush();
        }
        return true;
    }

    Report ingest(CommandContext context, LineStore store)
            throws SourceException, StoreException, InterruptedException {
        long start = System.nanoTime();
        Ingest ingest = new Ingest(store, context.progress("ingest"));
        Ingest.Outcome outcome = ifChanged
                ? ingest.storeIfChanged(file, context.dataset(), copy, force)
                : ingest.store(file, context.dataset(), copy, force);
        return new Report(outcome, (System.nanoTime() - start) / 1e9);
    }

    /** The result of an ingest, as text and as JSON. */
    record Report(Ingest.Outcome outcome, double seconds) {
        String text() {
            Manifest manifest = outcome.manifest();
            String version = "dataset " + manifest.dataset() + " version " + manifest.version() + ": "
                    + Quantities.grouped(manifest.lineCount()) + " lines, " + Quantities.bytes(manifest.byteCount());
            if (!outcome.stored()) {
                return version + ", stored already";
            }
            String rate = Quantities.bytes((long) (manifest.byteCount() / seconds)) + "/s";
            return version + ", stored in " + Quantities.seconds(seconds) + " (" + rate + ")";
        }

        String json() {
            return JsonObject.mapFrom(outcome.manifest())
                    .put("stored", outcome.stored())
                    .put("seconds", seconds)
                    .encode();
        }
    }
}
