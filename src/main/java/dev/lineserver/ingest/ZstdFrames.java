package dev.lineserver.ingest;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import io.airlift.compress.v3.zstd.ZstdInputStream;
import org.jspecify.annotations.Nullable;

/**
 * Unpacks a Zstandard file, frame by frame, and accepts what {@code zstd -t} accepts. This class reads the headers of frames
 * and blocks: it skips skippable frames, finds an early end wherever it is, and checks windows and content sizes. The
 * library unpacks one frame at a time. Format: RFC 8878.
 */
final class ZstdFrames extends InputStream {
    static final int MAGIC = 0xFD2FB528;

    /** The widest window that {@code zstd -d} accepts unasked, in bytes. The heap holds it while a frame is unpacked. */
    private static final long WIDEST_WINDOW = 128 << 20;

    private static final int WIDEST_WINDOW_OF_LIBRARY = 8 << 20;
    /** Compressed bytes from which on it is worth making room for a wide window before it is known to fill. */
    private static final int LONG_DATA_BYTES = 1 << 20;

    private static final int LARGEST_BLOCK = 128 << 10;
    private static final int BUFFER_BYTES = 64 << 10;
    private static final long UNKNOWN = -1;

    private static final int SINGLE_SEGMENT = 0x20;
    private static final int RESERVED = 8;
    private static final int CHECKSUM = 4;
    private static final int SIZE_OF_FOUR_BYTES = 0x80;
    private static final int LAST = 1;
    private static final int RUN = 1;
    private static final int INVALID = 3;
    /** A fifth of the widest buffer that the library makes by itself: whole blocks of this size fill every buffer it makes. */
    private static final int RUN_BYTES = (WIDEST_WINDOW_OF_LIBRARY + LARGEST_BLOCK) / 5;

    private final DataInputStream packed;
    private final FrameFeed feed = new FrameFeed();
    private InputStream library = new ZstdInputStream(feed);
    private int windowBuffer;
    private boolean inFrame;
    private long declaredSize;
    private long unpackedSize;

    ZstdFrames(InputStream packed) {
        this.packed = new DataInputStream(new BufferedInputStream(packed, BUFFER_BYTES));
    }

    static boolean isSkippable(int magic) {
        return (magic & 0xFFFF_FFF0) == 0x184D_2A50;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        while (inFrame || nextFrame()) {
            int count = unpack(into, offset, length);
            inFrame = count >= 0;
            unpackedSize += Math.max(count, 0);
            if (declaredSize != UNKNOWN && (inFrame ? unpackedSize > declaredSize : unpackedSize != declaredSize)) {
                throw damaged("a frame does not have the size that it declares", null);
            }
            if (inFrame) {
                return count;
            }
        }
        return -1;
    }

    private int unpack(byte[] into, int offset, int length) throws IOException {
        try {
            return library.read(into, offset, length);
        } catch (RuntimeException e) {
            throw damaged(String.valueOf(e.getMessage()), e);
        }
    }

    private boolean nextFrame() throws IOException {
        while (true) {
            int first = packed.read();
            if (first < 0) {
                return false;
            }
            int magic = first | (int) little(3) << 8;
            if (magic == MAGIC) {
                openFrame();
                return true;
            }
            if (!isSkippable(magic)) {
                throw damaged("something other than a frame follows a frame", null);
            }
            packed.skipNBytes(little(4));
        }
    }

    private void openFrame() throws IOException {
        int descriptor = packed.readUnsignedByte();
        boolean singleSegment = (descriptor & SINGLE_SEGMENT) != 0;
        boolean checksum = (descriptor & CHECKSUM) != 0;
        int sizeCode = descriptor >>> 6;
        long window = singleSegment ? UNKNOWN : window(packed.readUnsignedByte());
        long dictionary = little(new int[] {0, 1, 2, 4}[descriptor & 3]);
        declaredSize = switch (sizeCode) {
            case 0 -> singleSegment ? little(1) : UNKNOWN;
            case 1 -> little(2) + 256;
            default -> little(1 << sizeCode);
        };
        unpackedSize = 0;
        if ((descriptor & RESERVED) != 0 || sizeCode == 3 && declaredSize < 0) {
            throw damaged("a frame's header is invalid", null);
        }
        if (dictionary != 0) {
            throw new IOException("it was compressed with a dictionary; unpack it with zstd -d -D DICTIONARY");
        }
        long needed = singleSegment ? declaredSize : window;
        checkWindow(needed);
        long lookBack = declaredSize == UNKNOWN ? needed : Math.min(needed, declaredSize);
        if (lookBack > WIDEST_WINDOW_OF_LIBRARY / 2 && lookBack > windowBuffer / 5 * 4 && isLongDataAhead()) {
            widenWindowBuffer((int) lookBack);
        }
        feed.open((int) lookBack, checksum, (int) Math.min(LARGEST_BLOCK, needed));
    }

