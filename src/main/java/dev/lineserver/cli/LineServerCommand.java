package dev.lineserver.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.channels.Channels;
import java.util.EnumSet;
import java.util.Properties;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

import dev.lineserver.config.Settings;
import dev.lineserver.ingest.SourceException;
import dev.lineserver.store.StoreException;

/** The root command, with one subcommand per verb. */
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
            "Each setting is also an environment variable and a property, such as LINE_SERVER_DATA_DIR and"
                    + " line-server.data-dir.",
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

    /** Runs the command that the arguments name on the standard streams of this process, and returns its exit code. */
    public static int run(String... args) {
        StandardStreams.replaceClosedStreams();
        return run(
                new StandardOutput(StandardStreams.openOutput(), Terminal.of(1)),
                new Messages(System.err, Terminal.of(2).ansi()),
                args);
    }

    static int run(OutputStream stdout, PrintStream stderr, String... args) {
        return run(stdout, stderr, Terminal.NONE, args);
    }

    /** @param terminal both streams lead to it */
    static int run(OutputStream stdout, PrintStream stderr, Terminal terminal, String... args) {
        return run(
                new StandardOutput(Channels.newChannel(stdout), terminal), new Messages(stderr, terminal.ansi()), args);
    }

    private static int run(StandardOutput out, Messages err, String... args) {
        try (TerminationHandler terminationHandler = new TerminationHandler();
                LogMessages log = LogMessages.open(err)) {
            Verb verb = null;
            try {
                ParseResult subcommand = parse(out, args);
                boolean success = true;
                if (subcommand != null) {
                    verb = (Verb) subcommand.commandSpec().userObject();
                    Settings settings = Settings.load(SettingOption.parsedValues(subcommand));
                    success = verb.run(new CommandContext(settings, out, err, log, terminationHandler));
                }
                out.flush();
                return success ? 0 : Failures.FAILED;
            } catch (IOException
                    | SourceException
                    | StoreException
                    | InterruptedException
                    | RuntimeException
                    | OutOfMemoryError failure) {
                // Reported before the handler is closed: after a signal, the process ends at that moment.
                return terminationHandler.isSignalReceived()
                        ? Failures.reportInterrupted(verb == null ? "interrupted" : verb.interruption(), err)
                        : Failures.report(failure, err);
            }
        }
    }

    /** Returns the subcommand that the arguments name; null if they ask for help, which has been printed then. */
    private static @Nullable ParseResult parse(StandardOutput out, String... args) throws IOException {
        CommandLine command = commandLine();
        ParseResult parsed = command.parseArgs(args);
        ParseResult verb = parsed.subcommand();
        // The version of a dataset was meant, which this verb has no option for: it must not seem to have succeeded.
        if (verb != null && verb.isVersionHelpRequested() && args.length > 2) {
            throw new ParameterException(
                    verb.commandSpec().commandLine(),
                    "--version prints the version of the program, and takes no value and no other arguments");
        }
        // The help text goes through our standard output, so that a failed write is a failure.
        StringWriter help = new StringWriter();
        command.setOut(new PrintWriter(help));
        command.setColorScheme(
                CommandLine.Help.defaultColorScheme(out.terminal().ansi()));
        if (CommandLine.executeHelpRequest(parsed) != null) {
            out.text(help.toString());
            return null;
        }
        if (!parsed.hasSubcommand()) {
            throw new ParameterException(
                    command,
                    "no command is given; the commands are "
                            + String.join(", ", command.getSubcommands().keySet()));
        }
        return parsed.subcommand();
    }

    static CommandLine commandLine() {
        CommandLine command = new CommandLine(new LineServerCommand());
        add(command, new ServeCommand(), EnumSet.allOf(SettingOption.class));
        add(command, new IngestCommand(), SettingOption.INGEST_OPTIONS);
        add(command, new VerifyCommand(), SettingOption.LINE_OPTIONS);
        add(command, new PlanCommand(), SettingOption.PLAN_OPTIONS);
        add(command, new GetCommand(), SettingOption.LINE_OPTIONS);
        add(command, new McpCommand(), SettingOption.LINE_OPTIONS);
        add(command, new DatasetsCommand(), SettingOption.STORE_OPTIONS);
        add(command, new VersionsCommand(), SettingOption.STORE_OPTIONS);
        add(command, new DiffCommand(), SettingOption.DIFF_OPTIONS);
        add(command, new PublishCommand(), SettingOption.PUBLISH_OPTIONS);
        add(command, new RollbackCommand(), SettingOption.STORE_OPTIONS);
        add(command, new BuildsCommand(), SettingOption.STORE_OPTIONS);
        add(command, new DropCommand(), SettingOption.STORE_OPTIONS);
        add(command, new ReclaimCommand(), SettingOption.STORE_OPTIONS);
        add(command, new KeyCommand(), Set.of());
        add(command, new DoctorCommand(), SettingOption.DOCTOR_OPTIONS);
        return command.setExpandAtFiles(false);
    }

    /** @param settings the settings that the verb has options for */
    private static void add(CommandLine command, Verb verb, Set<SettingOption> settings) {
        CommandSpec spec = CommandSpec.forAnnotatedObject(verb);
        settings.forEach(setting -> setting.addTo(spec, Settings.defaults()));
        OptionSpec version = spec.findOption("--version");
        if (version != null) {
            spec.remove(version);
        }
        command.addSubcommand(spec.name(), spec);
        if (version != null) {
            // The version of a dataset takes the place of the inherited option, which prints that of the program.
            spec.remove(spec.findOption("--version"));
            spec.addOption(version);
        }
    }
}
