package dev.lineserver.ingest;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Unpacks a Zstandard file, and accepts the same files as {@code zstd -t}, and those with windows for which {@code zstd}
 * needs {@code --long}: complete frames up to the end of the file, with skippable frames between them.
 *
 * <pre>
 * file  = { frame | skippable frame }
 * frame = magic, frame header, block { block }, [ checksum ]
 * block = 3-byte header (last-block flag, type, size), data
 * </pre>
 *
 * <p>A block may copy bytes that were unpacked up to a window before it. The window is an array, which grows as the content
 * does, so a small file with a large window takes little heap. Used by one thread. Format: RFC 8878.
 */
final class ZstdFrames extends InputStream {
    static final int MAGIC = 0xFD2FB528;

    private static final int MAX_BLOCK = ZstdBlocks.MAX_BLOCK;
    /** An array has at most this length. It holds a window, a block, and more, so that the window is seldom moved. */
    private static final int MAX_ARRAY = Integer.MAX_VALUE - 8;

    private static final int FIRST_ARRAY = 1 << 20;

    /** Block type: the data as it is. */
    private static final int RAW = 0;
    /** Block type: one byte of data, repeated {@code size} times in the content. */
    private static final int RUN = 1;
    /** Block type that the format reserves. */
    private static final int RESERVED = 3;

    private final DataInputStream packed;
    private final long maxWindow;
    private final ZstdBlocks blocks = new ZstdBlocks();
    private final XxHash64 checksum = new XxHash64();
    private final byte[] data = new byte[MAX_BLOCK + ZstdBlocks.SLACK];
    /** The end of the content before the current block, and the content of this block. */
    private byte[] content = new byte[0];
    /** The bytes of {@link #content} that have not yet been returned. */
    private int position;

    private int end;

    /** True from the header of a frame to its last block. */
    private boolean inFrame;
    /** True if the current frame ends in a checksum. */
    private boolean hasChecksum;

    private int window;
    /** Number of bytes that the frame must still yield; negative if it does not say this. */
    private long remaining;

    ZstdFrames(InputStream packed) {
        this(packed, Math.min(Runtime.getRuntime().maxMemory() / 3, MAX_ARRAY - 2 * MAX_BLOCK));
    }

    /** @param maxWindow the largest window to unpack, in bytes */
    ZstdFrames(InputStream packed, long maxWindow) {
        this.packed = new DataInputStream(packed);
        this.maxWindow = maxWindow;
    }

    /** Returns true if a magic number, read as little-endian, begins a skippable frame. */
    static boolean isSkippable(int magic) {
        return (magic & 0xFFFF_FFF0) == 0x184D_2A50;
    }

