package dev.lineserver.cli;

import java.nio.file.Path;
import java.util.Optional;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import dev.lineserver.StoreSettings;
import dev.lineserver.Wiring;
import dev.lineserver.store.DatasetName;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;

/** Which store, and which dataset in it. */
final class StoreOptions {
    @Option(
            names = "--store",
            paramLabel = "KIND",
            description = "embedded (the default: this machine's disk) or aerospike")
    StoreSettings.@Nullable Kind kind;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            description = "Where the embedded store keeps its data. Default: ${DEFAULT-VALUE}",
            defaultValue = "${sys:user.home}/.local/share/line-server")
    Path dataDirectory;

    @Mixin
    AerospikeOptions aerospike;

    private StoreSettings settings() {
        Optional<StoreSettings.Cluster> cluster = aerospike.cluster();
        StoreSettings.Kind implied = cluster.isPresent() ? StoreSettings.Kind.AEROSPIKE : StoreSettings.Kind.EMBEDDED;
        return new StoreSettings(kind == null ? implied : kind, dataDirectory, cluster);
    }

    LineStore open() throws StoreException {
        return Wiring.open(settings(), null);
    }

    /** The newest version of a dataset that has to be there. */
    static Manifest newest(LineStore store, DatasetName dataset) throws StoreException {
        return store.newest(dataset)
                .orElseThrow(() -> new StoreFailedException(
                        "there is no dataset " + dataset + "; see line-server datasets, or ingest a file"));
    }
}
