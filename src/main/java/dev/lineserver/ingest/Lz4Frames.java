package dev.lineserver.ingest;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import org.apache.commons.codec.digest.XXHash32;

/**
 * Unpacks an LZ4 file, and accepts the same files as {@code lz4 -t}: complete frames up to the end of the file, with
 * skippable frames between them. The legacy format of {@code lz4 -l} is not supported.
 *
 * <pre>
 * file  = { frame | skippable frame }
 * frame = magic, descriptor, { block }, 0, [ checksum of the content ]
 * block = size, data, [ checksum of the data ]; the top bit of the size is set if the data is not compressed
 * data  = { token, literals, distance of the match }, token, literals
 * </pre>
 *
 * <p>The library for the frame format, commons-compress, unpacks a tenth of these bytes per second, and ends early at an
 * empty block; others cannot unpack blocks that refer to earlier ones. Used by one thread. Formats:
 * <a href="https://github.com/lz4/lz4/tree/dev/doc">LZ4 frame and LZ4 block</a>.
 */
final class Lz4Frames extends InputStream {
    static final int MAGIC = 0x184D2204;

    /** A match may begin this many bytes before its copy, in the blocks before too unless they are independent. */
    private static final int HISTORY = 64 << 10;

    private static final int MIN_MATCH = 4;
    /** A length of this value in a token goes on in further bytes. */
    private static final int LONG_LENGTH = 15;

    /** Flags of a descriptor: version 1 in the two top bits, which is the only one. */
    private static final int VERSION = 0x40;

    private static final int VERSION_MASK = 0xC0;
    private static final int INDEPENDENT = 0x20;
    private static final int BLOCK_CHECKSUM = 0x10;
    private static final int CONTENT_SIZE = 8;
    private static final int CONTENT_CHECKSUM = 4;
    private static final int RESERVED = 2;
    private static final int DICTIONARY = 1;
    /** Longest descriptor without a dictionary: flags, block size, content size. */
    private static final int MAX_DESCRIPTOR = 10;

    private final DataInputStream packed;
    private final XXHash32 contentChecksum = new XXHash32();
    /** The current block as it is in the file. */
    private byte[] data = new byte[0];
    /** The end of the content before the current block, and the content of this block. */
    private byte[] window = new byte[0];
    /** The bytes of the window that have not yet been returned. */
    private int position;

    private int end;

    private boolean inFrame;
    private int flags;
    private int maxBlock;
    /** Number of bytes that the frame must still yield; negative if it does not say this. */
    private long remaining;

    Lz4Frames(InputStream packed) {
        this.packed = new DataInputStream(packed);
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
        System.arraycopy(window, position, into, offset, count);
        position += count;
        return count;
    }

    /**
     * Reads the header of the next frame with content, and skips all skippable frames before it.
     *
     * @return false at the end of the file
     */
    private boolean readFrameHeader() throws IOException {
        for (int first = packed.read(); first >= 0; first = packed.read()) {
            // Only the end of the file before a magic number is a regular end. All further bytes are required.
            int magic = first
                    | packed.readUnsignedByte() << 8
                    | packed.readUnsignedByte() << 16
                    | packed.readUnsignedByte() << 24;
            if (magic == MAGIC) {
                readDescriptor();
                return true;
            }
            if (!ZstdFrames.isSkippable(magic)) {
                throw damaged("data that is not a frame follows a frame");
            }
            packed.skipNBytes(Integer.toUnsignedLong(readInt()));
        }
        return false;
    }

    private void readDescriptor() throws IOException {
        ByteBuffer descriptor = ByteBuffer.allocate(MAX_DESCRIPTOR).order(ByteOrder.LITTLE_ENDIAN);
        flags = packed.readUnsignedByte();
        int sizes = packed.readUnsignedByte();
        descriptor.put((byte) flags).put((byte) sizes);
        if (has(DICTIONARY)) {
            throw new IOException("it was compressed with a dictionary; unpack it with lz4 -d -D DICTIONARY");
        }
        remaining = -1;
        if (has(CONTENT_SIZE)) {
            remaining = Long.reverseBytes(packed.readLong());
            descriptor.putLong(remaining);
        }
        int checksum = packed.readUnsignedByte();
        // 4 to 7 stand for 64 KiB, 256 KiB, 1 MiB and 4 MiB. All other bits of this byte are reserved.
        int sizeCode = sizes >>> 4;
        if ((flags & VERSION_MASK) != VERSION
                || has(RESERVED)
                || (sizes & 0x0F) != 0
                || sizeCode < 4
                || sizeCode > 7
                || (has(CONTENT_SIZE) && remaining < 0)
                || checksum != (hash(descriptor.array(), 0, descriptor.position()) >>> 8 & 0xFF)) {
            throw damaged("the header of a frame is invalid");
        }
        maxBlock = 1 << (8 + 2 * sizeCode);
        if (data.length < maxBlock) {
            data = new byte[maxBlock];
            window = new byte[HISTORY + maxBlock];
        }
        position = 0;
        end = 0;
        contentChecksum.reset();
        inFrame = true;
    }

