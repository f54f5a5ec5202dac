package dev.lineserver.store.embedded;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;

import dev.lineserver.store.RegularFile;
import dev.lineserver.store.embedded.index.LineIndexWriter.ByteSink;

/**
 * The end of a compressed copy of the lines, which tells where each block begins. The copy is a file in the seekable format
 * of Zstandard, so that {@code zstd -d} unpacks it as well:
 *
 * <pre>
 * frame        the first {@link #BLOCK_BYTES} of the text, and their checksum
 * …            a frame for each further block; the last one may be shorter
 * seek table   a skippable frame:
 *              its magic number and length
 *              for each block, the length of its frame and of its text, and the checksum of the frame
 *              the number of blocks, a byte that tells of the checksums, and the magic number of seek tables
 * </pre>
 *
 * <p>All numbers have 4 bytes, little-endian. The lengths of the frames, the table and the file must agree. Each frame verifies
 * itself, and the table tells its checksum, so that a block in the place of another one is noticed, too. Format:
 * {@code contrib/seekable_format} of Zstandard.
 */
final class SeekTable {
    /**
     * Length of the text in a block, in bytes. To unpack it takes about 45 µs, which an event loop can afford. In blocks of
     * 64 KiB, logs and source code are 5 % smaller; {@code src/docs/decisions/029-compressed-lines.md} has the figures.
     */
    static final int BLOCK_BYTES = 32 << 10;

    private static final int SKIPPABLE_MAGIC = 0x184D_2A5E;
    private static final int SEEKABLE_MAGIC = 0x8F92_EAB1;
    private static final int HEADER_BYTES = 2 * Integer.BYTES;
    private static final int ENTRY_BYTES = 3 * Integer.BYTES;
    private static final byte HAS_CHECKSUMS = (byte) 0x80;
    /** Of an unfinished table. */
    static final int UNFINISHED_ENTRY_BYTES = 2 * Integer.BYTES;

    private static final int FOOTER_BYTES = 2 * Integer.BYTES + 1;
    /** Of a block that does not become smaller. */
    private static final int MAX_FRAME_BYTES = BLOCK_BYTES + 1024;

    private static final int BUFFER_BYTES = 64 << 10;

    private int[] frameBytes = new int[1024];
    private int[] checksums = new int[frameBytes.length];
    private int blockCount;
    private long fileBytes;
    private final CRC32C unfinishedChecksum = new CRC32C();
    /** Number of entries in that checksum. */
    private int checked;

    private static long blockCount(long textBytes) {
        return Math.ceilDiv(textBytes, BLOCK_BYTES);
    }

    /** Returns the heap that {@link #read} needs, in bytes. */
    static long heapBytes(long textBytes) {
        return (blockCount(textBytes) + 1) * (Long.BYTES + Integer.BYTES);
    }

    /**
     * The blocks of a file.
     *
     * @param starts position of each frame, and that of the table
     * @param checksums of the frames
     */
    record Blocks(long[] starts, int[] checksums) {}

    /** Returns the checksum at the end of a frame: the lower 32 bits of the XXH64 of its text. */
    static int checksum(byte[] frame) {
        return ByteBuffer.wrap(frame).order(ByteOrder.LITTLE_ENDIAN).getInt(frame.length - Integer.BYTES);
    }

    static long tableBytes(long textBytes) {
        return HEADER_BYTES + blockCount(textBytes) * ENTRY_BYTES + FOOTER_BYTES;
    }

    static int blockLength(long block, long textBytes) {
        return (int) Math.min(BLOCK_BYTES, textBytes - block * BLOCK_BYTES);
    }

