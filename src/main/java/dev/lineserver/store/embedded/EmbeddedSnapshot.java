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
record EmbeddedSnapshot(
        Manifest manifest, LineIndex index, LinesFile lines, DiskReads reads, SourceValidation validation)
        implements Snapshot {

    @Override
    public CompletionStage<Lookup> lookup(long lineIndex) {
        if (lineIndex >= index.lineCount()) {
            return CompletableFuture.completedFuture(new Lookup.PastTheEnd(index.lineCount()));
        }
        long start = index.start(lineIndex);
        int length = index.length(lineIndex);
        if (length > Limits.WHOLE_LINE_BYTES) {
            return CompletableFuture.completedFuture(new Lookup.FoundInParts(parts(start, length)));
        }
        return read(start, length, Lookup.Found::new);
    }

    private LineParts parts(long start, int length) {
        return new LineParts(length, Math.ceilDiv(length, Limits.WHOLE_LINE_BYTES), part -> {
            int skip = part * Limits.WHOLE_LINE_BYTES;
            return read(start + skip, Math.min(Limits.WHOLE_LINE_BYTES, length - skip), Function.identity());
        });
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
