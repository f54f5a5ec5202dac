package dev.lineserver.store.embedded.index;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/**
 * The file that holds a {@link LineIndex}.
 *
 * <p>All numbers little-endian:
 *
 * <pre>
 * offset  bytes
 * 0       8   magic "LineIdx2"
 * 8       8 w words of all blocks
 *         16 b directory, two longs per block
 *         8   number of lines
 *         8   offset at which a line after the last would begin
 *         8   CRC-32C of everything before
 * </pre>
 *
 * <p>Crash policy: the file is written in a directory that readers ignore, forced, and then published by renaming the
 * directory. A file that is cut short or changed fails the checksum.
 */
public final class LineIndexFile {
    private static final long MAGIC = ByteBuffer.wrap("LineIdx2".getBytes(StandardCharsets.US_ASCII))
            .order(ByteOrder.LITTLE_ENDIAN)
            .getLong();
    private static final int TRAILER_BYTES = 24;
    private static final int BUFFER_BYTES = 256 << 10;
    /** About 15 billion lines of ordinary text: all words are in one array. */
    private static final long MOST_WORDS = Integer.MAX_VALUE - 8;

    private LineIndexFile() {}

    /**
     * Reads an index into RAM, about as many bytes as the file has.
     *
     * @throws IOException also if the file is foreign, of another format, cut short or damaged; says so after "it"
     */
    public static LineIndex read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size < Long.BYTES + TRAILER_BYTES) {
                throw new IOException("it is only " + size + " bytes long");
            }
            ByteBuffer trailer = new Input(channel.position(size - TRAILER_BYTES)).next(TRAILER_BYTES);
            long lineCount = trailer.getLong();
            long end = trailer.getLong();
            long checksum = trailer.getLong();
            Input input = new Input(channel.position(0));
            if (input.next(Long.BYTES).getLong() != MAGIC) {
                throw new IOException("it is not an index of lines");
            }
            long longs = (size - Long.BYTES - TRAILER_BYTES) / Long.BYTES;
            long blocks = lineCount / LineIndex.BLOCK_LINES + (lineCount % LineIndex.BLOCK_LINES == 0 ? 0 : 1);
            if (lineCount < 0 || lineCount > end || blocks > longs / 2 || longs - 2 * blocks > MOST_WORDS) {
                throw new IOException("its length does not match its counts");
            }
            long[] words = input.longs(longs - 2 * blocks);
            long[] directory = input.longs(2 * blocks);
            input.next(TRAILER_BYTES - Long.BYTES);
            if (input.checksum.getValue() != checksum) {
                throw new IOException("its checksum does not match");
            }
            return new LineIndex(words, directory, lineCount, end);
        }
    }

    /** Reads the file from a position on. */
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
                next(now * Long.BYTES).asLongBuffer().get(longs, at, now);
            }
            return longs;
        }

        /** The next bytes, at most {@value #BUFFER_BYTES}. */
        ByteBuffer next(int bytes) throws IOException {
            buffer.clear().limit(bytes);
            while (buffer.hasRemaining()) {
                if (channel.read(buffer) < 0) {
                    throw new IOException("it was cut short while being read");
                }
            }
            checksum.update(buffer.flip());
            return buffer.rewind();
        }
    }

    /** Writes the file front to back. */
    static final class Output {
        private final LineIndexWriter.Sink sink;
        private final CRC32C checksum = new CRC32C();
        private final ByteBuffer buffer = buffer().putLong(MAGIC);

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
            write(new long[] {lineCount, end}, 2);
            flush();
            write(new long[] {checksum.getValue()}, 1);
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