    /**
     * Reads the table of a file.
     *
     * @throws IOException if the file cannot be read, or its table does not match it and the length of the text
     */
    static Blocks read(Path file, long textBytes) throws IOException {
        int count = Math.toIntExact(blockCount(textBytes));
        long tableBytes = tableBytes(textBytes);
        long tableStart = Files.size(file) - tableBytes;
        RegularFile.require(file);
        try (InputStream bytes = Files.newInputStream(file)) {
            bytes.skipNBytes(Math.max(0, tableStart));
            DataInputStream table = new DataInputStream(new BufferedInputStream(bytes, BUFFER_BYTES));
            boolean intact = tableStart >= 0
                    && readInt(table) == SKIPPABLE_MAGIC
                    && Integer.toUnsignedLong(readInt(table)) == tableBytes - HEADER_BYTES;
            long[] starts = new long[count + 1];
            int[] checksums = new int[count];
            for (int i = 0; i < count && intact; i++) {
                int frame = readInt(table);
                intact = frame > Integer.BYTES
                        && frame <= MAX_FRAME_BYTES
                        && readInt(table) == blockLength(i, textBytes);
                starts[i + 1] = starts[i] + frame;
                checksums[i] = readInt(table);
            }
            if (!intact
                    || starts[count] != tableStart
                    || readInt(table) != count
                    || table.readByte() != HAS_CHECKSUMS
                    || readInt(table) != SEEKABLE_MAGIC) {
                throw new IOException("its table of blocks is damaged");
            }
            return new Blocks(starts, checksums);
        }
    }

    private static int readInt(DataInputStream bytes) throws IOException {
        return Integer.reverseBytes(bytes.readInt());
    }

    void add(byte[] frame) {
        add(frame.length, checksum(frame));
    }

    private void add(int length, int checksum) {
        if (blockCount == frameBytes.length) {
            frameBytes = Arrays.copyOf(frameBytes, Math.multiplyExact(blockCount, 2));
            checksums = Arrays.copyOf(checksums, frameBytes.length);
        }
        frameBytes[blockCount] = length;
        checksums[blockCount++] = checksum;
        fileBytes += length;
    }

    /** Returns the number of frames that were added. */
    int blockCount() {
        return blockCount;
    }

    /** Returns the length of these frames, in bytes. */
    long fileBytes() {
        return fileBytes;
    }

    /**
     * Returns the entries of an unfinished table, from one block on, for {@link #restore}: the length of each frame and its
     * checksum.
     */
    ByteBuffer unfinished(int from) {
        ByteBuffer entries = ByteBuffer.allocate((blockCount - from) * UNFINISHED_ENTRY_BYTES);
        for (int i = from; i < blockCount; i++) {
            entries.putInt(frameBytes[i]).putInt(checksums[i]);
        }
        return entries.flip();
    }

    /**
     * Returns the CRC-32C of the first entries of an unfinished table.
     *
     * @param count not less than in the calls before, which are continued
     */
    int checksum(int count) {
        ByteBuffer entry = ByteBuffer.allocate(UNFINISHED_ENTRY_BYTES);
        for (; checked < count; checked++) {
            unfinishedChecksum.update(entry.clear()
                    .putInt(frameBytes[checked])
                    .putInt(checksums[checked])
                    .flip());
        }
        return (int) unfinishedChecksum.getValue();
    }

    /**
     * Reads the first entries of an unfinished table.
     *
     * @throws IOException if the file cannot be read, or has fewer entries
     */
    static SeekTable restore(Path file, int count) throws IOException {
        RegularFile.require(file);
        SeekTable table = new SeekTable();
        try (DataInputStream entries =
                new DataInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES))) {
            for (int i = 0; i < count; i++) {
                table.add(entries.readInt(), entries.readInt());
            }
        }
        return table;
    }

    /** Writes the table of the frames that were added. */
    void write(long textBytes, ByteSink out) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(SKIPPABLE_MAGIC).putInt(Math.toIntExact((long) blockCount * ENTRY_BYTES + FOOTER_BYTES));
        for (int i = 0; i < blockCount; i++) {
            buffer.putInt(frameBytes[i]).putInt(blockLength(i, textBytes)).putInt(checksums[i]);
            if (buffer.remaining() < ENTRY_BYTES + FOOTER_BYTES) {
                out.write(buffer.flip());
                buffer.clear();
            }
        }
        out.write(buffer.putInt(blockCount)
                .put(HAS_CHECKSUMS)
                .putInt(SEEKABLE_MAGIC)
                .flip());
    }
}
