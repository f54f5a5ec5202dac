package dev.lineserver.store.embedded;

import java.nio.ByteBuffer;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

import dev.lineserver.store.LineDamagedException;
import dev.lineserver.store.LineRange;
import dev.lineserver.store.StoreException;
import dev.lineserver.store.embedded.CompressedBlocks.DamagedBlockException;

/**
 * Consecutive lines of a file: a range of its bytes. Each block is one positional read, made and validated as that of a
 * single line: {@link DiskReads} chooses the thread, and a source in place is compared with its stamp before the block is
 * passed on. If the stamp differs, a disk thread reads the bytes again and verifies their digests.
 */
final class EmbeddedRange implements LineRange {
    private final EmbeddedSnapshot version;
    private final LinesFile lines;
    private final DiskReads reads;
    private final long first;
    private final long start;
    private final long end;
    private long position;

    /**
     * @param first index of the first line
     * @param end index after the last line
     */
    EmbeddedRange(EmbeddedSnapshot version, long first, long end) {
        this.version = version;
        this.first = first;
        this.end = version.startOf(end);
        lines = version.lines();
        reads = version.reads();
        start = version.startOf(first);
        position = start;
    }

    @Override
    public OptionalLong byteCount() {
        return OptionalLong.of(end - start);
    }

    @Override
    public CompletionStage<Void> fill(ByteBuffer block) {
        int length = (int) Math.min(end - position, block.remaining());
        if (length == 0) {
            return CompletableFuture.completedFuture(null);
        }
        BlockRead read = new BlockRead(block, length);
        if (lines.isInDoubt()) {
            read.startVerified();
        } else if (lines.isLongRead(position, length)) {
            reads.runOnDiskThread(read);
        } else {
            reads.run(read);
        }
        return read;
    }

    /** One read of a block. It is also the stage that {@link #fill} returns. Its steps never overlap. */
    private final class BlockRead extends CompletableFuture<Void> implements DiskReads.DiskRead {
        private final ByteBuffer block;
        private final int length;
        /** True if the bytes are known to be those ingested. */
        private boolean valid;

        private boolean verified;

        BlockRead(ByteBuffer block, int length) {
            this.block = block;
            this.length = length;
        }

        @Override
        public int length() {
            return lines.cost(position, length);
        }

        @Override
        public void read() throws StoreException {
            // A view: the position of the block moves when the bytes are known to be right.
            ByteBuffer view = block.slice(block.position(), length);
            if (verified) {
                view.put(lines.readVerified(position, length));
                valid = true;
            } else {
                try {
                    LinesFile.OpenFile from = lines.readUnvalidated(position, view);
                    valid = !lines.isInPlace() || from.isUntouched(lines.readAttributes());
                } catch (DamagedBlockException e) {
                    // The lines that end before the damaged block are right.
                    long damaged = version.firstEndingAfter(first, position + view.position());
                    int whole = (int) Math.max(0, version.startOf(damaged) - position);
                    block.position(block.position() + whole);
                    throw new LineDamagedException(damaged, e.damage);
                }
            }
        }

        @Override
        public void afterRead() {
            if (valid) {
                position += length;
                block.position(block.position() + length);
                complete(null);
            } else {
                startVerified();
            }
        }

        void startVerified() {
            verified = true;
            reads.runOnDiskThread(this);
        }
    }
}
