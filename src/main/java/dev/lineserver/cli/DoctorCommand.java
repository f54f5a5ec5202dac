package dev.lineserver.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

import io.vertx.core.json.JsonObject;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.config.StoreConfig;
import dev.lineserver.config.Stores;
import dev.lineserver.config.TlsFiles;
import dev.lineserver.store.Await;
import dev.lineserver.store.ControlCharacters;
import dev.lineserver.store.DatasetListing;
import dev.lineserver.store.DatasetVersions;
import dev.lineserver.store.Finding;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoredVersion;

/** Checks this machine, the settings and the store, and says what to do. It writes nothing and acquires no lock. */
@Command(
        name = "doctor",
        description = "Checks this machine, the settings and the store, and says what to do. It changes nothing.")
final class DoctorCommand implements Verb {
    /** For each node, as many for lookups as for commands that block. */
    private static final long CONNECTION_POOLS = 2;

    @Option(names = "--json", description = "Print the answer as JSON.")
    boolean json;

    @Override
    public boolean run(CommandContext context) throws IOException, InterruptedException {
        List<Finding> findings = new ArrayList<>();
        checkMachine(context, findings);
        checkStore(context, findings);
        boolean healthy = findings.stream().noneMatch(finding -> finding.severity() == Finding.Severity.FAILURE);
        if (json) {
            List<JsonObject> checks = findings.stream().map(DoctorCommand::json).toList();
            context.out()
                    .line(JsonObject.of("healthy", healthy, "checks", checks).encode());
        } else {
            print(findings, context.out());
        }
        return healthy;
    }

    private static void checkMachine(CommandContext context, List<Finding> findings) throws IOException {
        StoreConfig store = context.settings().store();
        ServeConfig serve = context.settings().serve();
        MachineChecks machine = new MachineChecks(Path.of("/"));
        findings.add(MachineChecks.program(new LineServerCommand().getVersion()[0]));
        findings.add(machine.processors(Runtime.getRuntime().availableProcessors()));
        findings.add(machine.memory(Runtime.getRuntime().maxMemory()));
        long nodes =
                Stores.isCluster(store) ? store.aerospikeHosts().map(List::size).orElse(0) : 0;
        findings.add(machine.openFiles(CONNECTION_POOLS * nodes * store.aerospikeConnections()));
        findings.add(machine.temporaryDirectory(Path.of(System.getProperty("java.io.tmpdir", "/tmp"))));
        findings.add(MachineChecks.clock(Instant.now()));
        findings.add(MachineChecks.zstd(Objects.requireNonNullElse(System.getenv("PATH"), "")));
        checkServer(context, serve, findings);
        if (!Stores.isCluster(store)) {
            findings.add(ServerChecks.dataDirectory(Stores.dataDirectory(store)));
        }
    }

    /** Checks the ports and files of {@code serve}. */
    private static void checkServer(CommandContext context, ServeConfig serve, List<Finding> findings) {
        if (context.settings().hasPlainPort()) {
            findings.add(ServerChecks.address("address", serve.host(), serve.port(), "--port"));
        }
        context.settings()
                .tlsPort()
                .ifPresent(port -> findings.add(
                        ServerChecks.address("address of TLS", serve.host(), port, "quarkus.http.ssl-port")));
        serve.managementPort()
                .ifPresent(port -> findings.add(ServerChecks.address(
                        "management port", serve.managementHost().orElse(serve.host()), port, "--management-port")));
        serve.http().apiKeys().ifPresent(file -> findings.add(ServerChecks.keys(file)));
        TlsFiles tls = context.settings().tlsFiles();
        if (tls.hasServerCertificate()) {
            findings.add(ServerChecks.tls(tls, Instant.now()));
        }
    }

    private static void checkStore(CommandContext context, List<Finding> findings) throws InterruptedException {
        try (LineStore store = context.openStoreToWatch()) {
            findings.addAll(store.diagnose());
            int count = 0;
            for (DatasetListing listing : store.datasets()) {
                count++;
                switch (listing) {
                    case DatasetListing.Described(DatasetVersions versions) ->
                        versions.versions().forEach(version -> checkVersion(versions, version, findings));
                    case DatasetListing.Unreadable(var name, StoreException failure) ->
                        findings.add(failure("dataset " + name, failure));
                }
            }
            findings.add(Finding.ok("datasets", Quantities.grouped(count) + " stored"));
            findings.add(checkServed(context, store));
        } catch (StoreException failure) {
            findings.add(failure("store", failure));
        }
    }

    private static void checkVersion(DatasetVersions versions, StoredVersion version, List<Finding> findings) {
        try {
            version.describe();
        } catch (StoreException failure) {
            findings.add(failure("dataset " + versions.dataset(), failure));
        }
    }

    /** Opens the version that {@code serve} would serve, and looks up a line. */
    private static Finding checkServed(CommandContext context, LineStore store) throws InterruptedException {
        String check = "served dataset";
        try {
            Optional<Manifest> current = store.current(context.dataset());
            if (current.isEmpty()) {
                return Finding.warning(
                        check,
                        "no version of dataset " + context.dataset() + " is published, so it is not served",
                        "ingest a file, or name another --dataset");
            }
            try (Snapshot snapshot = store.open(current.get())) {
                Manifest manifest = snapshot.manifest();
                String version = manifest.dataset() + " version " + manifest.version() + ": ";
                return switch (Await.result(snapshot.lookup(manifest.lineCount() / 2))) {
                    case Lookup.Found _, Lookup.FoundInParts _, Lookup.PastTheEnd _ ->
                        Finding.ok(
                                check,
                                version + Quantities.counted(manifest.lineCount(), "line", "lines") + ", "
                                        + manifest.layout());
                    case Lookup.Damaged(String detail) ->
                        Finding.failure(
                                check, version + detail, "ingest the file again; find out how the store lost data");
                };
            }
        } catch (StoreException failure) {
            return failure(check, failure);
        }
    }

    /** The messages of stores say what happened and what to do. */
    private static Finding failure(String check, StoreException failure) {
        return Finding.failure(check, String.valueOf(failure.getMessage()), "follow the message, and try again");
    }

    private static void print(List<Finding> findings, StandardOutput out) throws IOException {
        int width = findings.stream()
                .mapToInt(finding -> finding.check().length())
                .max()
                .orElse(0);
        for (Finding finding : findings) {
            String colour = switch (finding.severity()) {
                case OK -> "green";
                case WARNING -> "yellow";
                case FAILURE -> "bold,red";
            };
            String state = String.format("%-7s", name(finding.severity()));
            out.text(out.terminal().ansi().string("@|" + colour + " " + state + "|@") + "  "
                    + String.format("%-" + width + "s  ", finding.check())
                    + ControlCharacters.escape(finding.found()) + "\n");
            if (!finding.advice().isEmpty()) {
                out.line(" ".repeat(state.length() + width + 4) + "→ " + finding.advice());
            }
        }
    }

    private static JsonObject json(Finding finding) {
        JsonObject check =
                JsonObject.of("check", finding.check(), "state", name(finding.severity()), "found", finding.found());
        return finding.advice().isEmpty() ? check : check.put("advice", finding.advice());
    }

    private static String name(Finding.Severity state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
