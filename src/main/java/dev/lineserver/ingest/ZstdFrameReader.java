package dev.lineserver.ingest;

import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Reads the frames of a Zstandard file, still compressed, and appends them to a piece: one frame header or one block by each
 * call. Skippable frames are left out.
 *
 * <pre>
 * file  = { frame | skippable frame }
 * frame = magic, frame header, block { block }, [ checksum ]
 * block = 3-byte header (last-block flag, type, size), data
 * </pre>
 *
 * <p>If a call fails, the piece ends with the bytes that were read, so that they can be read again. An incomplete skippable frame
 * is the exception: only its header is appended, and the file ends behind it.
 *
 * <p>Used by one thread. Format: RFC 8878.
 */
final class ZstdFrameReader {
    static final int MAGIC = 0xFD2FB528;

    /** The largest window that the library unpacks, in bytes. */
    private static final long MAX_WINDOW = 8 << 20;

    /**
     * The largest content of a single-segment frame, in bytes. Such a frame has no window size of its own: the window
     * is the whole content. {@code zstd -d} has the same limit.
     */
    private static final long MAX_SINGLE_SEGMENT = 128 << 20;

    /** The longest header of a frame: magic number, descriptor, window, dictionary and content size. */
    private static final int MAX_HEADER = 4 + 1 + 1 + 4 + 8;

    private static final int MAX_BLOCK = 128 << 10;

    /** Block type: one byte of data, repeated {@code size} times in the content. */
    private static final int RUN = 1;

    private static final int COMPRESSED = 2;
    /** Block type that the format reserves. */
    private static final int RESERVED = 3;

    private final InputStream packed;
    private final ParallelUnpacking.PackedPiece piece;

    /** True up to the end of the first header. */
    private boolean firstFrame = true;

    private boolean inFrame;
    /** True if the current frame ends in a checksum. */
    private boolean hasChecksum;

    ZstdFrameReader(InputStream packed, ParallelUnpacking.PackedPiece piece) {
        this.packed = packed;
        this.piece = piece;
    }

    /** A frame that is damaged, or that the library does not unpack. The message is for users. */
    static final class RefusedFrameException extends IOException {
        private static final long serialVersionUID = 1;

        private final boolean wideWindow;

        private RefusedFrameException(String message, boolean wideWindow) {
            super(message);
            this.wideWindow = wideWindow;
        }
    }

    /**
     * Returns true if the library cannot unpack the first frame of an archive, because its window is too large.
     *
     * @param packed supports {@link InputStream#mark}; its position stays
     */
    static boolean beginsWithWideWindow(InputStream packed) throws IOException {
        packed.mark(MAX_HEADER);
        InputStream header = new ByteArrayInputStream(packed.readNBytes(MAX_HEADER));
        packed.reset();
        try {
            boolean _ = new ZstdFrameReader(header, new ParallelUnpacking.PackedPiece()).readHeader();
            return false;
        } catch (RefusedFrameException e) {
            return e.wideWindow;
        } catch (EOFException e) {
            // Reported when the frame is unpacked.
            return false;
        }
    }

    /** Returns true if a magic number, read as little-endian, begins a skippable frame. */
    static boolean isSkippable(int magic) {
        return (magic & 0xFFFF_FFF0) == 0x184D_2A50;
    }

    /** True from the header of a frame to its last block. */
    boolean inFrame() {
        return inFrame;
    }

    /**
     * Reads the header of the next frame.
     *
     * @return false at the end of the file
     * @throws EOFException if the file ends in a header or in a skippable frame
     */
    boolean readHeader() throws IOException {
        int start = piece.packedLength;
        while (append(1) > 0) {
            // Only the end of the file before a magic number is a regular end. All further bytes are required.
            int magic = Byte.toUnsignedInt(piece.packed[start]) | (int) readNumber(3) << 8;
            if (magic == MAGIC) {
                readFields();
                inFrame = true;
                firstFrame = false;
                return true;
            }
            if (!isSkippable(magic)) {
                throw damaged("data that is not a frame follows a frame");
            }
            packed.skipNBytes(readNumber(4));
            piece.packedLength = start;
        }
        return false;
    }

