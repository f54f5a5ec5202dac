package dev.lineserver.store.embedded.index;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * The file that holds a {@link LineIndex}.
 *
 * <p>All numbers little-endian:
 *
 * <pre>
 * 8 w bytes  words of all blocks
 * 16 b       directory, two longs per block
 * 8          CRC-32C of the bytes before it, the number of lines and {@link LineIndex#end}
 * </pre>
 *
 * <p>The number of lines is not in the file. It comes from the manifest, as does the end; the checksum covers both, so
 * an index of another version is detected. The number of words follows from the length of the file.
 *
 * <p>Crash policy: the file is written in a directory that readers ignore, forced, and published by renaming the
 * directory. A truncated or changed file does not match its checksum.
 */
public final class LineIndexFile {
    private static final int BUFFER_BYTES = 256 << 10;
    /** The words are in one array. This is enough for about 15 billion lines of ordinary text. */
    private static final long MAX_WORDS = Integer.MAX_VALUE - 8;

    private LineIndexFile() {}

    /**
     * Allocates the index of a file. It takes as many bytes in RAM as in the file, and has no content until
     * {@link #fill} has returned.
     *
     * @param lineCount number of lines, from the manifest
     * @param end end of the last line, from the manifest
     * @throws IOException if the file cannot be used, as for {@link #fill}
     */
    public static LineIndex allocate(Path file, long lineCount, long end) throws IOException {
        long size = Files.size(file);
        long directoryLongs = 2 * Math.ceilDiv(lineCount, LineIndex.BLOCK_LINES);
        long wordCount = size / Long.BYTES - 1 - directoryLongs;
        if (lineCount < 0 || wordCount < 0 || wordCount > MAX_WORDS || size % Long.BYTES != 0) {
            throw new IOException("its length does not match its number of lines");
        }
        return new LineIndex(
                new long[Math.toIntExact(wordCount)], new long[Math.toIntExact(directoryLongs)], lineCount, end);
    }

    /**
     * Reads a file into an index that was allocated for it.
     *
     * @throws IOException if the file cannot be read, is damaged, or belongs to another content; the message is a
     *     clause that begins with "it"
     */
    public static void fill(Path file, LineIndex index) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            IndexInput input = new IndexInput(channel);
            input.read(index.words());
            input.read(index.directory());
            long checksum = checksum(input.checksum, index.lineCount(), index.end());
            long[] stored = new long[1];
            input.read(stored);
            if (stored[0] != checksum) {
                throw new IOException("its checksum does not match");
            }
        }
    }

    private static long checksum(CRC32C checksum, long lineCount, long end) {
        checksum.update(ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(lineCount)
                .putLong(end)
                .flip());
        return checksum.getValue();
    }

    /** Reads the file from front to back, and calculates its checksum. */
    private static final class IndexInput {
        final CRC32C checksum = new CRC32C();
        private final FileChannel channel;
        private final ByteBuffer buffer = buffer();

        IndexInput(FileChannel channel) {
            this.channel = channel;
        }

        void read(long[] longs) throws IOException {
            int count;
            for (int at = 0; at < longs.length; at += count) {
                count = Math.min(longs.length - at, BUFFER_BYTES / Long.BYTES);
                buffer.clear().limit(count * Long.BYTES);
                while (buffer.hasRemaining()) {
                    if (channel.read(buffer) < 0) {
                        throw new IOException("it became shorter while it was read");
                    }
                }
                checksum.update(buffer.flip());
                buffer.rewind().asLongBuffer().get(longs, at, count);
            }
        }
    }

    /** Buffers the file's longs, and calculates its checksum. */
    static final class IndexOutput {
        private final LineIndexWriter.ByteSink sink;
        private final CRC32C checksum = new CRC32C();
        private final ByteBuffer buffer = buffer();

        IndexOutput(LineIndexWriter.ByteSink sink) {
            this.sink = sink;
        }

        void write(long[] longs, int count) throws IOException {
            for (int at = 0; at < count; ) {
                if (buffer.remaining() < Long.BYTES) {
                    flush();
                }
                int fitting = Math.min(count - at, buffer.remaining() / Long.BYTES);
                buffer.asLongBuffer().put(longs, at, fitting);
                buffer.position(buffer.position() + fitting * Long.BYTES);
                at += fitting;
            }
        }

        /** Writes the trailer. */
        void finish(long wordCount, long lineCount, long end) throws IOException {
            if (wordCount > MAX_WORDS) {
                throw new IOException("it has more lines than an index can hold; split it");
            }
            // The checksum must cover all longs before it, and not itself.
            flush();
            write(new long[] {checksum(checksum, lineCount, end)}, 1);
            flush();
        }

        private void flush() throws IOException {
            checksum.update(buffer.flip());
            buffer.rewind();
            sink.write(buffer);
            buffer.clear();
        }
    }

    private static ByteBuffer buffer() {
        return ByteBuffer.allocateDirect(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }
}
