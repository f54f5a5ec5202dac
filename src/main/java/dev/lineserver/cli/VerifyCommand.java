package dev.lineserver.cli;

import java.io.IOException;
import java.util.Optional;

import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.lineserver.ingest.Source;
import dev.lineserver.ingest.SourceException;
import dev.lineserver.ingest.Verification;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;

/** Compares a version of a dataset with a file. */
@Command(name = "verify", description = "Compares a version of a dataset with a file, byte for byte.")
final class VerifyCommand implements Verb {
    @Parameters(
            paramLabel = "FILE",
            description = "The text file, or - for standard input. Gzip and Zstandard files are unpacked.")
    String file;

    @Option(names = "--version", paramLabel = "V", description = "The version to compare. Default: the current one.")
    @Nullable
    Long version;

    @Option(names = "--json", description = "Print the answer as JSON.")
    boolean json;

    @Override
    public boolean run(CommandContext context)
            throws IOException, SourceException, StoreException, InterruptedException {
        Manifest manifest;
        Optional<String> difference;
        try (LineStore store = context.openStore();
                Source source = Source.open(file)) {
            manifest = context.version(store, version);
            try (Snapshot snapshot = store.open(manifest)) {
                difference = new Verification(
                                snapshot, context.settings().serve().lineNumbers(), context.progress("verify"))
                        .firstDifference(source);
            }
        }
        context.out().line(json ? json(manifest, difference) : text(manifest, difference));
        return difference.isEmpty();
    }

    private static String json(Manifest manifest, Optional<String> difference) {
        JsonObject answer = JsonObject.mapFrom(manifest).put("same", difference.isEmpty());
        difference.ifPresent(text -> answer.put("difference", text));
        return answer.encode();
    }

    private String text(Manifest manifest, Optional<String> difference) {
        String version = "dataset " + manifest.dataset() + " version " + manifest.version();
        return difference
                .map(text -> version + " differs from " + file + ": " + text)
                .orElseGet(() -> version + " equals " + file + ": " + Quantities.grouped(manifest.lineCount())
                        + " lines, byte for byte");
    }
}
