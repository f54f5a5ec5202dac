package dev.lineserver.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command that all verbs belong to. */
@Command(
        name = "line-server",
        description = "Serves single lines of huge immutable text files by number, over REST.",
        subcommands = {
            ServeCommand.class,
            IngestCommand.class,
            VerifyCommand.class,
            PlanCommand.class,
            GetCommand.class,
            DatasetsCommand.class,
            DropCommand.class
        },
        mixinStandardHelpOptions = true,
        versionProvider = ProgramVersion.class,
        scope = CommandLine.ScopeType.INHERIT,
        sortOptions = false,
        usageHelpAutoWidth = true,
        footer = {
            "",
            "Every option is also an environment variable and a property: --data-dir is LINE_SERVER_DATA_DIR and"
                    + " line-server.data-dir.",
            "Exit code: 0 done, 1 failed, 2 wrong usage."
        })
public final class LineServerCommand implements Runnable {
    @Spec
    CommandSpec spec;

    /** Runs what the arguments say, and returns the exit code. */
    public static int run(String... args) {
        return commandLine().execute(args);
    }

    static CommandLine commandLine() {
        return new CommandLine(new LineServerCommand())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setDefaultValueProvider(new SettingDefaults())
                .setExecutionExceptionHandler(new Failures());
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Say what to do: name a command.");
    }
}
