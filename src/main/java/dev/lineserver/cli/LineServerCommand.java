package dev.lineserver.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command that all verbs belong to. */
@Command(
        name = "line-server",
        description = "Serves single lines of huge immutable text files by number, over REST.",
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
    private static final Map<String, Supplier<?>> VERBS = verbs();

    @Spec
    CommandSpec spec;

    private static Map<String, Supplier<?>> verbs() {
        Map<String, Supplier<?>> verbs = new LinkedHashMap<>();
        verbs.put("serve", ServeCommand::new);
        verbs.put("ingest", IngestCommand::new);
        verbs.put("verify", VerifyCommand::new);
        verbs.put("plan", PlanCommand::new);
        verbs.put("get", GetCommand::new);
        verbs.put("datasets", DatasetsCommand::new);
        verbs.put("drop", DropCommand::new);
        return verbs;
    }

    /** Runs what the arguments say, and returns the exit code. */
    public static int run(String... args) {
        return commandLine(args).execute(args);
    }

    /** Knows the verb that the arguments name and no other: to describe all of them takes longer than to get a line. */
    static CommandLine commandLine(String... args) {
        CommandLine command = new CommandLine(new LineServerCommand());
        Supplier<?> named = args.length == 0 ? null : VERBS.get(args[0]);
        if (named == null) {
            VERBS.values().forEach(verb -> command.addSubcommand(verb.get()));
        } else {
            command.addSubcommand(named.get());
        }
        return command.setCaseInsensitiveEnumValuesAllowed(true)
                .setDefaultValueProvider(new SettingDefaults())
                .setExecutionExceptionHandler(new Failures());
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "Say what to do: name a command.");
    }
}
