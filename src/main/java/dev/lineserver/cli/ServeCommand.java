package dev.lineserver.cli;

import java.util.concurrent.Callable;

import io.quarkus.runtime.Quarkus;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import dev.lineserver.http.ServeApplication;
import dev.lineserver.ingest.Ingest;
import dev.lineserver.store.LineStore;

/** Answers HTTP until it is told to stop. */
@Command(name = "serve", description = "Answers GET /lines/{n} over HTTP, until it is told to stop.")
final class ServeCommand implements Callable<Integer> {
    private static final String COPY = "--copy";

    @Parameters(
            paramLabel = "FILE",
            arity = "0..1",
            description = "Stores this file first, unless the newest version holds that very content.")
    @Nullable
    String file;

    @Option(names = COPY, description = "With FILE: keep its bytes in the data directory, so that it can go away.")
    boolean copy;

    @Option(
            names = "--host",
            paramLabel = "HOST",
            description = "Address to listen on. Default: ${DEFAULT-VALUE}",
            defaultValue = "127.0.0.1")
    String host;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description = "Port to listen on. Default: ${DEFAULT-VALUE}",
            defaultValue = "8080")
    int port;

    @Mixin
    FirstLineNumberOption counting;

    @Mixin
    DatasetOption dataset;

    @Mixin
    StoreOptions storeOptions;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws Exception {
        counting.numbers();
        if (file != null) {
            spec.commandLine().getErr().println(ingest(file).text());
        }
        passOn();
        Quarkus.run(ServeApplication.class);
        return 0;
    }

    private IngestReport ingest(String source) throws Exception {
        long start = System.nanoTime();
        try (LineStore store = storeOptions.open();
                ConsoleProgress progress = ConsoleProgress.of("ingest")) {
            Ingest.Outcome outcome = new Ingest(store, progress).storeIfChanged(source, dataset.name, copy, false);
            return new IngestReport(outcome, (System.nanoTime() - start) / 1e9);
        }
    }

    /** What the command line says becomes properties, which is where the application looks. */
    private void passOn() {
        for (OptionSpec option : spec.options()) {
            Object value = option.getValue();
            boolean forTheApplication = option.userObject() instanceof java.lang.reflect.Field field
                    && field.getDeclaringClass().getPackage().equals(ServeCommand.class.getPackage());
            if (forTheApplication && value != null && !option.longestName().equals(COPY)) {
                System.setProperty(SettingDefaults.property(option), value.toString());
            }
        }
    }
}
