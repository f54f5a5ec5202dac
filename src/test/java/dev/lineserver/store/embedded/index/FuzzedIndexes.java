package dev.lineserver.store.embedded.index;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.zip.CRC32C;

import org.jspecify.annotations.Nullable;

import dev.lineserver.line.LineBatch;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.TRUNCATE_EXISTING;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

/**
 * Any bytes as an index file with any number of lines: it is refused with an {@link IOException}, or read as it is if its
 * checksum is made to match. Any lengths of lines are written and read exactly.
 */
public final class FuzzedIndexes {
    private static final int NUMBERS_BYTES = 2 * Long.BYTES;

    private FuzzedIndexes() {}

    /**
     * The lowest two bits of the first byte choose what the others are: lengths of lines (0), or a number of lines, an end
     * and a file, whose checksum is corrected (1) or not.
     */
    public static void fuzzerTestOneInput(byte[] bytes) throws IOException {
        if (bytes.length == 0) {
            return;
        }
        Path file = Files.createTempFile("fuzzed-index", null);
        try {
            ByteBuffer input = ByteBuffer.wrap(bytes, 1, bytes.length - 1).slice();
            if ((bytes[0] & 3) == 0) {
                checkLengths(input, file);
            } else if (input.remaining() >= NUMBERS_BYTES) {
                checkFile(input.getLong(), input.getLong(), input.slice(), (bytes[0] & 3) == 1, file);
            }
        } finally {
            Files.delete(file);
        }
    }

    private static void checkFile(long lines, long end, ByteBuffer content, boolean correct, Path file)
            throws IOException {
        content.order(ByteOrder.LITTLE_ENDIAN);
        int checksumAt = content.limit() - Long.BYTES;
        if (checksumAt >= 0) {
            CRC32C checksum = new CRC32C();
            checksum.update(content.slice(0, checksumAt));
            checksum.update(ByteBuffer.allocate(NUMBERS_BYTES)
                    .putLong(lines)
                    .putLong(end)
                    .flip());
            if (correct) {
                content.putLong(checksumAt, checksum.getValue());
            } else {
                correct = content.getLong(checksumAt) == checksum.getValue();
            }
        }
        write(content.duplicate(), file);
        boolean fits = content.limit() % Long.BYTES == 0
                && lines >= 0
                && lines <= (long) content.limit() / NUMBERS_BYTES * LineIndex.BLOCK_LINES
                && Math.ceilDiv(lines, LineIndex.BLOCK_LINES) * NUMBERS_BYTES <= checksumAt;
        LineIndex index = read(file, lines, end);
        assertEquals(fits && correct, index != null);
        if (index != null) {
            for (long[] longs : new long[][] {index.words(), index.directory()}) {
                for (long value : longs) {
                    assertEquals(content.getLong(), value);
                }
            }
            assertEquals(checksumAt, content.position());
        }
    }

    private static @Nullable LineIndex read(Path file, long lines, long end) {
        try {
            LineIndex index = LineIndexFile.allocate(file, lines, end);
            LineIndexFile.fill(file, index);
            return index;
        } catch (IOException refused) {
            assertTrue(String.valueOf(refused.getMessage()).startsWith("it"), refused.getMessage());
            return null;
        }
    }

    private static void write(ByteBuffer content, Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, CREATE, TRUNCATE_EXISTING, WRITE)) {
            channel.write(content);
        }
    }

    /** Each byte is a line: its lower 5 bits are the number of bits of the length, the others its highest bits. */
    private static void checkLengths(ByteBuffer input, Path file) throws IOException {
        int lines = input.remaining();
        long end = 0;
        try (FileChannel channel = FileChannel.open(file, CREATE, TRUNCATE_EXISTING, WRITE)) {
            LineIndexWriter writer = new LineIndexWriter(channel::write);
            for (int line = 0; line < lines; line++) {
                int length = length(input.get(line));
                writer.add(new LineBatch(new byte[0], 0, new int[] {length}, 0, 1, true, line, end));
                end += length + 1L;
            }
            writer.finish();
        }
        LineIndex index = Objects.requireNonNull(read(file, lines, end), "its own file is refused");
        long start = 0;
        for (int line = 0; line < lines; line++) {
            int length = length(input.get(line));
            assertEquals(start, index.start(line));
            assertEquals(length, index.length(line));
            start += length + 1L;
        }
    }

    private static int length(byte code) {
        return ((code & 0xE0) | 0x1F) << 23 >>> (31 - (code & 0x1F));
    }
}
