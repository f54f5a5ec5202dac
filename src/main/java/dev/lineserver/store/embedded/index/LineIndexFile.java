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
 * 0       8   magic "LineIndx"
 * 8       4   format, 1
 * 12      4   lines per block
 * 16      8 w words of all blocks
 *         16 b directory, two longs per block
 *         8   w, number of words
 *         8   number of lines
 *         8   offset at which a line after the last would begin
 *         8   CRC-32C of everything before
 * </pre>
 *
 * <p>Crash policy: the file is written in a directory that readers ignore, forced, and then published by renaming the
 * directory. A file that is cut short or changed fails the checksum.
 */
public final class LineIndexFile {
    private static final long MAGIC = ByteBuffer.wrap("LineIndx".getBytes(StandardCharsets.US_ASCII))
            .order(ByteOrder.LITTLE_ENDIAN)
            .getLong();
    private static final int FORMAT = 1;
    private static final int HEADER_BYTES = 16;
    private static final int TRAILER_BYTES = 32;
    private static final int BUFFER_BYTES = 1 << 20;

    private LineIndexFile() {}

    /**
     * Reads an index into RAM, about as many bytes as the file has.
     *
     * @throws IOException also if the file is foreign, of another format, cut short or damaged; says so after "it"
     */
    public static LineIndex read(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return new Input(channel).read();
        }
    }

    private static final class Input {
        private final FileChannel channel;
        private final CRC32C checksum = new CRC32C();
        private final ByteBuffer buffer = buffer();

        Input(FileChannel channel) {
            this.channel = channel;
        }

        LineIndex read() throws IOException {
            ByteBuffer trailer = readHead();
            LongSegments words = longs(trailer.getLong(0));
            LongSegments directory = longs(directoryLongs(trailer.getLong(8)));
            checksum.update(trailer.slice(0, TRAILER_BYTES - Long.BYTES));
            if (checksum.getValue() != trailer.getLong(24)) {
                throw new IOException("its checksum does not match");
            }
            return new LineIndex(words, directory, trailer.getLong(8), trailer.getLong(16));
        }

        /** Reads the header and the trailer, whose counts are then those of a file of this length. */
        ByteBuffer readHead() throws IOException {
            long size = channel.size();
            if (size < HEADER_BYTES + TRAILER_BYTES) {
                throw new IOException("it is only " + size + " bytes long");
            }
            ByteBuffer trailer = trailer(size);
            header();
            long wordCount = trailer.getLong(0);
            long lineCount = trailer.getLong(8);
            long mostLongs = size / Long.BYTES;
            boolean possible = wordCount >= 0
                    && wordCount <= mostLongs
                    && lineCount >= 0
                    && lineCount <= mostLongs * LineIndex.BLOCK_LINES
                    && lineCount <= trailer.getLong(16);
            long longs = possible ? wordCount + directoryLongs(lineCount) : -1;
            if (HEADER_BYTES + TRAILER_BYTES + Long.BYTES * longs != size) {
                throw new IOException("its length does not match its counts");
            }
            return trailer;
        }

        private static long directoryLongs(long lineCount) {
            return 2 * ((lineCount + LineIndex.BLOCK_LINES - 1) >>> LineIndex.BLOCK_SHIFT);
        }

        private ByteBuffer trailer(long size) throws IOException {
            ByteBuffer trailer = ByteBuffer.allocate(TRAILER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            long at = size - TRAILER_BYTES;
            while (trailer.hasRemaining() && channel.read(trailer, at + trailer.position()) >= 0) {}
            return trailer.flip();
        }

        private void header() throws IOException {
            fill(HEADER_BYTES);
            if (buffer.getLong() != MAGIC) {
                throw new IOException("it is not an index of lines");
            }
            int format = buffer.getInt();
            if (format != FORMAT) {
                throw new IOException("it has format " + format + ", this program reads format " + FORMAT);
            }
            if (buffer.getInt() != LineIndex.BLOCK_LINES) {
                throw new IOException("it has blocks of another size");
            }
        }

        private LongSegments longs(long count) throws IOException {
            LongSegments longs = new LongSegments(count);
            for (long[] segment : longs.segments()) {
                for (int at = 0; at < segment.length; ) {
                    int now = Math.min(segment.length - at, BUFFER_BYTES / Long.BYTES);
                    fill(now * Long.BYTES);
                    buffer.asLongBuffer().get(segment, at, now);
                    at += now;
                }
            }
            return longs;
        }

        private void fill(int bytes) throws IOException {
            buffer.clear().limit(bytes);
            while (buffer.hasRemaining()) {
                if (channel.read(buffer) < 0) {
                    throw new IOException("it was cut short while being read");
                }
            }
            checksum.update(buffer.flip());
            buffer.rewind();
        }
    }

    /** Writes the file front to back. */
    static final class Output {
        private final LineIndexWriter.Sink sink;
        private final CRC32C checksum = new CRC32C();
        private final ByteBuffer buffer = buffer().putLong(MAGIC).putInt(FORMAT).putInt(LineIndex.BLOCK_LINES);

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
            write(new long[] {wordCount, lineCount, end}, 3);
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
