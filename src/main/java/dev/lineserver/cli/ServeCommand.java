package dev.lineserver.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.concurrent.CompletableFuture;

import io.quarkus.runtime.Quarkus;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.lineserver.config.ServeConfig;
import dev.lineserver.http.ServeApplication;
import dev.lineserver.ingest.SourceException;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.StoreException;

/** Answers HTTP until a signal ends it. */
@Command(name = "serve", description = "Answers GET /lines/{n} over HTTP, until a signal ends it.")
final class ServeCommand implements Verb {
    @Parameters(
            paramLabel = "FILE",
            arity = "0..1",
            description = "Stores this file first, unless the newest version holds that very content.")
    @Nullable
    String file;

    @Option(names = "--copy", description = "With FILE: keep its bytes in the data directory, so that it can go away.")
    boolean copy;

    @Override
    public boolean run(CommandContext context) throws SourceException, StoreException, InterruptedException {
        requirePortFree(context.settings().serve());
        if (file != null) {
            IngestCommand ingest = new IngestCommand();
            ingest.file = file;
            ingest.copy = copy;
            ingest.ifChanged = true;
            try (LineStore store = context.openStore()) {
                context.err().print(ingest.ingest(context, store).text());
            }
        }
        context.settings().passToQuarkus();
        // Quarkus handles signals itself.
        context.terminationHandler().close();
        CompletableFuture<Integer> exitCode = new CompletableFuture<>();
        Quarkus.run(ServeApplication.class, (code, thrown) -> {
            if (thrown == null) {
                exitCode.complete(code);
            } else {
                exitCode.completeExceptionally(thrown);
            }
        });
        return exitCode.join() == 0;
    }

    /** Fails before FILE is stored: Quarkus would find out after that. */
    private static void requirePortFree(ServeConfig config) {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(config.host(), config.port()));
        } catch (IOException e) {
            String where = config.host() + " port " + config.port();
            throw new UncheckedIOException(
                    "cannot listen on " + where + ": " + e.getMessage() + "; see --host and --port", e);
        }
    }
}