    /**
     * Enlarges the window buffer of a new instance of the library by a frame of zeros. Left alone, the library moves a wide
     * window for each block of 128 KiB, because its buffer has no more room than that beside the window.
     */
    private void widenWindowBuffer(int lookBack) throws IOException {
        int blocks = lookBack / RUN_BYTES * 5 / 4 + 6;
        ByteBuffer frame = ByteBuffer.allocate(FrameFeed.HEADER_BYTES + blocks * Integer.BYTES);
        windowBuffer = blocks * RUN_BYTES;
        FrameFeed.putHeader(frame, windowBuffer, false);
        for (int i = 1; i <= blocks; i++) {
            frame.putInt(RUN_BYTES << 3 | RUN << 1 | (i == blocks ? LAST : 0));
        }
        feed.open(frame.flip());
        library = new ZstdInputStream(feed);
        library.skipNBytes(windowBuffer);
    }

    private boolean isLongDataAhead() throws IOException {
        packed.mark(LONG_DATA_BYTES);
        int length = packed.readNBytes(LONG_DATA_BYTES).length;
        packed.reset();
        return length == LONG_DATA_BYTES;
    }

    private static long window(int descriptor) {
        long base = 1024L << (descriptor >>> 3);
        return base + base / 8 * (descriptor & 7);
    }

    private static void checkWindow(long bytes) throws IOException {
        if (bytes > WIDEST_WINDOW) {
            int log = Long.SIZE - Long.numberOfLeadingZeros(bytes - 1);
            throw new IOException("unpacking it takes a window of " + (bytes >> 20) + " MiB, and more than "
                    + (WIDEST_WINDOW >> 20) + " MiB are refused; unpack it with zstd -d --long=" + log);
        }
    }

    private long little(int bytes) throws IOException {
        long value = 0;
        for (int i = 0; i < bytes; i++) {
            value |= (long) packed.readUnsignedByte() << (8 * i);
        }
        return value;
    }

    private static IOException damaged(String detail, @Nullable Throwable cause) {
        return new IOException("its zstd data is damaged (" + detail + "); fetch it again", cause);
    }

    @Override
    public void close() throws IOException {
        packed.close();
    }

    /**
     * Hands one frame after the other to the library, with another header: the library refuses windows of over 8 MiB in a
     * header, and not when the header has a content size in place of a window. It does not compare that size with the
     * content.
     */
    private final class FrameFeed extends InputStream {
        static final int HEADER_BYTES = 9;

        private ByteBuffer headers = ByteBuffer.allocate(HEADER_BYTES);
        private int left;
        private boolean checksum;
        private int largestBlock;
        private boolean lastBlock;

        static void putHeader(ByteBuffer header, int contentSize, boolean checksum) {
            header.order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(MAGIC)
                    .put((byte) (SINGLE_SEGMENT | SIZE_OF_FOUR_BYTES | (checksum ? CHECKSUM : 0)))
                    .putInt(contentSize);
        }

        void open(int lookBack, boolean withChecksum, int largest) {
            headers = ByteBuffer.allocate(HEADER_BYTES);
            putHeader(headers, lookBack, withChecksum);
            headers.flip();
            checksum = withChecksum;
            largestBlock = largest;
            lastBlock = false;
        }

        void open(ByteBuffer wholeFrame) {
            headers = wholeFrame;
            lastBlock = true;
        }

        @Override
        public int read() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            if (!headers.hasRemaining() && left == 0) {
                if (lastBlock) {
                    return -1;
                }
                openBlock();
            }
            if (headers.hasRemaining()) {
                int count = Math.min(length, headers.remaining());
                headers.get(into, offset, count);
                return count;
            }
            int count = packed.read(into, offset, Math.min(length, left));
            if (count < 0) {
                throw new EOFException();
            }
            left -= count;
            return count;
        }

        private void openBlock() throws IOException {
            int header = (int) little(3);
            int type = header >>> 1 & 3;
            int size = header >>> 3;
            if (type == INVALID || size > largestBlock) {
                throw damaged("a block's header is invalid", null);
            }
            lastBlock = (header & LAST) != 0;
            left = (type == RUN ? 1 : size) + (lastBlock && checksum ? Integer.BYTES : 0);
            headers.clear().putInt(header).flip().limit(3);
        }
    }
}
