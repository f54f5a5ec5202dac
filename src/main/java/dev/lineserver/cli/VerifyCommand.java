package dev.lineserver.cli;

import java.util.Optional;
import java.util.concurrent.Callable;

import io.vertx.core.json.JsonObject;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import dev.lineserver.http.ManifestJson;
import dev.lineserver.ingest.Source;
import dev.lineserver.ingest.Verification;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Snapshot;

/** Compares a version with its file. */
@Command(
        name = "verify",
        description = "Compares the newest version of a dataset with a file, line by line and byte for byte.")
final class VerifyCommand implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "The file; - is standard input. .gz and .zst are unpacked.")
    String file;

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
        Manifest manifest;
        Optional<String> difference;
        try (LineStore store = storeOptions.open();
                ConsoleProgress progress = ConsoleProgress.of("verify");
                Source source = Source.open(file)) {
            manifest = StoreOptions.newest(store, dataset.name);
            try (Snapshot snapshot = store.open(manifest)) {
                difference = new Verification(snapshot, progress).firstDifference(source);
            }
        }
        report(manifest, difference);
        return difference.isEmpty() ? 0 : Failures.FAILED;
    }

    private void report(Manifest manifest, Optional<String> difference) {
        if (json) {
            JsonObject answer = ManifestJson.of(manifest).put("same", difference.isEmpty());
            difference.ifPresent(text -> answer.put("difference", text));
            spec.commandLine().getOut().println(answer.encode());
            return;
        }
        String what = "dataset " + manifest.dataset() + " version " + manifest.version();
        spec.commandLine()
                .getOut()
                .println(difference
                        .map(text -> what + " is not " + file + ": " + text)
                        .orElseGet(() -> what + " is " + file + ": " + Numbers.grouped(manifest.lineCount())
                                + " lines, byte for byte"));
    }
}
