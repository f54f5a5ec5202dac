package dev.lineserver.ingest;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

import dev.lineserver.line.Limits;
import dev.lineserver.store.BuildRequest.SourceFile;

/** A regular file that is not compressed. Its blocks are read concurrently, and it can stay in place. */
final class FileSource extends Source {
    /**
     * Size of one read. Java reads into a buffer of its own and copies that: 64 KiB of both are still in the processor's
     * cache by then.
     */
    private static final int PIECE_BYTES = 64 << 10;

    private final FileChannel channel;
    private long position;

    FileSource(OpenFile opened, SourceFile file) {
        super(file.path().toString(), opened, file);
        channel = opened.channel();
    }

    @Override
    long position() {
        return position;
    }

    @Override
    boolean next(Block block) {
        block.offset = position;
        block.length = (int) Math.min(Limits.BLOCK_BYTES, size() - position);
        position += block.length;
        return block.length > 0;
    }

    @Override
    void load(Block block) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(block.bytes);
        while (buffer.position() < block.length) {
            buffer.limit(Math.min(block.length, buffer.position() + PIECE_BYTES));
            if (channel.read(buffer, block.offset + buffer.position()) < 0) {
                throw new IOException("it has become shorter; leave it alone, and try again");
            }
        }
    }
}
