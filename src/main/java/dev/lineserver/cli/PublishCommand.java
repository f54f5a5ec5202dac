package dev.lineserver.cli;

import java.io.IOException;
import java.util.Optional;

import io.vertx.core.json.JsonObject;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreFailedException;
import dev.lineserver.store.StoredVersion;

/** Publishes a held version. */
@Command(name = "publish", description = "Publishes a version that ingest --hold has stored.")
final class PublishCommand implements Verb {
    @Parameters(paramLabel = "DATASET", description = "Name of the dataset.")
    String dataset;

    @Option(names = "--version", paramLabel = "V", required = true, description = "The version to publish.")
    long version;

    @Option(names = "--json", description = "Print the answer as JSON.")
    boolean json;

    @Override
    public String interruption() {
        return "interrupted; the version may have been published, see line-server versions " + dataset;
    }

    @Override
    public boolean run(CommandContext context) throws IOException, StoreException {
        try (LineStore store = context.openStore()) {
            DatasetVersions versions = context.versions(store, CommandContext.parseDataset(dataset));
            if (CommandContext.find(versions, version).state() == StoredVersion.State.KEPT) {
                // Publishing it again would remove versions, which a rollback does not.
                throw new StoreFailedException("version " + version + " of dataset " + dataset
                        + " was published before; make it current with line-server rollback " + dataset + " --to "
                        + version);
            }
            Manifest manifest = store.publish(versions.dataset(), version, context.keep());
            report(manifest, versions, json, context.out());
        }
        return true;
    }

    /**
     * Reports the version that is current now. Called before the store is closed, which may wait until servers have
     * stopped reading the superseded version.
     *
     * @param before the versions before the change
     */
    static void report(Manifest manifest, DatasetVersions before, boolean json, StandardOutput out) throws IOException {
        Optional<StoredVersion> previous = before.current();
        if (json) {
            JsonObject answer = VersionsCommand.json(StoredVersion.State.CURRENT, manifest);
            previous.ifPresent(version -> answer.put("previous", version.number()));
            out.line(answer.encode());
        } else {
            boolean changed = previous.isEmpty() || previous.get().number() != manifest.version();
            out.line(manifest.versionName() + " is current" + (changed ? "" : " already") + ": "
                    + Quantities.counted(manifest.lineCount(), "line", "lines") + ", "
                    + Quantities.bytes(manifest.byteCount()));
        }
        out.flush();
    }
}
