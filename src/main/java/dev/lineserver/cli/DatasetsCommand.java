package dev.lineserver.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import dev.lineserver.http.ManifestJson;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;

/** Lists the datasets. */
@Command(name = "datasets", description = "Lists the datasets, each with its newest version.")
final class DatasetsCommand implements Callable<Integer> {
    @Option(names = "--json", description = "Answer in JSON.")
    boolean json;

    @Mixin
    StoreOptions storeOptions;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        List<Manifest> datasets = new ArrayList<>();
        StoreException unreadable = null;
        try (LineStore store = storeOptions.open()) {
            for (DatasetListing listing : store.datasets()) {
                switch (listing) {
                    case DatasetListing.Described(Manifest newest) -> datasets.add(newest);
                    case DatasetListing.Unreadable(var _, StoreException failure) -> unreadable = failure;
                }
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            JsonArray all = new JsonArray();
            datasets.forEach(manifest -> all.add(ManifestJson.of(manifest)));
            out.println(new JsonObject().put("datasets", all).encode());
        } else {
            datasets.forEach(manifest -> out.printf(
                    "%-20s version %d  %s lines  %s  %s%n",
                    manifest.dataset(),
                    manifest.version(),
                    Numbers.grouped(manifest.lineCount()),
                    Numbers.bytes(manifest.byteCount()),
                    manifest.sourceName()));
        }
        if (unreadable != null) {
            out.flush();
            throw unreadable;
        }
        return 0;
    }
}
