package dev.lineserver.store;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.stream.LongStream;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.Limits;

/**
 * A range whose lines are looked up in batches, a few batches ahead of the line that is copied.
 *
 * <p>The state is a piece of bytes, which is copied into blocks; the rest of a long line in parts; the rest of a batch; and
 * batches that are in flight or wait to be copied.
 */
final class LookupRange implements LineRange {
    /**
     * Bounds the bytes of lines that wait to be copied, in bytes: 512 KiB. It is divided by the length of the longest line,
     * which the manifest knows.
     */
    private static final int AHEAD_BYTES = 512 << 10;

    /** One is copied while the other is in flight. */
    private static final int BATCHES = 2;

    /** With the longest lines that are not read in parts. */
    private static final int MIN_BATCH_READS = Math.max(1, AHEAD_BYTES / BATCHES / Limits.WHOLE_LINE_BYTES);

    /** Bounds the objects of a batch, about 64 bytes for each line, as its bytes are bounded: many lines may be empty. */
    private static final int MAX_BATCH_LINES = AHEAD_BYTES / BATCHES / 64;

    /** Larger batches cost no less for each read. */
    private static final int MAX_BATCH_READS = 256;

    private static final byte[] NOTHING = {};
    private static final byte[] TERMINATOR = {'\n'};

    private final Snapshot snapshot;
    private final long first;
    private final long end;
    private final int linesPerRead;
    /** A multiple of {@link #linesPerRead}. */
    private final int batchLines;

    private final Queue<CompletionStage<List<Lookup>>> batches = new ArrayDeque<>();
    private Iterator<Lookup> batch = Collections.emptyIterator();
    /** Index of the next line to look up. */
    private long next;
    /** Index of the line that is copied; {@link #batch} begins with the line after it. */
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
        linesPerRead = snapshot.linesPerRead();
        long longest = Math.min(snapshot.manifest().content().longestLine(), Limits.WHOLE_LINE_BYTES);
        // The store reads no more bytes together than those of the longest line that is not read in parts.
        long longestRead = Math.min((longest + 1) * linesPerRead, Limits.WHOLE_LINE_BYTES);
        int reads = Math.clamp(AHEAD_BYTES / BATCHES / (longestRead + 1), MIN_BATCH_READS, MAX_BATCH_READS);
        batchLines = Math.min(reads, Math.max(1, MAX_BATCH_LINES / linesPerRead)) * linesPerRead;
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

    /** Copies what is there, and continues on the thread that completes the read of what is missing. */
    private void fill(ByteBuffer block, CompletableFuture<Void> filled) {
        try {
            while (copy(block)) {
                if (!advance()) {
                    CompletableFuture<Void> read = read();
                    if (read == null) {
                        break;
                    }
                    if (!read.isDone()) {
                        CompletionStage<?> _ = read.whenComplete((_, failure) -> resume(failure, block, filled));
                        return;
                    }
                    read.join();
                }
            }
            filled.complete(null);
        } catch (CompletionException e) {
            filled.completeExceptionally(StoreException.causeOf(e));
        } catch (StoreException | RuntimeException | Error e) {
            filled.completeExceptionally(e);
        }
    }

    private void resume(@Nullable Throwable failure, ByteBuffer block, CompletableFuture<Void> filled) {
        if (failure == null) {
            fill(block, filled);
        } else {
            filled.completeExceptionally(StoreException.causeOf(failure));
        }
    }

    /** Copies the rest of the piece; returns true if there is room for more. */
    private boolean copy(ByteBuffer block) {
        int count = Math.min(piece.length - copied, block.remaining());
        block.put(piece, copied, count);
        copied += count;
        return block.hasRemaining();
    }

    /** Determines the next piece; returns false if something must be read first, or if the range ends. */
    private boolean advance() throws LineDamagedException {
        if (parts != null) {
            return false;
        }
        if (terminatorPending) {
            terminatorPending = false;
            startPiece(TERMINATOR);
            return true;
        }
        if (!batch.hasNext()) {
            return false;
        }
        current++;
        switch (batch.next()) {
            case Lookup.Found(byte[] line) -> {
                startLine();
                startPiece(line);
            }
            case Lookup.FoundInParts(LineParts found) -> {
                startLine();
                parts = found;
                part = 0;
            }
            case Lookup.Damaged(String damage) -> throw new LineDamagedException(current, damage);
            case Lookup.PastTheEnd pastTheEnd ->
                throw new IllegalStateException("line index " + current + " of " + end + ": " + pastTheEnd);
        }
        return true;
    }

    /** Begins to read the next part or batch. Returns null at the end of the range. */
    private @Nullable CompletableFuture<Void> read() {
        if (parts != null) {
            return parts.read(part++).thenAccept(this::startPart).toCompletableFuture();
        }
        while (next < end && batches.size() < BATCHES) {
            long from = next;
            next = Math.min(end, from - from % linesPerRead + batchLines);
            batches.add(snapshot.lookupAll(LongStream.range(from, next).toArray()));
        }
        CompletionStage<List<Lookup>> found = batches.poll();
        return found == null
                ? null
                : found.thenAccept(lookups -> batch = lookups.iterator()).toCompletableFuture();
    }

    private void startPart(byte[] bytes) {
        startPiece(bytes);
        if (parts != null && part == parts.count()) {
            parts = null;
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
