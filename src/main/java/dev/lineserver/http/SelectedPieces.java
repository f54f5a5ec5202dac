package dev.lineserver.http;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

import io.netty.buffer.ByteBuf;

import dev.lineserver.serving.OpenVersion;
import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.StoreException;

/**
 * Single lines as NDJSON, in the order of their numbers, each with its own outcome. They are looked up many at a time: when
 * half of the lookups have been written, as many new ones begin together, so that they fill batches of the store.
 */
final class SelectedPieces implements BodyPieces {
    /** Bounds the bytes of lines that wait to be written: 512 KiB, divided by the length of the longest line. */
    private static final int AHEAD_BYTES = 512 << 10;

    /** With lines of 1 MiB, one is read while another is written. */
    private static final int MIN_AHEAD = 2;
    /** Two batches to each of a few nodes. */
    private static final int MAX_AHEAD = 256;
    /** A piece ends after so many bytes. */
    private static final int PIECE_BYTES = 64 << 10;
    /** A piece ends after so many lines: their lookups may each read from disk on the event loop. */
    private static final int PIECE_LINES = 256;

    private final OpenVersion version;
    private final Iterator<RequestedNumber> numbers;
    private final NdjsonWriter writer;
    private final RequestOutcomes outcomes;
    private final StoreFailures failures;
    private final int lookupsAhead;
    private final Queue<PendingLine> pending = new ArrayDeque<>();
    private int linesInPiece;

    /** A line whose lookup has begun. */
    private record PendingLine(RequestedNumber number, long startNanos, CompletableFuture<Lookup> lookup) {}

    SelectedPieces(
            OpenVersion version,
            List<RequestedNumber> numbers,
            NdjsonWriter writer,
            RequestOutcomes outcomes,
            StoreFailures failures) {
        this.version = version;
        this.numbers = numbers.iterator();
        this.writer = writer;
        this.outcomes = outcomes;
        this.failures = failures;
        long longest = Math.min(version.manifest().content().longestLine(), NdjsonWriter.MAX_LINE_BYTES);
        lookupsAhead = Math.clamp(AHEAD_BYTES / (longest + 1), MIN_AHEAD, MAX_AHEAD);
    }

    @Override
    public CompletionStage<ByteBuf> next() {
        linesInPiece = 0;
        CompletableFuture<ByteBuf> piece = new CompletableFuture<>();
        advance(piece);
        return piece;
    }

    /** Writes the lines that were found, and continues on the thread that completes the first lookup that was not. */
    private void advance(CompletableFuture<ByteBuf> piece) {
        try {
            while (linesInPiece < PIECE_LINES && writer.size() < PIECE_BYTES && begin()) {
                PendingLine line = pending.element();
                if (!line.lookup.isDone()) {
                    CompletionStage<?> _ = line.lookup.whenComplete((_, _) -> advance(piece));
                    return;
                }
                pending.remove();
                write(line);
                linesInPiece++;
            }
            piece.complete(writer.take());
        } catch (IOException | StoreException | RuntimeException | Error e) {
            piece.completeExceptionally(e);
        }
    }

    /** Begins lookups; returns false if all lines have been written. */
    private boolean begin() {
        if (pending.size() <= lookupsAhead / 2) {
            List<RequestedNumber> batch = new ArrayList<>();
            while (numbers.hasNext() && pending.size() + batch.size() < lookupsAhead) {
                batch.add(numbers.next());
            }
            if (!batch.isEmpty()) {
                long start = System.nanoTime();
                CompletionStage<List<Lookup>> found = version.lookupAll(
                        batch.stream().mapToLong(RequestedNumber::lineIndex).toArray());
                for (int i = 0; i < batch.size(); i++) {
                    int index = i;
                    CompletableFuture<Lookup> lookup = found.thenCompose(lookups -> whole(lookups.get(index)))
                            .toCompletableFuture();
                    pending.add(new PendingLine(batch.get(i), start, lookup));
                }
            }
        }
        return !pending.isEmpty();
    }

    /** Reads the parts of a line, unless it is too long to be written. */
    static CompletionStage<Lookup> whole(Lookup lookup) {
        return lookup instanceof Lookup.FoundInParts(LineParts parts) && parts.length() <= NdjsonWriter.MAX_LINE_BYTES
                ? append(parts, 0, new byte[(int) parts.length()], 0).thenApply(Lookup.Found::new)
                : CompletableFuture.completedFuture(lookup);
    }

    private static CompletionStage<byte[]> append(LineParts parts, int part, byte[] line, int length) {
        return part == parts.count()
                ? CompletableFuture.completedFuture(line)
                : parts.read(part).thenCompose(bytes -> {
                    System.arraycopy(bytes, 0, line, length, bytes.length);
                    return append(parts, part + 1, line, length + bytes.length);
                });
    }

    private void write(PendingLine line) throws IOException, StoreException {
        long lineIndex = line.number.lineIndex();
        Lookup lookup;
        try {
            lookup = line.lookup.join();
        } catch (CompletionException e) {
            if (!(StoreException.causeOf(e) instanceof LineDamagedException damage)) {
                outcomes.recordLookup(null, System.nanoTime() - line.startNanos);
                throw e;
            }
            lookup = new Lookup.Damaged(damage.getMessage());
        }
        outcomes.recordLookup(lookup, System.nanoTime() - line.startNanos);
        switch (lookup) {
            case Lookup.Found(byte[] bytes) -> writer.writeLine(lineIndex, bytes, bytes.length);
            case Lookup.FoundInParts(LineParts parts) -> writer.writeTooLong(lineIndex, parts.length());
            case Lookup.PastTheEnd(long lineCount) -> writer.writePastTheEnd(line.number, lineCount);
            case Lookup.Damaged(String damage) -> {
                failures.recordDamage(version.manifest(), lineIndex, damage);
                writer.writeDamaged(lineIndex, damage);
            }
        }
    }

    @Override
    public boolean ended() {
        return pending.isEmpty() && !numbers.hasNext();
    }

    /** Waits for the lookups in flight: they use the version. */
    @Override
    public CompletionStage<Void> close() {
        writer.close();
        return CompletableFuture.allOf(pending.stream().map(PendingLine::lookup).toArray(CompletableFuture<?>[]::new));
    }
}
