package dev.lineserver.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

import io.quarkus.runtime.Quarkus;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.http.ServeApplication;
import dev.lineserver.http.access.AccessListFile;
import dev.lineserver.ingest.SourceException;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.StoreException;

/** Serves lines over HTTP. */
@Command(name = "serve", description = "Serves lines over HTTP (GET /lines/{n}) until SIGINT or SIGTERM.")
final class ServeCommand implements Verb {
    @Parameters(
            paramLabel = "FILE",
            arity = "0..*",
            description = "Ingest this file first, unless the newest version has the same content;"
                    + " several files are one text.")
    List<String> files = List.of();

    @Option(
            names = "--copy",
            description = "Embedded store: copy FILE into the data directory, so that FILE may change or be deleted.")
    boolean copy;

    private final IngestCommand ingest = new IngestCommand();

    @Override
    public String interruption() {
        return ingest.interruption();
    }

    @Override
    public boolean run(CommandContext context) throws SourceException, StoreException, InterruptedException {
        ServeConfig config = context.settings().serve();
        if (context.settings().hasPlainPort()) {
            requirePortFree(config.host(), config.port(), "--host and --port");
        }
        if (context.settings().tlsPort().isPresent()) {
            requirePortFree(config.host(), context.settings().tlsPort().getAsInt(), "quarkus.http.ssl-port");
        }
        if (config.managementPort().isPresent()) {
            requirePortFree(
                    config.managementHost().orElse(config.host()),
                    config.managementPort().getAsInt(),
                    "--management-port");
        }
        // Refuses files that cannot be used before FILE is stored.
        config.http().apiKeys().ifPresent(AccessListFile::open);
        Optional<Instant> _ = context.settings().tlsFiles().check();
        if (!files.isEmpty()) {
            ingest.files = files;
            ingest.copy = copy;
            ingest.ifChanged = true;
            ingest.resume = true;
            try (LineStore store = context.openStore()) {
                context.err().print(ingest.ingest(context, store).text());
            }
        }
        context.settings().passToQuarkus();
        // From here on Quarkus handles signals: it completes requests in flight before the process ends.
        context.terminationHandler().close();
        context.log().close();
        CompletableFuture<Integer> exitCode = new CompletableFuture<>();
        // This handler replaces the default one, which ends the process: only Main may do that.
        Quarkus.run(ServeApplication.class, (code, thrown) -> {
            if (thrown == null) {
                exitCode.complete(code);
            } else {
                exitCode.completeExceptionally(thrown);
            }
        });
        return exitCode.join() == 0;
    }

    /** Fails if a server could not listen at this address now. */
    static void requireBindable(String host, int port) throws IOException {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(host, port));
        }
    }

    /** Fails before FILE is stored if the port is in use. Quarkus binds the port only after that. */
    private static void requirePortFree(String host, int port, String options) {
        try {
            requireBindable(host, port);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "cannot listen on " + host + " port " + port + ": " + e.getMessage() + "; see " + options, e);
        }
    }
}
