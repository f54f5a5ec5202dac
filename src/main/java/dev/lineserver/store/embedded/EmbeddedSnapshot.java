package dev.lineserver.store.embedded;

import java.nio.ByteBuffer;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.Limits;
import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.LineRange;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.embedded.CompressedBlocks.DamagedBlockException;
import dev.lineserver.store.embedded.index.LineIndex;

/**
 * One open version: an index in RAM, and the file that contains the lines.
 *
 * <p>A lookup calculates the line's position from the index, and reads exactly its bytes. If they are in the operating
 * system's cache, this takes about 2 µs, so an event loop reads them itself; {@link DiskReads} moves slow reads to
 * another thread. Safe for use by many threads. The owner closes the snapshot after the last lookup has
 * completed.
 *
 * @param reads decides on which thread a read is made; shared by all snapshots of the store
 * @param validation decides when a read of a source is validated; shared by all snapshots of the store
 */
record EmbeddedSnapshot(
        Manifest manifest, LineIndex index, LinesFile lines, DiskReads reads, SourceValidation validation)
        implements Snapshot {
    /**
     * Length of the longest line that is read whole, in bytes: 64 KiB. A slow client occupies as much memory, and one of a
     * longer line only one piece of it.
     */
    private static final int WHOLE_LINE_BYTES = Limits.WHOLE_LINE_BYTES / 2;

    @Override
    public CompletionStage<Lookup> lookup(long lineIndex) {
        if (lineIndex >= index.lineCount()) {
            return CompletableFuture.completedFuture(new Lookup.PastTheEnd(index.lineCount()));
        }
        long start = index.start(lineIndex);
        int length = index.length(lineIndex);
        if (length > WHOLE_LINE_BYTES) {
            // Nothing is read yet: the caller requests the parts at the rate of its client.
            return CompletableFuture.completedFuture(new Lookup.FoundInParts(parts(lineIndex, start, length)));
        }
        return read(
                new LineRead<>(lineIndex, start, length, Lookup.Found::new, e -> new Lookup.Damaged(e.getMessage())));
    }

    private LineParts parts(long lineIndex, long start, int length) {
        return new LineParts(length, Math.ceilDiv(length, Limits.WHOLE_LINE_BYTES), part -> {
            int skip = part * Limits.WHOLE_LINE_BYTES;
            int partLength = Math.min(Limits.WHOLE_LINE_BYTES, length - skip);
            return read(new LineRead<>(lineIndex, start + skip, partLength, Function.identity(), _ -> null));
        });
    }

    private <T> CompletionStage<T> read(LineRead<T> read) {
        if (lines.isInDoubt()) {
            read.startVerified();
        } else if (lines.isLongRead(read.position, read.length)) {
            reads.runOnDiskThread(read);
        } else {
            reads.run(read);
        }
        return read;
    }

    @Override
    public LineRange range(long first, long end) {
        return new EmbeddedRange(this, first, end);
    }

    /** Returns the position of a line in the file; for the line count, the end of the file. */
    long startOf(long lineIndex) {
        return lineIndex == index.lineCount() ? manifest.byteCount() : index.start(lineIndex);
    }

    @Override
    public void check() throws StoreException {
        lines.check();
    }

    /**
     * Compares digests of blocks. From a line that begins at the same offset in both versions on, equal blocks contain
     * equal lines. A line that ends in the next block, which differs, is not skipped.
     */
    @Override
    public long skipEqualLines(Snapshot other, long lineIndex) {
        if (!(other instanceof EmbeddedSnapshot that)) {
            return lineIndex;
        }
        if (manifest.content().equals(that.manifest.content())) {
            return Math.max(lineIndex, index.lineCount());
        }
        if (lineIndex >= Math.min(index.lineCount(), that.index.lineCount())
                || index.start(lineIndex) != that.index.start(lineIndex)) {
            return lineIndex;
        }
        return firstEndingAfter(lineIndex, lines.equalUntil(that.lines, index.start(lineIndex)));
    }

    /** Returns the index of the first line, from a line on, whose terminator is not before a position. */
    long firstEndingAfter(long lineIndex, long position) {
        long low = lineIndex;
        long high = index.lineCount();
        while (low < high) {
            long middle = (low + high) >>> 1;
            if (index.start(middle) + index.length(middle) < position) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    @Override
    public void close() {
        lines.close();
    }

    /**
     * One read of a line or part. It is also the stage that the lookup returns.
     *
     * <pre>
     * first read ─┬─ store's own copy ────────────────────────────────────────► completed, or damaged
     *             └─ source in place ──► validated ─┬─ untouched ─────────────► completed
     *                                               └─ touched ──► verified read
     * source in doubt ─────────────────────────────────────────► verified read ─► completed, or failed
     * </pre>
     *
     * <p>The first read runs on the calling thread or on a disk thread, as {@link DiskReads#run} decides; the
     * validation runs on the same thread. The verified read always runs on a disk thread, because it reads and hashes
     * whole blocks. The steps of one read never overlap, and the hand-over to the disk threads orders them, so the
     * fields need no synchronisation.
     */
    private final class LineRead<T> extends CompletableFuture<T>
            implements DiskReads.DiskRead, SourceValidation.UnvalidatedRead {
        private final long lineIndex;
        private final long position;
        private final int length;
        private final Function<byte[], T> result;
        private final Function<LineDamagedException, @Nullable T> damaged;
        private byte @Nullable [] bytes;
        /** The file of the first read. */
        private LinesFile.@Nullable OpenFile from;

        /** True once the read must verify the digests of its blocks. */
        private boolean verified;

        /** @param damaged returns the result if the line is damaged; null to fail */
        LineRead(
                long lineIndex,
                long position,
                int length,
                Function<byte[], T> result,
                Function<LineDamagedException, @Nullable T> damaged) {
            this.lineIndex = lineIndex;
            this.position = position;
            this.length = length;
            this.result = result;
            this.damaged = damaged;
        }

        @Override
        public int length() {
            return lines.cost(position, length);
        }

        @Override
        public void read() throws StoreException {
            if (verified) {
                bytes = lines.readVerified(position, length);
            } else {
                bytes = new byte[length];
                try {
                    from = lines.readUnvalidated(position, ByteBuffer.wrap(bytes));
                } catch (DamagedBlockException e) {
                    throw new LineDamagedException(lineIndex, e.damage);
                }
            }
        }

        @Override
        public boolean completeExceptionally(Throwable failure) {
            T result = failure instanceof LineDamagedException damage ? damaged.apply(damage) : null;
            return result == null ? super.completeExceptionally(failure) : complete(result);
        }

        @Override
        public void afterRead() {
            // Neither the store's own copy nor verified bytes can be wrong.
            if (lines.isInPlace() && !verified) {
                validation.validate(this);
            } else {
                succeed();
            }
        }

        @Override
        public LinesFile file() {
            return lines;
        }

        @Override
        public void validated(@Nullable BasicFileAttributes attributes) {
            if (from != null && from.isUntouched(attributes)) {
                succeed();
            } else {
                // The bytes may be right or wrong. The verified read replaces them, and fails if they are wrong.
                startVerified();
            }
        }

        void startVerified() {
            verified = true;
            reads.runOnDiskThread(this);
        }

        private void succeed() {
            complete(result.apply(Objects.requireNonNull(bytes)));
        }
    }
}
