package dev.lineserver.ingest;

import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

import dev.lineserver.line.LineBatch;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.Content;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Quantities;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;

/**
 * Compares a stored version with a source: lines, and then the counts and the digest of the whole content. There are
 * three levels: all lines from one on, random lines, and no lines. The source is always read to its end, unless enough
 * differences were found before. The calling thread reads the source. An instance compares once.
 */
public final class Verification implements AutoCloseable {
    /** Number of differences after which a comparison ends. */
    public static final int MAX_DIFFERENCES = 10;

    private final Manifest manifest;
    private final LineComparison lines;
    private final boolean complete;
    private final FoundDifferences differences;
    private final Progress progress;

    /** The relation of a version, or of one of its lines, to the source; the worst last. */
    public enum Verdict {
        SAME,
        /** The version has lines that the source does not have. */
        EXTRA,
        /** The source has lines that the version does not have. */
        MISSING,
        DIFFERS,
        /** The store has lost or changed a line. */
        DAMAGED;

        /** Returns the word for answers. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * A difference.
     *
     * @param lineIndex 0-based index of the line; empty for a difference of the contents as a whole
     * @param detail more about the difference: a clause if it has no line
     */
    public record Difference(OptionalLong lineIndex, Verdict verdict, String detail) {
        /** Returns a clause for a message. */
        public String describe(LineNumbers lineNumbers) {
            if (lineIndex.isEmpty()) {
                return detail;
            }
            String line = "line " + lineNumbers.number(lineIndex.getAsLong()) + " ";
            return line + (verdict == Verdict.DIFFERS ? "differs " : "is " + verdict + ": ") + detail;
        }
    }

    private Verification(
            Manifest manifest,
            LineComparison lines,
            boolean complete,
            FoundDifferences differences,
            Progress progress) {
        this.manifest = manifest;
        this.lines = lines;
        this.complete = complete;
        this.differences = differences;
        this.progress = progress;
    }

    /**
     * Compares all lines from one on.
     *
     * @param firstLineIndex index of the first line to compare; it need not exist
     * @param progress called on the thread that calls {@link #compare}
     */
    public static Verification ofLines(Snapshot snapshot, long firstLineIndex, Progress progress) {
        return ofLines(snapshot, firstLineIndex, MAX_DIFFERENCES, StoredLines.BLOCK_BYTES, progress);
    }

    static Verification ofLines(
            Snapshot snapshot, long firstLineIndex, int maxDifferences, int blockBytes, Progress progress) {
        FoundDifferences differences = new FoundDifferences(maxDifferences);
        LineComparison lines = new BlockComparison(snapshot, firstLineIndex, differences, blockBytes);
        return new Verification(snapshot.manifest(), lines, firstLineIndex == 0, differences, progress);
    }

    /**
     * Compares random lines of the version, each once.
     *
     * @param lines number of lines, at least 0
     * @param seed chooses the lines; the same for the same number of lines of the version
     */
    public static Verification ofSample(Snapshot snapshot, long lines, long seed, Progress progress) {
        FoundDifferences differences = new FoundDifferences(MAX_DIFFERENCES);
        LineComparison sample = new SampleComparison(snapshot, lines, seed, differences);
        return new Verification(snapshot.manifest(), sample, false, differences, progress);
    }

    /** Compares counts and digest only, so that no stored line is read. */
    public static Verification ofCounts(Manifest manifest, Progress progress) {
        LineComparison none = new LineComparison() {
            @Override
            public void compare(LineBatch batch) {
                // No lines are compared.
            }

            @Override
            public void finish(long sourceLineCount) {
                // As above.
            }

            @Override
            public long compared() {
                return 0;
            }
        };
        return new Verification(manifest, none, false, new FoundDifferences(MAX_DIFFERENCES), progress);
    }

    /** Returns the first difference of any line or content, as a clause for a message; empty if there is none. */
    static Optional<String> firstDifference(
            Snapshot snapshot, Source source, LineNumbers lineNumbers, Progress progress)
            throws SourceException, StoreException, InterruptedException {
        try (Verification verification = ofLines(snapshot, 0, 1, StoredLines.BLOCK_BYTES, progress)) {
            return verification.compare(source).stream()
                    .findFirst()
                    .map(difference -> difference.describe(lineNumbers));
        }
    }

    /**
     * Compares the version with a source. Stops reading the source if {@link #isStopped}.
     *
     * @return the differences, in the order of the lines; empty if there are none
     */
    public List<Difference> compare(Source source) throws SourceException, StoreException, InterruptedException {
        Content content = new SourceReader(source, progress).read(batch -> {
            if (!differences.isFull()) {
                lines.compare(batch);
            }
            if (differences.isFull()) {
                source.stop();
            }
        });
        if (!differences.isFull()) {
            lines.finish(content.lineCount());
        }
        if (differences.list().isEmpty()) {
            compare(content, manifest.content());
        }
        return differences.list();
    }

    /** Compares the contents as a whole, after no line was found to differ. */
    private void compare(Content source, Content stored) {
        if (source.equals(stored)) {
            return;
        }
        if (source.lineCount() != stored.lineCount()) {
            differences.add(
                    source.lineCount() > stored.lineCount() ? Verdict.MISSING : Verdict.EXTRA,
                    "the version has " + Quantities.counted(stored.lineCount(), "line", "lines") + ", and the file "
                            + Quantities.grouped(source.lineCount()));
        } else if (source.terminated() != stored.terminated()) {
            differences.add(
                    Verdict.DIFFERS,
                    "the last line ends in a newline only in the " + (source.terminated() ? "file" : "version"));
        } else {
            differences.add(
                    Verdict.DIFFERS,
                    complete
                            ? "the lines are the same, but the version's manifest has another byte count or digest"
                            : "the version has another byte count or digest, so lines that were not compared differ");
        }
    }

    /** Returns the differences found so far, also after a failure. */
    public List<Difference> differences() {
        return differences.list();
    }

    /** Returns the worst verdict of all differences found so far. */
    public Verdict verdict() {
        return differences.list().stream()
                .map(Difference::verdict)
                .max(Comparator.naturalOrder())
                .orElse(Verdict.SAME);
    }

    /** True if the comparison ended before the end, because it found enough differences. */
    public boolean isStopped() {
        return differences.isFull();
    }

    /** Returns the number of lines compared so far, also after a failure. */
    public long compared() {
        return lines.compared();
    }

    /** Waits for reads in flight. Must be called before the snapshot is closed. */
    @Override
    public void close() {
        lines.close();
    }
}