    /** Reads the next block of the frame into the window, or what follows the last one. */
    private void readBlock() throws IOException {
        int size = readInt();
        int length = size & Integer.MAX_VALUE;
        if (size == 0) {
            endFrame();
            return;
        }
        if (length > maxBlock) {
            throw damaged("the header of a block is invalid");
        }
        packed.readFully(data, 0, length);
        if (has(BLOCK_CHECKSUM) && readInt() != hash(data, 0, length)) {
            throw damaged("a block does not match its checksum");
        }
        keepHistory();
        if (size < 0) {
            System.arraycopy(data, 0, window, position, length);
            end = position + length;
        } else {
            end = unpack(length);
        }
        if (has(CONTENT_CHECKSUM)) {
            contentChecksum.update(window, position, end - position);
        }
        if (remaining >= 0) {
            remaining -= end - position;
            if (remaining < 0) {
                throw damaged("a frame is longer than its header says");
            }
        }
    }

    /** Moves the content that the next block may refer to to the beginning of the window. */
    private void keepHistory() {
        int kept = has(INDEPENDENT) ? 0 : Math.min(HISTORY, end);
        System.arraycopy(window, end - kept, window, 0, kept);
        position = kept;
    }

    private void endFrame() throws IOException {
        if (remaining > 0) {
            throw damaged("a frame is shorter than its header says");
        }
        if (has(CONTENT_CHECKSUM) && readInt() != (int) contentChecksum.getValue()) {
            throw damaged("a frame does not match its checksum");
        }
        inFrame = false;
    }

    /**
     * Unpacks the block in {@link #data} to {@link #position}.
     *
     * @return the end of the block in the window
     */
    private int unpack(int length) throws IOException {
        int in = 0;
        int out = position;
        int limit = position + maxBlock;
        while (in < length) {
            int token = Byte.toUnsignedInt(data[in++]);
            int literals = token >>> 4;
            if (literals == LONG_LENGTH) {
                int next;
                do {
                    next = byteAt(in++, length);
                    literals += next;
                } while (next == 0xFF);
            }
            if (literals > length - in || literals > limit - out) {
                throw damaged("a block is invalid");
            }
            System.arraycopy(data, in, window, out, literals);
            in += literals;
            out += literals;
            if (in == length) {
                return out;
            }
            int distance = byteAt(in, length) | byteAt(in + 1, length) << 8;
            in += 2;
            int match = token & 0x0F;
            if (match == LONG_LENGTH) {
                int next;
                do {
                    next = byteAt(in++, length);
                    match += next;
                } while (next == 0xFF);
            }
            match += MIN_MATCH;
            if (distance == 0 || distance > out || match > limit - out) {
                throw damaged("a block is invalid");
            }
            out = copy(out, distance, match);
        }
        // The last sequence of a block has no match.
        throw damaged("a block is invalid");
    }

    /** Copies a match, which may overlap its copy: then the bytes between the two repeat. */
    private int copy(int out, int distance, int length) {
        int from = out - distance;
        int to = out;
        for (int left = length; left > 0; ) {
            int count = Math.min(to - from, left);
            System.arraycopy(window, from, window, to, count);
            to += count;
            left -= count;
        }
        return to;
    }

    private int byteAt(int index, int length) throws IOException {
        if (index >= length) {
            throw damaged("a block is invalid");
        }
        return Byte.toUnsignedInt(data[index]);
    }

    private boolean has(int flag) {
        return (flags & flag) != 0;
    }

    private int readInt() throws IOException {
        return Integer.reverseBytes(packed.readInt());
    }

    private static int hash(byte[] bytes, int offset, int length) {
        XXHash32 hash = new XXHash32();
        hash.update(bytes, offset, length);
        return (int) hash.getValue();
    }

    private static IOException damaged(String detail) {
        return new IOException("its lz4 data is damaged (" + detail + "); fetch it again");
    }

    @Override
    public void close() throws IOException {
        packed.close();
    }
}
