package dev.lineserver.ingest;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletionStage;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.LineBatch;
import dev.lineserver.store.Content;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;

/** Compares a stored version with its source: every line, byte for byte, and the counts and digest of the whole. */
public final class Verification {
    /** Lookups under way at once: enough to hide a network's latency. */
    private static final int LOOKUPS_AHEAD = 256;

    private final Snapshot snapshot;
    private final Progress progress;

    /** @param progress told how far it is */
    public Verification(Snapshot snapshot, Progress progress) {
        this.snapshot = snapshot;
        this.progress = progress;
    }

    /** Ends the reading early: at the first difference, or where the store cannot go on. */
    private static final class EndException extends Exception {
        final @Nullable StoreException trouble;

        EndException(String difference) {
            super(difference);
            trouble = null;
        }

        EndException(StoreException trouble) {
            super(trouble);
            this.trouble = trouble;
        }
    }

    /**
     * Compares.
     *
     * @return the first difference, for people; empty where there is none
     */
    public Optional<String> firstDifference(Source source)
            throws SourceException, StoreException, InterruptedException {
        try {
            Content content = new SourceReader(source)
                    .read(
                            this::compare,
                            (lines, _) -> progress.update(
                                    new Progress.State(source.position(), source.size(), lines, lines)));
            return content.equals(snapshot.manifest().content())
                    ? Optional.empty()
                    : Optional.of("the source has " + content + ", stored is "
                            + snapshot.manifest().content());
        } catch (EndException e) {
            if (e.trouble != null) {
                throw e.trouble;
            }
            return Optional.ofNullable(e.getMessage());
        }
    }

    private void compare(LineBatch batch) throws EndException, InterruptedException {
        Queue<CompletionStage<Lookup>> underWay = new ArrayDeque<>(LOOKUPS_AHEAD);
        int asked = 0;
        for (int i = 0; i < batch.count(); i++) {
            while (asked < batch.count() && underWay.size() < LOOKUPS_AHEAD) {
                underWay.add(snapshot.lookup(batch.firstLineIndex() + asked++));
            }
            compare(batch, i, await(underWay.remove()));
        }
    }

    private static void compare(LineBatch batch, int i, Lookup lookup) throws EndException, InterruptedException {
        String difference = switch (lookup) {
            case Lookup.Found(byte[] line) -> same(batch, i, line) ? "" : "differs";
            case Lookup.FoundInParts(LineParts parts) -> compareParts(batch, i, parts);
            case Lookup.PastTheEnd(long lineCount) -> "is not stored: the version has " + lineCount + " lines";
            case Lookup.Damaged(String what) -> "is damaged: " + what;
        };
        if (!difference.isEmpty()) {
            long lineNumber = batch.firstLineIndex() + i + 1;
            throw new EndException("line " + lineNumber + " " + difference);
        }
    }

    private static boolean same(LineBatch batch, int i, byte[] line) {
        return Arrays.equals(batch.bytes(), batch.start(i), batch.end(i), line, 0, line.length);
    }

    private static String compareParts(LineBatch batch, int i, LineParts parts)
            throws EndException, InterruptedException {
        if (parts.length() != batch.length(i)) {
            return "has " + parts.length() + " bytes stored, and " + batch.length(i) + " in the source";
        }
        int at = batch.start(i);
        for (int part = 0; part < parts.count(); part++) {
            byte[] bytes = await(parts.read(part));
            if (!Arrays.equals(batch.bytes(), at, at + bytes.length, bytes, 0, bytes.length)) {
                return "differs";
            }
            at += bytes.length;
        }
        return at == batch.end(i) ? "" : "is cut short";
    }

    private static <T> T await(CompletionStage<T> stage) throws EndException, InterruptedException {
        try {
            return Await.result(stage);
        } catch (StoreException e) {
            throw new EndException(e);
        }
    }
}
