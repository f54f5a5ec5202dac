package dev.lineserver.ingest;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * Passes the data frames of a Zstandard file, still compressed, to the library that unpacks them.
 *
 * <p>The library alone does not behave like {@code zstd -d}: it rejects skippable frames, treats a truncated magic
 * number as the end of the file, and does not explain a window that is too large or a file that ends early. This class
 * therefore parses the headers of frames and blocks before it passes them on. It removes skippable frames, and reports
 * the other faults with an {@link IOException} whose message is for users.
 *
 * <pre>
 * file  = { frame | skippable frame }
 * frame = magic, frame header, block { block }, [ checksum ]
 * block = 3-byte header (last-block flag, type, size), data
 * </pre>
 *
 * <p>{@link #read} hands out {@link #chunk}, and refills it with one frame header or one block. The checksum belongs to
 * the chunk of the last block; the library verifies it. Used by one thread. Format: RFC 8878.
 */
final class ZstdFrames extends InputStream {
    static final int MAGIC = 0xFD2FB528;

    /** The largest window that the library unpacks, in bytes. */
    private static final long MAX_WINDOW = 8 << 20;

    /**
     * The largest content of a single-segment frame, in bytes. Such a frame has no window size of its own: the window
     * is the whole content. {@code zstd -d} has the same limit.
     */
    private static final long MAX_SINGLE_SEGMENT = 128 << 20;

    /** Passed to the library first, because it rejects a file without a frame. It unpacks to nothing. */
    private static final byte[] EMPTY_FRAME = {0x28, (byte) 0xB5, 0x2F, (byte) 0xFD, 0x20, 0, 1, 0, 0};

    /** The longest header of a frame: magic number, descriptor, window, dictionary and content size. */
    private static final int MAX_HEADER = 4 + 1 + 1 + 4 + 8;

    private static final int MAX_BLOCK = 128 << 10;
    /** A block with its header, and the frame's checksum. The header of a frame is shorter. */
    private static final int MAX_CHUNK = MAX_BLOCK + 3 + Integer.BYTES;

    /** Block type: one byte of data, repeated {@code size} times in the content. */
    private static final int RUN = 1;
    /** Block type that the format reserves. */
    private static final int RESERVED = 3;

    private final DataInputStream packed;
    /** The next bytes for the library: a frame header or a block. */
    private final ByteBuffer chunk =
            ByteBuffer.allocate(MAX_CHUNK).put(EMPTY_FRAME).flip();

    /** True up to the end of the first header. */
    private boolean firstFrame = true;

    /** True from the header of a frame to its last block. */
    private boolean inFrame;
    /** True if the current frame ends in a checksum. */
    private boolean hasChecksum;

    ZstdFrames(InputStream packed) {
        this.packed = new DataInputStream(packed);
    }

    /** A frame that the library cannot unpack, because its window is too large. */
    private static final class WideWindowException extends IOException {
        private static final long serialVersionUID = 1;

        WideWindowException(String message) {
            super(message);
        }
    }

    /**
     * Returns true if the library cannot unpack the first frame of an archive, because its window is too large.
     *
     * @param packed supports {@link InputStream#mark}; its position stays
     */
    static boolean beginsWithWideWindow(InputStream packed) throws IOException {
        packed.mark(MAX_HEADER);
        byte[] header = packed.readNBytes(MAX_HEADER);
        packed.reset();
        try (ZstdFrames frames = new ZstdFrames(new ByteArrayInputStream(header))) {
            boolean _ = frames.readFrameHeader();
            return false;
        } catch (WideWindowException e) {
            return true;
        } catch (IOException e) {
            // Reported when the frame is unpacked.
            return false;
        }
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
        if (!chunk.hasRemaining() && !(inFrame ? readBlock() : readFrameHeader())) {
            return -1;
        }
        int count = Math.min(length, chunk.remaining());
        chunk.get(into, offset, count);
        return count;
    }

    /**
     * Reads the header of the next data frame into the chunk, and skips all skippable frames before it.
     *
     * @return false at the end of the file
     */
    private boolean readFrameHeader() throws IOException {
        for (int first = packed.read(); first >= 0; first = packed.read()) {
            chunk.clear().put((byte) first);
            // Only the end of the file before a magic number is a regular end. All further bytes are required.
            int magic = first | (int) readNumber(3) << 8;
            if (!isSkippable(magic)) {
                if (magic != MAGIC) {
                    throw damaged("data that is not a frame follows a frame");
                }
                readFrameHeaderFields();
                chunk.flip();
                inFrame = true;
                firstFrame = false;
                return true;
            }
            packed.skipNBytes(readNumber(4));
        }
        // Skippable frames have left their headers in the chunk.
        chunk.limit(0);
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
        // A content size of two bytes is stored minus 256. Without the single-segment flag, code 0 means no content
        // size.
        long size = readNumber(sizeCode == 0 ? singleSegment ? 1 : 0 : 1 << sizeCode) + (sizeCode == 1 ? 256 : 0);
        long window = singleSegment ? size : base + base / 8 * (exponentAndMantissa & 7);
        // Bit 3 is reserved. The size is unsigned: with its top bit set it is larger than any file.
        if ((descriptor & 8) != 0 || size < 0) {
            throw damaged("the header of a frame is invalid");
        }
        if (dictionary != 0) {
            throw new IOException("it was compressed with a dictionary; unpack it with zstd -d -D DICTIONARY");
        }
        long limit = singleSegment ? MAX_SINGLE_SEGMENT : MAX_WINDOW;
        if (window > limit) {
            // Only the frame that comes first decides whether zstd unpacks the archive.
            String remedy = firstFrame ? "install zstd, or unpack it with" : "unpack it with";
            throw new WideWindowException("unpacking it takes a window of " + (window >> 20) + " MiB, and the limit is "
                    + (limit >> 20) + " MiB without zstd; " + remedy + " zstd -d --long="
                    + (Long.SIZE - Long.numberOfLeadingZeros(window - 1)));
        }
    }

    /** Reads the next block of the current frame into the chunk, after the last block also the checksum. */
    private boolean readBlock() throws IOException {
        chunk.clear();
        int blockHeader = (int) readNumber(3);
        int type = blockHeader >>> 1 & 3;
        int size = blockHeader >>> 3;
        if (type == RESERVED || size > MAX_BLOCK) {
            throw damaged("the header of a block is invalid");
        }
        inFrame = (blockHeader & 1) == 0;
        int length = (type == RUN ? 1 : size) + (!inFrame && hasChecksum ? Integer.BYTES : 0);
        packed.readFully(chunk.array(), chunk.position(), length);
        chunk.position(chunk.position() + length).flip();
        return true;
    }

    /** Reads a little-endian number, and appends its bytes to the chunk. */
    private long readNumber(int bytes) throws IOException {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            int next = packed.readUnsignedByte();
            chunk.put((byte) next);
            value |= (long) next << (8 * i);
        }
        return value;
    }

    private static IOException damaged(String detail) {
        return new IOException("its zstd data is damaged (" + detail + "); fetch it again");
    }

    @Override
    public void close() throws IOException {
        packed.close();
    }
}
