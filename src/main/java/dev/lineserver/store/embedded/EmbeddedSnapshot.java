package dev.lineserver.store.embedded;

import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.Limits;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.StoreUnavailableException;
import dev.lineserver.store.embedded.index.LineIndex;

/** One open version: an index in RAM, and the file that is read at the positions given by the index. */
final class EmbeddedSnapshot implements Snapshot {
    private final Manifest manifest;
    private final LineIndex index;
    private final LinesFile lines;
    private final DiskReads reads;
    private final SourceValidation validation;

    EmbeddedSnapshot(
            Manifest manifest, LineIndex index, LinesFile lines, DiskReads reads, SourceValidation validation) {
        this.manifest = manifest;
        this.index = index;
        this.lines = lines;
        this.reads = reads;
        this.validation = validation;
    }

    @Override
    public Manifest manifest() {
        return manifest;
    }

    @Override
    public CompletionStage<Lookup> lookup(long lineIndex) {
        if (lineIndex >= index.lineCount()) {
            return CompletableFuture.completedFuture(new Lookup.PastTheEnd(index.lineCount()));
        }
        long start = index.start(lineIndex);
        int length = index.length(lineIndex);
        if (length > Limits.WHOLE_LINE_BYTES) {
            return CompletableFuture.completedFuture(new Lookup.FoundInParts(new Parts(start, length)));
        }
        return read(start, length, Lookup.Found::new);
    }

    private <T> CompletionStage<T> read(long position, int length, Function<byte[], T> result) {
        Read<T> read = new Read<>(position, length, result);
        if (lines.isInDoubt()) {
            read.readInDoubt();
        } else {
            reads.run(read);
        }
        return read;
    }

    @Override
    public void check() throws StoreException {
        lines.check();
    }

    @Override
    public void close() {
        lines.close();
    }

    private final class Parts implements LineParts {
        private final long start;
        private final long length;

        Parts(long start, long length) {
            this.start = start;
            this.length = length;
        }

        @Override
        public long length() {
            return length;
        }

        @Override
        public int count() {
            return (int) ((length + Limits.WHOLE_LINE_BYTES - 1) / Limits.WHOLE_LINE_BYTES);
        }

        @Override
        public CompletionStage<byte[]> read(int part) {
            long skip = (long) part * Limits.WHOLE_LINE_BYTES;
            int size = (int) Math.min(Limits.WHOLE_LINE_BYTES, length - skip);
            return EmbeddedSnapshot.this.read(start + skip, size, Function.identity());
        }
    }

    /**
     * One read, and the stage of its result:
     *
     * <pre>
     * read ─┬─ of the store's own copy ────────────────────► completed
     *       └─ of a source ──► validated ─┬─ untouched ────► completed
     *                                     └─ in doubt ─┐
     * read of a source in doubt ◄──────────────────────┘ ──► completed, or failed
     * </pre>
     */
    private final class Read<T> extends CompletableFuture<T> implements DiskReads.Task, SourceValidation.Pending {
        private final long position;
        private final int length;
        private final Function<byte[], T> result;
        private byte @Nullable [] bytes;
        /** Null before the read, and if the source is in doubt. */
        private LinesFile.@Nullable Opened from;

        private boolean inDoubt;

        Read(long position, int length, Function<byte[], T> result) {
            this.position = position;
            this.length = length;
            this.result = result;
        }

        @Override
        public void read() throws StoreUnavailableException {
            if (inDoubt) {
                bytes = lines.readInDoubt(position, length);
            } else {
                bytes = new byte[length];
                from = lines.read(position, bytes, length);
            }
        }

        @Override
        public void done() {
            if (lines.isInPlace() && !inDoubt) {
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
        public void validated(@Nullable BasicFileAttributes now) {
            if (from != null && from.isUntouched(now)) {
                succeed();
            } else {
                readInDoubt();
            }
        }

        void readInDoubt() {
            inDoubt = true;
            reads.runElsewhere(this);
        }

        private void succeed() {
            complete(result.apply(Objects.requireNonNull(bytes)));
        }
    }
}
