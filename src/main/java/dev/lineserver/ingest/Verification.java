package dev.lineserver.ingest;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletionStage;

import dev.lineserver.line.LineBatch;
import dev.lineserver.line.LineNumbers;
import dev.lineserver.store.Await;
import dev.lineserver.store.Content;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;

/**
 * Compares a stored version with a source: every line byte for byte, then the counts and the digest of the whole
 * content. The calling thread reads the source and waits for the lookups. An instance compares once.
 */
public final class Verification {
    /** Maximum number of lookups in flight. It hides the latency of a network. */
    private static final int LOOKUPS_AHEAD = 256;

    private final Snapshot snapshot;
    private final LineNumbers lineNumbers;
    private final Progress progress;
    private Optional<String> difference = Optional.empty();

    /**
     * Creates a comparison with a version.
     *
     * @param lineNumbers numbers the lines in messages
     * @param progress called on the thread that calls {@link #firstDifference}
     */
    public Verification(Snapshot snapshot, LineNumbers lineNumbers, Progress progress) {
        this.snapshot = snapshot;
        this.lineNumbers = lineNumbers;
        this.progress = progress;
    }

    /**
     * Compares the version with a source. Stops reading the source at the first difference.
     *
     * @return the first difference, as a clause for a message; empty if there is none
     */
    public Optional<String> firstDifference(Source source)
            throws SourceException, StoreException, InterruptedException {
        Content content = new SourceReader(source, progress).read(batch -> compare(source, batch));
        return difference.or(() -> difference(content, snapshot.manifest().content()));
    }

    /** Compares the contents as a whole, after all lines of the source were found in the version. */
    private static Optional<String> difference(Content source, Content stored) {
        if (source.equals(stored)) {
            return Optional.empty();
        }
        if (source.lineCount() != stored.lineCount()) {
            return Optional.of("the version has " + stored.lineCount() + " lines, and the file " + source.lineCount());
        }
        return Optional.of(
                source.terminated() != stored.terminated()
                        ? "the last line ends in a newline only in the " + (source.terminated() ? "file" : "version")
                        : "the lines are the same, but the version's manifest has another byte count or digest");
    }

    private void compare(Source source, LineBatch batch) throws StoreException, InterruptedException {
        Queue<CompletionStage<Lookup>> pending = new ArrayDeque<>(LOOKUPS_AHEAD);
        int requested = 0;
        for (int i = 0; i < batch.count() && difference.isEmpty(); i++) {
            // Keeps lookups in flight ahead of the line being compared. They are compared in order, whichever completes
            // first.
            while (requested < batch.count() && pending.size() < LOOKUPS_AHEAD) {
                pending.add(snapshot.lookup(batch.firstLineIndex() + requested++));
            }
            String clause = compare(batch, i, Await.result(pending.remove()));
            if (!clause.isEmpty()) {
                difference = Optional.of("line " + lineNumbers.number(batch.firstLineIndex() + i) + " " + clause);
                source.stop();
            }
        }
    }

    private static String compare(LineBatch batch, int i, Lookup lookup) throws StoreException, InterruptedException {
        return switch (lookup) {
            case Lookup.Found(byte[] line) ->
                Arrays.equals(batch.bytes(), batch.start(i), batch.end(i), line, 0, line.length) ? "" : "differs";
            case Lookup.FoundInParts(LineParts parts) -> compareParts(batch, i, parts);
            case Lookup.PastTheEnd(long lineCount) -> "is not stored: the version has " + lineCount + " lines";
            case Lookup.Damaged(String detail) -> "is damaged: " + detail;
        };
    }

    private static String compareParts(LineBatch batch, int i, LineParts parts)
            throws StoreException, InterruptedException {
        int at = batch.start(i);
        for (int part = 0; part < parts.count(); part++) {
            byte[] bytes = Await.result(parts.read(part));
            if (bytes.length > batch.end(i) - at
                    || !Arrays.equals(batch.bytes(), at, at + bytes.length, bytes, 0, bytes.length)) {
                return "differs";
            }
            at += bytes.length;
        }
        return at == batch.end(i) ? "" : "is truncated";
    }
}
