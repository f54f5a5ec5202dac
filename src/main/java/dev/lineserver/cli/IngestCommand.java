package dev.lineserver.cli;

import java.io.IOException;
import java.math.BigDecimal;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

import dev.lineserver.config.Stores;
import dev.lineserver.config.UsageException;
import dev.lineserver.ingest.Ingest;
import dev.lineserver.ingest.IngestOptions;
import dev.lineserver.ingest.PublicationChecks;
import dev.lineserver.ingest.SourceException;
import dev.lineserver.line.ContentDigest;
import dev.lineserver.store.IngestPart;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.StoreException;

/** Stores a file as the next version of a dataset. */
@Command(name = "ingest", description = "Stores a file as the next version of a dataset.")
final class IngestCommand implements Verb {
    /** Describes the files of which a text consists. */
    static final String FILES = "The text file, or - for standard input; several files are one text."
            + " Gzip, Zstandard, bzip2, xz and LZ4 files are unpacked.";

    @Parameters(paramLabel = "FILE", arity = "1..*", description = FILES)
    List<String> files = List.of();

    @Option(
            names = "--copy",
            description = "Embedded store: copy FILE into the data directory, so that FILE may change or be deleted.")
    boolean copy;

    @Option(names = "--if-changed", description = "Store nothing if the current version has the same content.")
    boolean ifChanged;

    @Option(names = "--force", description = "Store FILE even if the cluster seems to have too little space.")
    boolean force;

    @Option(names = "--resume", description = "Continue the unfinished ingest of this dataset, if there is one.")
    boolean resume;

    @Option(names = "--restart", description = "Discard the unfinished ingest of this dataset, and begin again.")
    boolean restart;

    @Option(
            names = "--part",
            paramLabel = "I/N",
            description = "Aerospike: store FILE together with N - 1 other commands, as the I-th of them.")
    @Nullable
    String part;

    @Option(
            names = "--hold",
            description = "Store and verify the version, but do not publish it; line-server publish does that.")
    boolean hold;

    @Option(names = "--expect-lines", paramLabel = "N", description = "Publish nothing unless FILE has N lines.")
    @Nullable
    Long expectLines;

    @Option(
            names = "--expect-digest",
            paramLabel = "HEX",
            description = "Publish nothing unless the content has this digest, as ingest --json prints it.")
    @Nullable
    String expectDigest;

    @Option(
            names = "--max-change",
            paramLabel = "PERCENT",
            description = "Publish nothing if the line count differs by more from that of the current version.")
    @Nullable
    BigDecimal maxChange;

    @Option(names = "--json", description = "Print the answer as JSON.")
    boolean json;

    @Spec
    @Nullable
    CommandSpec spec;

    private @Nullable Ingest ingest;

    @Override
    public String interruption() {
        return "interrupted; " + (ingest == null ? "nothing was published" : ingest.state() + continuation(ingest));
    }

    /** Returns the command that continues an interrupted ingest. */
    private String continuation(Ingest interrupted) {
        if (!interrupted.isSuspended()) {
            return "";
        }
        if (spec == null) {
            return "; the same command continues there";
        }
        return "; continue with: line-server "
                + resuming(spec.commandLine().getParseResult().originalArgs());
    }

    /** Returns the arguments of the command that resumes the ingest of a command with these arguments. */
    static String resuming(List<String> arguments) {
        // Everything after this is a file.
        int options = arguments.contains("--") ? arguments.indexOf("--") : arguments.size();
        Stream<String> before = arguments.subList(0, options).stream()
                .filter(argument -> !argument.equals("--restart") && !argument.equals("--resume"));
        Stream<String> files = arguments.subList(options, arguments.size()).stream();
        return Stream.concat(Stream.concat(before, Stream.of("--resume")), files)
                .map(IngestCommand::quoted)
                .collect(Collectors.joining(" "));
    }

    /** Quotes an argument for a shell. */
    private static String quoted(String argument) {
        return argument.matches("[\\w@%+=:,./-]+") ? argument : "'" + argument.replace("'", "'\\''") + "'";
    }

    @Override
    public boolean run(CommandContext context)
            throws IOException, SourceException, StoreException, InterruptedException {
        // Incorrect usage is reported before the store is opened.
        boolean _ = Stores.compresses(context.settings().store());
        try (LineStore store = context.openStore()) {
            IngestReport report = ingest(context, store);
            // Reported before close(), which may wait until servers have stopped reading the superseded version.
            context.out().line(json ? report.json() : report.text());
            context.out().flush();
        }
        return true;
    }

    IngestReport ingest(CommandContext context, LineStore store)
            throws SourceException, StoreException, InterruptedException {
        long start = System.nanoTime();
        ingest = new Ingest(store, context.progress("ingest"));
        IngestOptions options = new IngestOptions(
                context.dataset(),
                copy,
                force,
                context.keep(),
                hold,
                context.settings().store().linesPerRecord(),
                Stores.compresses(context.settings().store()),
                context.settings().store().ingestRate().orElse(null),
                checks(),
                unfinished());
        IngestPart share = part();
        Ingest.Outcome outcome = share != null
                ? ingest.storePart(files, share, options)
                : ifChanged ? ingest.storeIfChanged(files, options) : ingest.store(files, options);
        return new IngestReport(outcome, (System.nanoTime() - start) / 1e9);
    }

    private @Nullable IngestPart part() {
        try {
            return part == null ? null : IngestPart.parse(part);
        } catch (IllegalArgumentException e) {
            throw new UsageException("--part: " + e.getMessage());
        }
    }

    private IngestOptions.Unfinished unfinished() {
        if (resume && restart) {
            throw new UsageException("--resume and --restart exclude each other");
        }
        return resume
                ? IngestOptions.Unfinished.RESUME
                : restart ? IngestOptions.Unfinished.RESTART : IngestOptions.Unfinished.REFUSE;
    }

    private PublicationChecks checks() {
        if (expectLines != null && expectLines < 0) {
            throw new UsageException("--expect-lines: " + expectLines + " is below 0");
        }
        if (maxChange != null && maxChange.signum() < 0) {
            throw new UsageException("--max-change: " + maxChange + " is below 0");
        }
        try {
            return new PublicationChecks(
                    expectLines, expectDigest == null ? null : ContentDigest.parse(expectDigest), maxChange);
        } catch (IllegalArgumentException e) {
            throw new UsageException(
                    "--expect-digest: '" + expectDigest + "' is not a digest of 32 hexadecimal digits");
        }
    }
}
