package dev.lineserver.ingest;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

import io.airlift.compress.v3.zstd.ZstdInputStream;
import io.airlift.compress.v3.zstd.ZstdJavaDecompressor;

/**
 * The frames of a Zstandard file that are short enough to be held in memory, as {@code pzstd} and the seekable format make them.
 * A frame does not tell its size, but each of its blocks does. Small frames are unpacked together.
 *
 * <p>Format: RFC 8878.
 */
final class ZstdPieces implements ParallelUnpacking.Format {
    /** Longest frame, and longest content of one, in bytes: twice that of {@code pzstd}. */
    private static final int MAX_FRAME = 16 << 20;
    /** Bytes of small frames, or of their content, that are worth a task of a thread. */
    private static final int ENOUGH = 512 << 10;
    /** Longest skippable frame, in bytes. Those of {@code pzstd} have 12. */
    private static final int MAX_SKIPPABLE = 1 << 20;

    private static final int SKIPPABLE_HEADER = 8;
    private static final int BLOCK_HEADER = 3;
    private static final int MAX_BLOCK = 128 << 10;
    /** The descriptor's bits for what these pieces do not have: the reserved one, and those of a dictionary. */
    private static final int UNUSUAL = 0b1011;

    private static final int SINGLE_SEGMENT = 0x20;
    private static final int CHECKSUM = 4;
    /** The window of 8 MiB, the largest that the library unpacks, as a header has it. */
    private static final int MAX_WINDOW = 13 << 3;

    /** Block type: data that is not compressed. */
    private static final int RAW = 0;
    /** Block type: one byte of data, repeated {@code size} times in the content. */
    private static final int RUN = 1;

    @Override
    public boolean read(InputStream archive, ParallelUnpacking.PackedPiece piece) throws IOException {
        piece.packedLength = 0;
        piece.members = 0;
        int content = 0;
        while (content < ENOUGH && piece.packedLength < ENOUGH) {
            archive.mark(Integer.BYTES);
            byte[] magic = archive.readNBytes(Integer.BYTES);
            archive.reset();
            int first = magic.length < Integer.BYTES ? 0 : littleEndian(magic).getInt(0);
            int length = 0;
            if (first == ZstdFrames.MAGIC) {
                length = readFrame(archive, piece);
            } else if (ZstdFrames.isSkippable(first)) {
                length = readSkippable(archive, piece);
            } else {
                break;
            }
            if (length < 0) {
                piece.members = 0;
                return true;
            }
            content += length;
        }
        if (piece.content.length < content) {
            piece.content = new byte[content];
        }
        return piece.packedLength > 0;
    }

    private static ByteBuffer littleEndian(byte[] bytes) {
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Appends bytes of the archive to a piece. Returns false if there are fewer. */
    private static boolean append(InputStream archive, ParallelUnpacking.PackedPiece piece, int count)
            throws IOException {
        int end = piece.packedLength + count;
        if (piece.packed.length < end) {
            piece.packed = Arrays.copyOf(piece.packed, Math.max(end, 2 * piece.packed.length));
        }
        int read = archive.readNBytes(piece.packed, piece.packedLength, count);
        piece.packedLength += read;
        return read == count;
    }

    /**
     * Reads a frame.
     *
     * @return the greatest length that its content may have, in bytes; -1 if it is not complete, unusual or too long
     */
    private static int readFrame(InputStream archive, ParallelUnpacking.PackedPiece piece) throws IOException {
        if (!append(archive, piece, Integer.BYTES + 1)) {
            return -1;
        }
        int descriptor = piece.packed[piece.packedLength - 1];
        boolean singleSegment = (descriptor & SINGLE_SEGMENT) != 0;
        int sizeCode = (descriptor & 0xFF) >>> 6;
        int sizeBytes = sizeCode == 0 ? singleSegment ? 1 : 0 : 1 << sizeCode;
        int window = piece.packedLength;
        if ((descriptor & UNUSUAL) != 0
                || !append(archive, piece, (singleSegment ? 0 : 1) + sizeBytes)
                || (!singleSegment && Byte.toUnsignedInt(piece.packed[window]) > MAX_WINDOW)) {
            return -1;
        }
        int content = 0;
        boolean last = false;
        while (!last) {
            if (Math.max(content, piece.packedLength) > MAX_FRAME || !append(archive, piece, BLOCK_HEADER)) {
                return -1;
            }
            int header = 0;
            for (int i = 1; i <= BLOCK_HEADER; i++) {
                header = header << Byte.SIZE | Byte.toUnsignedInt(piece.packed[piece.packedLength - i]);
            }
            last = (header & 1) != 0;
            int type = header >>> 1 & 3;
            int size = header >>> 3;
            int checksum = last && (descriptor & CHECKSUM) != 0 ? Integer.BYTES : 0;
            if (size > MAX_BLOCK || !append(archive, piece, (type == RUN ? 1 : size) + checksum)) {
                return -1;
            }
            content += type == RAW || type == RUN ? size : MAX_BLOCK;
        }
        piece.members++;
        return content;
    }

    /**
     * Reads a skippable frame. A complete one is not part of the piece.
     *
     * @return 0; -1 if it is not complete or too long
     */
    private static int readSkippable(InputStream archive, ParallelUnpacking.PackedPiece piece) throws IOException {
        int from = piece.packedLength;
        if (!append(archive, piece, SKIPPABLE_HEADER)) {
            return -1;
        }
        int size = littleEndian(piece.packed).getInt(from + Integer.BYTES);
        if (size < 0 || size > MAX_SKIPPABLE || !append(archive, piece, size)) {
            return -1;
        }
        piece.packedLength = from;
        return 0;
    }

    @Override
    public boolean unpack(ParallelUnpacking.PackedPiece piece) {
        if (piece.members == 0) {
            return false;
        }
        try {
            piece.contentLength = new ZstdJavaDecompressor()
                    .decompress(piece.packed, 0, piece.packedLength, piece.content, 0, piece.content.length);
            return true;
        } catch (RuntimeException damaged) {
            return false;
        }
    }

    @Override
    public InputStream unpackInSequence(InputStream archive, long membersBefore) throws IOException {
        InputStream packed = archive.markSupported() ? archive : new BufferedInputStream(archive);
        return ZstdFrames.beginsWithWideWindow(packed) && ZstdProgram.isInstalled()
                ? new Unpacked(Compression.ZSTD, packed, ZstdProgram::new)
                : new Unpacked(Compression.ZSTD, new ZstdFrames(packed), ZstdInputStream::new);
    }
}
