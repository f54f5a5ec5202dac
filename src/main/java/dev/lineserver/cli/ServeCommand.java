package dev.lineserver.cli;

import java.util.concurrent.Callable;

import io.quarkus.runtime.Quarkus;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import dev.lineserver.http.ServeApplication;

/** Answers HTTP until it is told to stop. */
@Command(name = "serve", description = "Answers GET /lines/{n} over HTTP, until it is told to stop.")
final class ServeCommand implements Callable<Integer> {
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
    public Integer call() {
        counting.numbers();
        passOn();
        Quarkus.run(ServeApplication.class);
        return 0;
    }

    /** What the command line says becomes properties, which is where the application looks. */
    private void passOn() {
        for (OptionSpec option : spec.options()) {
            Object value = option.getValue();
            boolean ours = option.userObject() instanceof java.lang.reflect.Field field
                    && field.getDeclaringClass().getPackage().equals(ServeCommand.class.getPackage());
            if (ours && value != null) {
                System.setProperty(SettingDefaults.property(option), value.toString());
            }
        }
    }
}
