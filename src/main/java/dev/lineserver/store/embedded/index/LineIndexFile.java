package dev.lineserver.store.embedded.index;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
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
 * 8          CRC-32C of everything before, the number of lines, and the offset at which a line after the last would begin
 * </pre>
 *
 * <p>Crash policy: the file is written in a directory that readers ignore, forced, and then published by renaming the
 * directory. A file that is cut short or changed fails the checksum.
 */
public final class LineIndexFile {
    private static final int BUFFER_BYTES = 256 << 10;
    /** About 15 billion lines of ordinary text: all words are in one array. */
    private static final long MOST_WORDS = Integer.MAX_VALUE - 8;

    private LineIndexFile() {}

    /**
     * Reads an index into RAM, about as many bytes as the file has.
     *
     * @param lineCount number of lines that it must have
     * @param end offset at which a line after the last must begin
     * @throws IOException also if the file is cut short, damaged, or another content's; says so after "it"
     */
    public static LineIndex read(Path file, long lineCount, long end) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long directoryLongs = 2 * Math.ceilDiv(lineCount, LineIndex.BLOCK_LINES);
            long wordCount = channel.size() / Long.BYTES - 1 - directoryLongs;
            if (lineCount < 0 || wordCount < 0 || wordCount > MOST_WORDS || channel.size() % Long.BYTES != 0) {
                throw new IOException("its length does not match its number of lines");
            }
            Input input = new Input(channel);
            long[] words = input.longs(wordCount);
            long[] directory = input.longs(directoryLongs);
            long checksum = checksum(input.checksum, lineCount, end);
            if (input.longs(1)[0] != checksum) {
                throw new IOException("its checksum does not match");
            }
            return new LineIndex(words, directory, lineCount, end);
        }
    }

    private static long checksum(CRC32C checksum, long lineCount, long end) {
        checksum.update(ByteBuffer.allocate(2 * Long.BYTES)
                .putLong(lineCount)
                .putLong(end)
                .flip());
        return checksum.getValue();
    }

    /** Reads the file front to back. */
    private static final class Input {
        final CRC32C checksum = new CRC32C();
        private final FileChannel channel;
        private final ByteBuffer buffer = buffer();

        Input(FileChannel channel) {
            this.channel = channel;
        }

        long[] longs(long count) throws IOException {
            long[] longs = new long[Math.toIntExact(count)];
            int now;
            for (int at = 0; at < longs.length; at += now) {
                now = Math.min(longs.length - at, BUFFER_BYTES / Long.BYTES);
                buffer.clear().limit(now * Long.BYTES);
                while (buffer.hasRemaining()) {
                    if (channel.read(buffer) < 0) {
                        throw new IOException("it was cut short while being read");
                    }
                }
                checksum.update(buffer.flip());
                buffer.rewind().asLongBuffer().get(longs, at, now);
            }
            return longs;
        }
    }

    /** Writes the file front to back. */
    static final class Output {
        private final LineIndexWriter.Sink sink;
        private final CRC32C checksum = new CRC32C();
        private final ByteBuffer buffer = buffer();

        Output(LineIndexWriter.Sink sink) {
            this.sink = sink;
        }

        void write(long[] longs, int count) throws IOException {
            for (int at = 0; at < count; ) {
                if (buffer.remaining() < Long.BYTES) {
                    flush();
                }
                int now = Math.min(count - at, buffer.remaining() / Long.BYTES);
                buffer.asLongBuffer().put(longs, at, now);
                buffer.position(buffer.position() + now * Long.BYTES);
                at += now;
            }
        }

        void end(long wordCount, long lineCount, long end) throws IOException {
            if (wordCount > MOST_WORDS) {
                throw new IOException("it has more lines than an index can hold; split it");
            }
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
