package dev.lineserver.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.EnumSet;
import java.util.Properties;
import java.util.Set;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

import dev.lineserver.config.Settings;
import dev.lineserver.ingest.SourceException;
import dev.lineserver.store.StoreException;

/** The command that all verbs belong to. */
@Command(
        name = "line-server",
        description = "Serves single lines of huge immutable text files by number, over REST.",
        mixinStandardHelpOptions = true,
        versionProvider = LineServerCommand.class,
        scope = CommandLine.ScopeType.INHERIT,
        sortOptions = false,
        usageHelpAutoWidth = true,
        footer = {
            "",
            "Every option of a setting is also an environment variable and a property: --data-dir is LINE_SERVER_DATA_DIR"
                    + " and line-server.data-dir.",
            "Exit code: 0 on success, 1 on failure, 2 on incorrect usage."
        })
public final class LineServerCommand implements IVersionProvider {
    LineServerCommand() {}

    @Override
    public String[] getVersion() throws IOException {
        Properties build = new Properties();
        try (InputStream properties = LineServerCommand.class.getResourceAsStream("/line-server-build.properties")) {
            build.load(properties);
        }
        return new String[] {
            "line-server " + build.getProperty("version"), "Java " + System.getProperty("java.vm.version")
        };
    }

    /** Runs what the arguments say on the standard streams of this process, and returns the exit code. */
    public static int run(String... args) {
        StandardStreams.prepare();
        return run(new FileOutputStream(FileDescriptor.out), System.err, args);
    }

    static int run(OutputStream stdout, PrintStream stderr, String... args) {
        Output out = new Output(stdout);
        Messages err = new Messages(stderr);
        try (Interruption interruption = new Interruption()) {
            try {
                boolean success = run(out, err, interruption, args);
                out.flush();
                return success ? 0 : Failures.FAILED;
            } catch (IOException
                    | SourceException
                    | StoreException
                    | InterruptedException
                    | RuntimeException
                    | OutOfMemoryError failure) {
                // Before the interruption is closed: the process may end then.
                return interruption.isUnderWay() ? Failures.interrupted(err) : Failures.report(failure, err);
            }
        }
    }

    private static boolean run(Output out, Messages err, Interruption interruption, String... args)
            throws IOException, SourceException, StoreException, InterruptedException {
        CommandLine command = commandLine();
        ParseResult parsed = command.parseArgs(args);
        StringWriter help = new StringWriter();
        command.setOut(new PrintWriter(help));
        if (CommandLine.executeHelpRequest(parsed) != null) {
            out.text(help.toString());
            return true;
        }
        if (!parsed.hasSubcommand()) {
            throw new ParameterException(
                    command,
                    "no command is named; there are "
                            + String.join(", ", command.getSubcommands().keySet()));
        }
        ParseResult given = parsed.subcommand();
        Verb verb = (Verb) given.commandSpec().userObject();
        Settings settings = Settings.of(SettingOption.given(given));
        return verb.run(new Run(settings, out, err, interruption));
    }

    private static CommandLine commandLine() {
        CommandLine command = new CommandLine(new LineServerCommand());
        add(command, new ServeCommand(), EnumSet.allOf(SettingOption.class));
        add(command, new IngestCommand(), SettingOption.OF_DATASET);
        add(command, new VerifyCommand(), SettingOption.OF_DATASET);
        add(command, new PlanCommand(), SettingOption.OF_STORE);
        add(command, new GetCommand(), SettingOption.OF_LINES);
        add(command, new DatasetsCommand(), SettingOption.OF_STORE);
        add(command, new DropCommand(), SettingOption.OF_STORE);
        return command.setExpandAtFiles(false);
    }

    /** @param settings that are options of the verb */
    private static void add(CommandLine command, Verb verb, Set<SettingOption> settings) {
        CommandSpec spec = CommandSpec.forAnnotatedObject(verb);
        settings.forEach(setting -> setting.addTo(spec, Settings.defaults()));
        command.addSubcommand(spec.name(), spec);
    }
}