    /**
     * Reads the fields after the magic number: descriptor, window, dictionary and content size. The descriptor tells
     * which of them the header has, and in how many bytes.
     */
    private void readFields() throws IOException {
        int descriptor = (int) readNumber(1);
        boolean singleSegment = (descriptor & 0x20) != 0;
        hasChecksum = (descriptor & 4) != 0;
        int exponentAndMantissa = singleSegment ? 0 : (int) readNumber(1);
        long base = 1024L << (exponentAndMantissa >>> 3);
        long dictionary = readNumber(new int[] {0, 1, 2, 4}[descriptor & 3]);
        int sizeCode = descriptor >>> 6;
        // Without the single-segment flag, code 0 means no content size. Two bytes hold the size minus 256, too little
        // to matter for the limit.
        long size = readNumber(sizeCode == 0 ? singleSegment ? 1 : 0 : 1 << sizeCode);
        long window = singleSegment ? size : base + base / 8 * (exponentAndMantissa & 7);
        // Bit 3 is reserved. The size is unsigned: with its top bit set it is larger than any file.
        if ((descriptor & 8) != 0 || size < 0) {
            throw damaged("the header of a frame is invalid");
        }
        if (dictionary != 0) {
            throw new RefusedFrameException(
                    "it was compressed with a dictionary; unpack it with zstd -d -D DICTIONARY", false);
        }
        long limit = singleSegment ? MAX_SINGLE_SEGMENT : MAX_WINDOW;
        if (window > limit) {
            // Only the frame that comes first decides whether zstd unpacks the archive.
            String remedy = firstFrame ? "install zstd, or unpack it with" : "unpack it with";
            throw new RefusedFrameException(
                    "unpacking it takes a window of " + (window >> 20) + " MiB, and the limit is " + (limit >> 20)
                            + " MiB without zstd; " + remedy + " zstd -d --long="
                            + (Long.SIZE - Long.numberOfLeadingZeros(window - 1)),
                    true);
        }
    }

    /**
     * Reads the next block of the current frame, after the last one also the checksum, which the library verifies.
     *
     * @return the greatest length that the content of the block may have, in bytes
     * @throws EOFException if the file ends before
     */
    int readBlock() throws IOException {
        int header = (int) readNumber(3);
        int type = header >>> 1 & 3;
        int size = header >>> 3;
        if (type == RESERVED || size > MAX_BLOCK) {
            throw damaged("the header of a block is invalid");
        }
        inFrame = (header & 1) == 0;
        require((type == RUN ? 1 : size) + (!inFrame && hasChecksum ? Integer.BYTES : 0));
        return type == COMPRESSED ? MAX_BLOCK : size;
    }

    /** Appends a little-endian number to the piece, and returns it. */
    private long readNumber(int bytes) throws IOException {
        require(bytes);
        long value = 0;
        for (int i = 1; i <= bytes; i++) {
            value = value << Byte.SIZE | Byte.toUnsignedInt(piece.packed[piece.packedLength - i]);
        }
        return value;
    }

    private void require(int bytes) throws IOException {
        if (append(bytes) < bytes) {
            throw new EOFException();
        }
    }

    /** Appends bytes to the piece, and returns their number: fewer at the end of the file. */
    private int append(int bytes) throws IOException {
        int end = piece.packedLength + bytes;
        if (piece.packed.length < end) {
            piece.packed = Arrays.copyOf(piece.packed, Math.max(end, 2 * piece.packed.length));
        }
        int read = packed.readNBytes(piece.packed, piece.packedLength, bytes);
        piece.packedLength += read;
        return read;
    }

    private static RefusedFrameException damaged(String detail) {
        return new RefusedFrameException("its zstd data is damaged (" + detail + "); fetch it again", false);
    }
}
