package dev.lineserver.store;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.Limits;

/**
 * A range whose lines are looked up one by one, many at a time and in their order. A store that collects lookups into
 * batches answers it with few round trips.
 *
 * <p>The state is a piece of bytes, which is copied into blocks; the rest of a long line in parts; and lookups that are in
 * flight or wait to be copied. When half of the lookups have been copied, as many new ones begin together, so that they
 * fill batches.
 */
final class LookupRange implements LineRange {
    /**
     * Bounds the bytes of lines that wait to be copied, in bytes: 512 KiB. It is divided by the length of the longest line,
     * which the manifest knows.
     */
    private static final int AHEAD_BYTES = 512 << 10;

    /** Bounds the lookups of a range with long lines; enough to hide the latency of a network. */
    private static final int MIN_AHEAD = 8;
    /** Two batches to each of a few nodes. More lines hide no more latency. */
    private static final int MAX_AHEAD = 512;

    private static final byte[] NOTHING = {};
    private static final byte[] TERMINATOR = {'\n'};

    private final Snapshot snapshot;
    private final long first;
    private final long end;
    private final int lookupsAhead;
    private final Queue<CompletionStage<Lookup>> lookups = new ArrayDeque<>();
    /** Index of the next line to look up. */
    private long next;
    /** Index of the line that is copied; the first lookup in the queue is that of the line after it. */
    private long current;

    private byte[] piece = NOTHING;
    private int copied;
    /** The current line if it is long, until its last part has been copied. */
    private @Nullable LineParts parts;

    private int part;
    /** True if the current line has been copied, and its terminator has not. */
    private boolean terminatorPending;

    /**
     * @param first index of the first line
     * @param end index after the last line, at most the line count
     */
    LookupRange(Snapshot snapshot, long first, long end) {
        this.snapshot = snapshot;
        this.first = first;
        this.end = end;
        next = first;
        current = first - 1;
        long longest = Math.min(snapshot.manifest().content().longestLine(), Limits.WHOLE_LINE_BYTES);
        lookupsAhead = Math.clamp(AHEAD_BYTES / (longest + 1), MIN_AHEAD, MAX_AHEAD);
    }

    /** The manifest knows the bytes of all lines, but not those of some. */
    @Override
    public OptionalLong byteCount() {
        Content content = snapshot.manifest().content();
        return first == 0 && end == content.lineCount()
                ? OptionalLong.of(content.byteCount())
                : first == end ? OptionalLong.of(0) : OptionalLong.empty();
    }

    @Override
    public CompletionStage<Void> fill(ByteBuffer block) {
        CompletableFuture<Void> filled = new CompletableFuture<>();
        fill(block, filled);
        return filled;
    }

    /** Copies what is there, and continues on the thread that completes the lookup or part that is missing. */
    private void fill(ByteBuffer block, CompletableFuture<Void> filled) {
        try {
            while (copy(block)) {
                CompletionStage<?> awaited = advance();
                if (awaited == null) {
                    break;
                }
                CompletableFuture<?> stage = awaited.toCompletableFuture();
                if (!stage.isDone()) {
                    CompletionStage<?> _ = stage.whenComplete((_, _) -> resume(stage, block, filled));
                    return;
                }
                accept(stage);
            }
            filled.complete(null);
        } catch (CompletionException e) {
            filled.completeExceptionally(StoreException.causeOf(e));
        } catch (StoreException | RuntimeException | Error e) {
            filled.completeExceptionally(e);
        }
    }

    private void resume(CompletableFuture<?> stage, ByteBuffer block, CompletableFuture<Void> filled) {
        try {
            accept(stage);
        } catch (CompletionException e) {
            filled.completeExceptionally(StoreException.causeOf(e));
            return;
        } catch (StoreException | RuntimeException | Error e) {
            filled.completeExceptionally(e);
            return;
        }
        fill(block, filled);
    }

    /** Copies the rest of the piece; returns true if there is room for more. */
    private boolean copy(ByteBuffer block) {
        int count = Math.min(piece.length - copied, block.remaining());
        block.put(piece, copied, count);
        copied += count;
        return block.hasRemaining();
    }

    /**
     * Determines the next piece.
     *
     * @return a stage of a lookup or of a part, for {@link #accept}; null at the end of the range
     */
    private @Nullable CompletionStage<?> advance() {
        if (parts != null) {
            return parts.read(part++);
        }
        if (terminatorPending) {
            terminatorPending = false;
            return CompletableFuture.completedFuture(TERMINATOR);
        }
        if (lookups.size() <= lookupsAhead / 2) {
            while (next < end && lookups.size() < lookupsAhead) {
                lookups.add(snapshot.lookup(next++));
            }
        }
        current++;
        return lookups.poll();
    }

    /** Makes the result of a complete stage the next piece. */
    private void accept(CompletableFuture<?> complete) throws StoreException {
        switch (complete.join()) {
            case byte[] bytes -> {
                startPiece(bytes);
                if (parts != null && part == parts.count()) {
                    parts = null;
                }
            }
            case Lookup.Found(byte[] line) -> {
                startLine();
                startPiece(line);
            }
            case Lookup.FoundInParts(LineParts found) -> {
                startLine();
                startPiece(NOTHING);
                parts = found;
                part = 0;
            }
            case Lookup.Damaged(String damage) -> throw new LineDamagedException(current, damage);
            case Object unexpected ->
                throw new IllegalStateException("line index " + current + " of " + end + ": " + unexpected);
        }
    }

    private void startLine() {
        Content content = snapshot.manifest().content();
        terminatorPending = content.terminated() || current + 1 < content.lineCount();
    }

    private void startPiece(byte[] bytes) {
        piece = bytes;
        copied = 0;
    }
}
