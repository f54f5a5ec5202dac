package dev.lineserver.store.embedded;

import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.function.Function;

import dev.lineserver.line.Limits;
import dev.lineserver.store.LineParts;
import dev.lineserver.store.Lookup;
import dev.lineserver.store.Manifest;
import dev.lineserver.store.Snapshot;
import dev.lineserver.store.StoreException;

/** One open version: an index in RAM and a file read at the positions it says. */
final class EmbeddedSnapshot implements Snapshot {
    private final Manifest manifest;
    private final LineIndex index;
    private final LinesFile lines;
    private final DiskReads reads;
    private final ChecksPerTurn checks;

    private EmbeddedSnapshot(
            Manifest manifest, LineIndex index, LinesFile lines, DiskReads reads, ChecksPerTurn checks) {
        this.manifest = manifest;
        this.index = index;
        this.lines = lines;
        this.reads = reads;
        this.checks = checks;
    }

    static EmbeddedSnapshot open(
            ManifestFile file, Path versionDirectory, LineIndex index, DiskReads reads, ChecksPerTurn checks)
            throws StoreException {
        LinesFile lines = LinesFile.open(file, versionDirectory);
        try {
            lines.check();
        } catch (StoreException e) {
            lines.close();
            throw e;
        }
        return new EmbeddedSnapshot(file.manifest(), index, lines, reads, checks);
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
        long length = index.start(lineIndex + 1) - 1 - start;
        if (length > Limits.WHOLE_LINE_BYTES) {
            return CompletableFuture.completedFuture(new Lookup.FoundInParts(new Parts(start, length)));
        }
        return read(start, (int) length, Lookup.Found::new);
    }

    private <T> CompletionStage<T> read(long position, int length, Function<byte[], T> made) {
        CompletableFuture<T> read = reads.read(() -> made.apply(lines.read(position, length)));
        if (!lines.isInPlace()) {
            return read;
        }
        return read.state() == Future.State.SUCCESS
                ? checks.checked(lines, read.resultNow())
                : read.thenCompose(late -> checks.checked(lines, late));
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
}
