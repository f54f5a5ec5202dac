package dev.lineserver.ingest;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;

import dev.lineserver.line.Limits;
import dev.lineserver.store.BuildRequest.SourceFile;
import dev.lineserver.store.FileStamp;

/** A regular file, whose blocks can be read side by side. */
final class FileSource implements Source {
    /**
     * How much is read at once. Java reads into a buffer of its own and copies that: 64 KiB of both are still in the
     * processor's cache by then.
     */
    private static final int PIECE_BYTES = 64 << 10;

    private final SourceFile file;
    private final FileChannel channel;
    private long position;

    private FileSource(SourceFile file, FileChannel channel) {
        this.file = file;
        this.channel = channel;
    }

    static FileSource open(SourceFile file) throws IOException {
        return new FileSource(file, FileChannel.open(file.path(), StandardOpenOption.READ));
    }

    @Override
    public String name() {
        return file.path().toString();
    }

    @Override
    public boolean isPlain() {
        return true;
    }

    @Override
    public SourceFile file() {
        return file;
    }

    @Override
    public long size() {
        return file.stamp().size();
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public boolean next(Block block) {
        block.offset = position;
        block.length = (int) Math.min(Limits.BLOCK_BYTES, file.stamp().size() - position);
        position += block.length;
        return block.length > 0;
    }

    @Override
    public void load(Block block) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(block.bytes);
        while (buffer.position() < block.length) {
            buffer.limit(Math.min(block.length, buffer.position() + PIECE_BYTES));
            if (channel.read(buffer, block.offset + buffer.position()) < 0) {
                throw new IOException("it was cut short while it was read; leave it alone, and try again");
            }
        }
    }

    @Override
    public void checkUnchanged() throws SourceException {
        try {
            if (!FileStamp.of(file.path()).equals(file.stamp())) {
                throw new SourceException(name() + " changed while it was read; leave it alone, and try again");
            }
        } catch (IOException e) {
            throw new SourceException(SourceErrors.cannotRead(name(), e), e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException readOnlyAndDone) {
            System.getLogger(FileSource.class.getName())
                    .log(System.Logger.Level.DEBUG, "a source could not be closed", readOnlyAndDone);
        }
    }
}
