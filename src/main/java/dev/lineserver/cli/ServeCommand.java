package dev.lineserver.cli;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.SocketException;
import java.util.concurrent.atomic.AtomicReference;

import io.quarkus.runtime.Quarkus;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.lineserver.config.InvalidSettingException;
import dev.lineserver.config.ServeConfig;
import dev.lineserver.http.ServeApplication;
import dev.lineserver.ingest.Ingest;
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
    public ExitCode run(Run run) throws SourceException, StoreException, InterruptedException {
        requireFree(run.settings().serve());
        if (file != null) {
            run.err().print(ingest(run, file).text());
        }
        run.settings().passToQuarkus();
        // Quarkus handles signals itself.
        run.interruption().close();
        AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        Quarkus.run(ServeApplication.class, (_, thrown) -> failure.set(thrown));
        return failure.get() == null ? ExitCode.DONE : fail(failure.get());
    }

    /** Finds what a user can mend in the exception that Quarkus ended with. */
    private static ExitCode fail(Throwable failure) throws StoreException {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            switch (cause) {
                case StoreException store -> throw store;
                case InvalidSettingException setting -> throw setting;
                case SocketException socket -> throw CommandException.failed("cannot listen: " + socket.getMessage());
                default -> {}
            }
        }
        throw new IllegalStateException("the server ended", failure);
    }

    /** Fails early, before FILE is stored: it takes Quarkus a while to find out. */
    private static void requireFree(ServeConfig config) {
        InetSocketAddress address = new InetSocketAddress(config.host(), config.port());
        if (address.isUnresolved()) {
            throw CommandException.failed("the host " + config.host() + " has no address; see --host");
        }
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(address);
        } catch (IOException e) {
            throw CommandException.failed("cannot listen on " + config.host() + " port " + config.port() + ": "
                    + e.getMessage() + "; see --host and --port");
        }
    }

    private IngestReport ingest(Run run, String source) throws SourceException, StoreException, InterruptedException {
        long start = System.nanoTime();
        try (LineStore store = run.openStore();
                ConsoleProgress progress = run.progress("ingest")) {
            Ingest.Outcome outcome = new Ingest(store, progress).storeIfChanged(source, run.dataset(), copy, false);
            return new IngestReport(outcome, (System.nanoTime() - start) / 1e9);
        }
    }

    @Override
    public String interrupted() {
        return IngestCommand.INTERRUPTED;
    }
}
