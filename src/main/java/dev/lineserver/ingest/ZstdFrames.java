package dev.lineserver.ingest;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * The frames of a Zstandard file, still compressed, for a library that unpacks nothing else: it refuses skippable frames,
 * takes a cut frame magic for the end of the file, and names neither a window that is too wide nor an early end. This class
 * walks the headers of frames and blocks. Format: RFC 8878.
 */
final class ZstdFrames extends InputStream {
    static final int MAGIC = 0xFD2FB528;

    /** The widest window that the library unpacks. */
    private static final long WIDEST_WINDOW = 8 << 20;

    /** The longest content that the library, as {@code zstd -d} does, takes for its own window. */
    private static final long LONGEST_SEGMENT = 128 << 20;

    /** Handed to the library first, because it refuses a file without a frame. */
    private static final byte[] EMPTY_FRAME = {0x28, (byte) 0xB5, 0x2F, (byte) 0xFD, 0x20, 0, 1, 0, 0};

    private static final int LARGEST_BLOCK = 128 << 10;
    /** A block with its header and the frame's checksum; the header of a frame is shorter. */
    private static final int LARGEST_CHUNK = LARGEST_BLOCK + 3 + Integer.BYTES;

    private static final int RUN = 1;
    private static final int INVALID = 3;

    private final DataInputStream packed;
    /** The next bytes for the library: the header of a frame, or a block. */
    private final ByteBuffer chunk =
            ByteBuffer.allocate(LARGEST_CHUNK).put(EMPTY_FRAME).flip();

    private boolean inFrame;
    private boolean checksum;

    ZstdFrames(InputStream packed) {
        this.packed = new DataInputStream(packed);
    }

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

    /** Reads the header of the next frame, unless the file ends before. */
    private boolean readFrameHeader() throws IOException {
        for (int first = packed.read(); first >= 0; first = packed.read()) {
            chunk.clear().put((byte) first);
            int magic = first | (int) take(3) << 8;
            if (!isSkippable(magic)) {
                if (magic != MAGIC) {
                    throw damaged("something other than a frame follows a frame");
                }
                readFrameDescription();
                chunk.flip();
                inFrame = true;
                return true;
            }
            packed.skipNBytes(take(4));
        }
        chunk.limit(0);
        return false;
    }

    private void readFrameDescription() throws IOException {
        int descriptor = (int) take(1);
        boolean singleSegment = (descriptor & 0x20) != 0;
        checksum = (descriptor & 4) != 0;
        int exponentAndMantissa = singleSegment ? 0 : (int) take(1);
        long base = 1024L << (exponentAndMantissa >>> 3);
        long dictionary = take(new int[] {0, 1, 2, 4}[descriptor & 3]);
        int sizeCode = descriptor >>> 6;
        long size = take(sizeCode == 0 ? singleSegment ? 1 : 0 : 1 << sizeCode) + (sizeCode == 1 ? 256 : 0);
        long window = singleSegment ? size : base + base / 8 * (exponentAndMantissa & 7);
        if ((descriptor & 8) != 0 || size < 0) {
            throw damaged("the header of a frame is invalid");
        }
        if (dictionary != 0) {
            throw new IOException("it was compressed with a dictionary; unpack it with zstd -d -D DICTIONARY");
        }
        long limit = singleSegment ? LONGEST_SEGMENT : WIDEST_WINDOW;
        if (window > limit) {
            throw new IOException("unpacking it takes a window of " + (window >> 20) + " MiB, and more than "
                    + (limit >> 20) + " MiB are refused; unpack it with zstd -d --long="
                    + (Long.SIZE - Long.numberOfLeadingZeros(window - 1)));
        }
    }

    private boolean readBlock() throws IOException {
        chunk.clear();
        int blockHeader = (int) take(3);
        int type = blockHeader >>> 1 & 3;
        int size = blockHeader >>> 3;
        if (type == INVALID || size > LARGEST_BLOCK) {
            throw damaged("the header of a block is invalid");
        }
        inFrame = (blockHeader & 1) == 0;
        int length = (type == RUN ? 1 : size) + (!inFrame && checksum ? Integer.BYTES : 0);
        packed.readFully(chunk.array(), chunk.position(), length);
        chunk.position(chunk.position() + length).flip();
        return true;
    }

    /** Reads a little-endian number that the library must see too. */
    private long take(int bytes) throws IOException {
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
