package dev.lineserver.cli;

import java.io.IOException;
import java.security.SecureRandom;
import java.util.List;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import dev.lineserver.config.UsageException;
import dev.lineserver.ingest.Source;
import dev.lineserver.ingest.SourceException;
import dev.lineserver.ingest.Verification;
import dev.lineserver.ingest.Verification.Difference;
import dev.lineserver.ingest.Verification.Verdict;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.LineStore;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;

/** Compares a version of a dataset with a file. */
@Command(name = "verify", description = "Compares a version of a dataset with a file, byte for byte.")
final class VerifyCommand implements Verb {
    /** Line indices of a sample are kept in memory: 8 bytes each, and more while they are chosen. */
    private static final long MAX_SAMPLE = 1_000_000;
    /** Seeds that the command chooses have at most six digits, so that they are easy to repeat. */
    private static final int SEEDS = 1_000_000;

    @Parameters(paramLabel = "FILE", arity = "1..*", description = IngestCommand.FILES)
    List<String> files = List.of();

    @Option(names = "--version", paramLabel = "V", description = "The version to compare. Default: the current one.")
    @Nullable
    Long version;

    @Option(names = "--from", paramLabel = "N", description = "Compare the lines from line N on only.")
    @Nullable
    String from;

    @Option(names = "--sample", paramLabel = "N", description = "Compare N random lines only.")
    @Nullable
    Long sample;

    @Option(
            names = "--seed",
            paramLabel = "S",
            description = "Choose the lines of an earlier --sample, which has printed this number.")
    @Nullable
    Long seed;

    @Option(
            names = "--counts",
            description = "Compare the number of lines and bytes and the digest only; read no stored line.")
    boolean counts;

    @Option(names = "--json", description = "Print the answer as JSON.")
    boolean json;

    private LineNumbers lineNumbers = new LineNumbers(1);
    private long firstLineIndex;
    /** Null until the comparison begins, and after it has ended. */
    private @Nullable Verification running;

    @Override
    public boolean run(CommandContext context)
            throws IOException, SourceException, StoreException, InterruptedException {
        lineNumbers = context.settings().serve().lineNumbers();
        checkOptions();
        try (LineStore store = context.openStore();
                Source source = Source.open(files)) {
            Manifest manifest = context.version(store, version);
            if (firstLineIndex > manifest.lineCount()) {
                throw new UsageException("--from: line " + from + " does not exist: " + manifest.versionName() + " has "
                        + Quantities.counted(manifest.lineCount(), "line", "lines"));
            }
            if (counts) {
                try (Verification verification = Verification.ofCounts(manifest, context.progress("verify"))) {
                    return compare(verification, source, manifest, context);
                }
            }
            try (Snapshot snapshot = store.open(manifest);
                    KeepAlive _ = new KeepAlive(snapshot);
                    Verification verification = sample == null || seed == null
                            ? Verification.ofLines(snapshot, firstLineIndex, context.progress("verify"))
                            : Verification.ofSample(snapshot, sample, seed, context.progress("verify"))) {
                return compare(verification, source, manifest, context);
            }
        }
    }

    private String described() {
        return files.size() == 1 ? files.getFirst() : files.size() + " files";
    }

    private void checkOptions() {
        if ((from == null ? 0 : 1) + (sample == null ? 0 : 1) + (counts ? 1 : 0) > 1) {
            throw new UsageException("--from, --sample and --counts exclude each other; give one of them");
        }
        if (seed != null && sample == null) {
            throw new UsageException("--seed chooses the lines of --sample; give both, or none");
        }
        if (sample != null && (sample < 1 || sample > MAX_SAMPLE)) {
            throw new UsageException("--sample: " + sample + " is not between 1 and " + MAX_SAMPLE);
        }
        if (sample != null && seed == null) {
            seed = (long) new SecureRandom().nextInt(SEEDS);
        }
        if (from != null) {
            try {
                firstLineIndex = lineNumbers.index(from);
            } catch (IllegalArgumentException e) {
                throw new UsageException("--from: '" + from + "': " + e.getMessage());
            }
        }
    }