    @Override
    public int read() throws IOException {
        byte[] next = new byte[1];
        return read(next, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(next[0]);
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        while (position == end) {
            // A frame may be empty, and so may be a block.
            if (inFrame) {
                readBlock();
            } else if (!readFrameHeader()) {
                return -1;
            }
        }
        int count = Math.min(length, end - position);
        System.arraycopy(content, position, into, offset, count);
        position += count;
        return count;
    }

    /**
     * Reads the header of the next data frame, and skips all skippable frames before it.
     *
     * @return false at the end of the file
     */
    private boolean readFrameHeader() throws IOException {
        for (int first = packed.read(); first >= 0; first = packed.read()) {
            // Only the end of the file before a magic number is a regular end. All further bytes are required.
            int magic = first | (int) readNumber(3) << 8;
            if (!isSkippable(magic)) {
                if (magic != MAGIC) {
                    throw new ZstdDamage("data that is not a frame follows a frame");
                }
                readFrameHeaderFields();
                return true;
            }
            packed.skipNBytes(readNumber(4));
        }
        return false;
    }

    /**
     * Reads the fields after the magic number: descriptor, window, dictionary and content size. The descriptor tells
     * which of them the header has, and in how many bytes.
     */
    private void readFrameHeaderFields() throws IOException {
        int descriptor = (int) readNumber(1);
        boolean singleSegment = (descriptor & 0x20) != 0;
        hasChecksum = (descriptor & 4) != 0;
        int exponentAndMantissa = singleSegment ? 0 : (int) readNumber(1);
        long base = 1024L << (exponentAndMantissa >>> 3);
        long dictionary = readNumber(new int[] {0, 1, 2, 4}[descriptor & 3]);
        int sizeCode = descriptor >>> 6;
        // Without the single-segment flag, code 0 means no content size.
        boolean sized = singleSegment || sizeCode != 0;
        // A content size of two bytes is stored minus 256.
        long size = readNumber(sized ? 1 << sizeCode : 0) + (sizeCode == 1 ? 256 : 0);
        // Bit 3 is reserved. The size is unsigned: with its top bit set it is larger than any file.
        if ((descriptor & 8) != 0 || size < 0) {
            throw new ZstdDamage("the header of a frame is invalid");
        }
        if (dictionary != 0) {
            throw new IOException("it was compressed with a dictionary; unpack it with zstd -d -D DICTIONARY");
        }
        // The window of a single segment is its whole content; no frame needs more.
        long declared = singleSegment ? size : base + base / 8 * (exponentAndMantissa & 7);
        long needed = sized ? Math.min(declared, size) : declared;
        if (needed > maxWindow) {
            throw new IOException("unpacking it takes a window of " + (needed >> 20) + " MiB, and the limit is "
                    + (maxWindow >> 20) + " MiB, a third of the heap; unpack it in a pipe: zstd -dc --long="
                    + (Long.SIZE - Long.numberOfLeadingZeros(declared - 1)) + " FILE | line-server ingest -");
        }
        window = (int) needed;
        remaining = sized ? size : -1;
        position = 0;
        end = 0;
        checksum.reset();
        blocks.reset();
        inFrame = true;
    }

    /** Reads the next block of the current frame, after the last block also the checksum. */
    private void readBlock() throws IOException {
        int blockHeader = (int) readNumber(3);
        int type = blockHeader >>> 1 & 3;
        int size = blockHeader >>> 3;
        if (type == RESERVED || size > MAX_BLOCK) {
            throw new ZstdDamage("the header of a block is invalid");
        }
        packed.readFully(data, 0, type == RUN ? 1 : size);
        makeRoom();
        if (type == RAW) {
            System.arraycopy(data, 0, content, position, size);
            end = position + size;
        } else if (type == RUN) {
            Arrays.fill(content, position, position + size, data[0]);
            end = position + size;
        } else {
            end = blocks.unpack(data, size, content, position, position + MAX_BLOCK);
        }
        checkContent((blockHeader & 1) != 0);
    }

    private void checkContent(boolean last) throws IOException {
        if (remaining >= 0) {
            remaining -= end - position;
            if (last ? remaining != 0 : remaining < 0) {
                throw new ZstdDamage("a frame is not as long as its header says");
            }
        }
        if (hasChecksum) {
            checksum.update(content, position, end - position);
            if (last && (int) readNumber(4) != (int) checksum.value()) {
                throw new ZstdDamage("a frame does not match its checksum");
            }
        }
        inFrame = !last;
    }

    /**
     * Makes room for a block behind the bytes of the window. The array grows by its own size until it holds a quarter more
     * than the window; from then on the window is moved to its beginning whenever it is full.
     */
    private void makeRoom() {
        int required = MAX_BLOCK + ZstdBlocks.SLACK;
        if (content.length - end < required) {
            long most = Math.min(MAX_ARRAY, (long) window + Math.max(window / 4, FIRST_ARRAY));
            if (content.length < most) {
                content = Arrays.copyOf(content, (int) Math.min(most, Math.max(FIRST_ARRAY, 2L * content.length)));
            }
            if (content.length - end < required) {
                int kept = Math.min(window, end);
                System.arraycopy(content, end - kept, content, 0, kept);
                end = kept;
            }
        }
        position = end;
    }

    /** Reads a little-endian number. */
    private long readNumber(int bytes) throws IOException {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (long) packed.readUnsignedByte() << (8 * i);
        }
        return value;
    }

    @Override
    public void close() throws IOException {
        packed.close();
    }
}
