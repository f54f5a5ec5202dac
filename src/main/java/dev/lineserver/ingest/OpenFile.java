package dev.lineserver.ingest;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

import org.jspecify.annotations.Nullable;

import dev.lineserver.store.BuildRequest.SourceFile;
import dev.lineserver.store.FileStamp;

/**
 * A regular file, held open.
 *
 * @param path as the user named it, absolute
 * @param stamp of the open file
 * @param channel for reading
 * @param head first bytes, at most {@link Compression#HEAD_BYTES}
 */
record OpenFile(Path path, FileStamp stamp, FileChannel channel, byte[] head) implements AutoCloseable {

    /** @throws IOException also if the path comes to name another file at this moment */
    static OpenFile open(Path path) throws IOException {
        FileStamp stamp = FileStamp.of(path);
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        OpenFile file = new OpenFile(path, stamp, channel, new byte[0]);
        try {
            ByteBuffer head = ByteBuffer.allocate(Compression.HEAD_BYTES);
            while (head.hasRemaining() && channel.read(head, head.position()) > 0) {
                // A read may return fewer bytes than there are.
            }
            file.requireStamp();
            return new OpenFile(path, stamp, channel, Arrays.copyOf(head.array(), head.position()));
        } catch (IOException e) {
            file.close();
            throw e;
        }
    }

    /** False if the file does not yield as many bytes as its size says, as files in {@code /proc} do not. */
    boolean hasItsSize() {
        return head.length == Math.min(stamp.size(), Compression.HEAD_BYTES);
    }

    /**
     * The file by a path that means the same to other processes, which {@code /dev/stdin} does not.
     *
     * @return null if the file has none because it was removed or replaced
     */
    @Nullable
    SourceFile lasting() throws IOException {
        try {
            Path real = path.toRealPath();
            return FileStamp.of(real).equals(stamp) ? new SourceFile(real, stamp) : null;
        } catch (NoSuchFileException removed) {
            return null;
        }
    }

    /** @throws SourceException if the path names another file by now, or the file was written to or has another size */
    void checkUnchanged() throws SourceException {
        try {
            requireStamp();
            if (channel.read(ByteBuffer.allocate(1), stamp.size()) > 0) {
                throw new IOException("it has more bytes than its size says; pass it to standard input");
            }
        } catch (IOException e) {
            throw SourceException.cannotRead(path.toString(), e);
        }
    }

    private void requireStamp() throws IOException {
        if (!FileStamp.of(path).equals(stamp)) {
            throw new IOException("it changed while it was read; leave it alone, and try again");
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // The file was only read: nothing is lost.
        }
    }
}