    private boolean compare(Verification verification, Source source, Manifest manifest, CommandContext context)
            throws IOException, SourceException, StoreException, InterruptedException {
        running = verification;
        List<Difference> differences;
        try {
            differences = verification.compare(source);
        } catch (SourceException | StoreException | InterruptedException | RuntimeException e) {
            verification.differences().forEach(found -> context.err().print(found.describe(lineNumbers)));
            if (!context.terminationHandler().isSignalReceived()
                    && !resumption().isEmpty()) {
                context.err().print("verify ended" + resumption());
            }
            throw e;
        }
        running = null;
        if (json) {
            context.out().line(json(manifest, verification, differences));
        } else {
            print(manifest, verification, differences, context.out());
        }
        return differences.isEmpty();
    }

    @Override
    public String interruption() {
        return "interrupted" + resumption();
    }

    /** Returns the rest of a message that says from which line a comparison can be resumed; empty if from the beginning. */
    private String resumption() {
        if (running == null || counts || sample != null || firstLineIndex + running.compared() == 0) {
            return "";
        }
        long next = lineNumbers.number(firstLineIndex + running.compared());
        return " before line " + next + "; resume with --from " + next;
    }

    private String json(Manifest manifest, Verification verification, List<Difference> differences) {
        JsonArray list = new JsonArray();
        for (Difference difference : differences) {
            JsonObject member = new JsonObject();
            difference.lineIndex().ifPresent(lineIndex -> member.put("line", lineNumbers.number(lineIndex)));
            list.add(member.put("verdict", difference.verdict().toString()).put("detail", difference.detail()));
        }
        JsonObject compared = new JsonObject();
        if (counts) {
            compared.put("level", "counts");
        } else if (sample != null) {
            compared.put("level", "sample").put("seed", seed).put("lines", verification.compared());
        } else {
            compared.put("level", "lines")
                    .put("from", lineNumbers.number(firstLineIndex))
                    .put("lines", verification.compared());
        }
        JsonObject answer = JsonObject.mapFrom(manifest)
                .put("same", differences.isEmpty())
                .put("verdict", verification.verdict().toString())
                .put("differences", list)
                .put("compared", compared.put("complete", !verification.isStopped()));
        if (!differences.isEmpty()) {
            answer.put("difference", differences.getFirst().describe(lineNumbers));
        }
        return answer.encode();
    }

    private void print(Manifest manifest, Verification verification, List<Difference> differences, StandardOutput out)
            throws IOException {
        String name = manifest.versionName();
        if (differences.isEmpty()) {
            out.line(name + " equals " + described() + ": " + scope(verification));
            return;
        }
        out.line(
                name + relation(verification.verdict()) + differences.getFirst().describe(lineNumbers));
        for (Difference difference : differences.subList(1, differences.size())) {
            out.line(difference.describe(lineNumbers));
        }
        if (verification.isStopped()) {
            out.line("stopped after " + differences.size() + " differences");
        }
        if (counts || sample != null || firstLineIndex > 0) {
            out.line("compared: " + scope(verification));
        }
    }

    private String relation(Verdict verdict) {
        return switch (verdict) {
            case SAME -> " equals " + described() + ": ";
            case EXTRA -> " has more lines than " + described() + ": ";
            case MISSING -> " has fewer lines than " + described() + ": ";
            case DIFFERS -> " differs from " + described() + ": ";
            case DAMAGED -> " is damaged: ";
        };
    }

    /** Describes the lines and other facts that were compared. */
    private String scope(Verification verification) {
        if (counts) {
            return "the number of lines and bytes, and the digest; no stored line was read";
        }
        long compared = verification.compared();
        String whole = verification.isStopped() ? "" : ", and the digest of the whole";
        if (sample != null) {
            return Quantities.counted(compared, "random line", "random lines") + " (--seed " + seed + ")" + whole;
        }
        String lines = Quantities.counted(compared, "line", "lines");
        return firstLineIndex == 0
                ? lines + ", byte for byte"
                : lines + " from line " + lineNumbers.number(firstLineIndex) + " on" + whole;
    }
}
