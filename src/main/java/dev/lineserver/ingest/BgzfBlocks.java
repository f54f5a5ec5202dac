package dev.lineserver.ingest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The blocks of a file in the blocked gzip format, as {@code bgzip} writes it: members of at most 64 KiB, whose headers have
 * an extra field with their size.
 *
 * <pre>
 * block = 1F 8B 08 04, 6 bytes, 6, 0, 'B', 'C', 2, 0, size of the block - 1 (2 bytes)
 *         deflate stream
 *         CRC-32 and size of the content
 * </pre>
 *
 * <p>Format: section 4.1 of the SAM/BAM format specification.
 */
final class BgzfBlocks implements ParallelUnpacking.Format {
    private static final int HEADER_BYTES = 18;
    private static final int EXTRA_AT = 10;
    private static final int SIZE_AT = 16;
    private static final int TRAILER_BYTES = 8;
    /** Size of a block, and of its content. */
    private static final int MAX_BLOCK = 1 << 16;
    /** So many that handing a piece to a thread costs little beside unpacking it. */
    private static final int BLOCKS_PER_PIECE = 4;
    /** The magic number, deflate, and the flag of an extra field. */
    private static final int MAGIC = 0x1F8B0804;
    /** Length of the extra field, its only subfield, and the length of that. */
    private static final long EXTRA = 0x06_00_42_43_02_00L;

    @Override
    public boolean read(InputStream archive, ParallelUnpacking.PackedPiece piece) throws IOException {
        if (piece.packed.length == 0) {
            piece.packed = new byte[BLOCKS_PER_PIECE * MAX_BLOCK];
            // With a byte more, a stream whose content is the largest ends in the same call.
            piece.content = new byte[BLOCKS_PER_PIECE * MAX_BLOCK + 1];
        }
        piece.packedLength = 0;
        for (int i = 0; i < BLOCKS_PER_PIECE; i++) {
            archive.mark(HEADER_BYTES);
            int read = archive.readNBytes(piece.packed, piece.packedLength, HEADER_BYTES);
            archive.reset();
            int size = blockSize(ByteBuffer.wrap(piece.packed, 0, piece.packedLength + read), piece.packedLength);
            if (size == 0) {
                break;
            }
            // The last one of a file that was cut off is shorter, and not intact.
            piece.packedLength += archive.readNBytes(piece.packed, piece.packedLength, size);
        }
        return piece.packedLength > 0;
    }

    /** Returns the size of the block that begins at a position; 0 if none does. */
    private static int blockSize(ByteBuffer bytes, int at) {
        return bytes.limit() - at >= HEADER_BYTES
                        && bytes.getInt(at) == MAGIC
                        && bytes.getLong(at + EXTRA_AT) >>> Short.SIZE == EXTRA
                ? Short.toUnsignedInt(Short.reverseBytes(bytes.getShort(at + SIZE_AT))) + 1
                : 0;
    }

    @Override
    public boolean unpack(ParallelUnpacking.PackedPiece piece) {
        ByteBuffer packed = ByteBuffer.wrap(piece.packed, 0, piece.packedLength);
        piece.contentLength = 0;
        piece.members = 0;
        try (Inflater inflater = new Inflater(true)) {
            for (int at = 0, size; at < piece.packedLength; at += size) {
                size = blockSize(packed, at);
                if (size < HEADER_BYTES + TRAILER_BYTES || at + size > piece.packedLength) {
                    return false;
                }
                inflater.reset();
                inflater.setInput(piece.packed, at + HEADER_BYTES, size - HEADER_BYTES - TRAILER_BYTES);
                int length = inflater.inflate(
                        piece.content, piece.contentLength, piece.content.length - piece.contentLength);
                CRC32 checksum = new CRC32();
                checksum.update(piece.content, piece.contentLength, length);
                int trailer = at + size - TRAILER_BYTES;
                if (!inflater.finished()
                        || inflater.getRemaining() > 0
                        || Integer.reverseBytes(packed.getInt(trailer)) != (int) checksum.getValue()
                        || Integer.reverseBytes(packed.getInt(trailer + Integer.BYTES)) != length) {
                    return false;
                }
                piece.contentLength += length;
                piece.members++;
            }
            return true;
        } catch (DataFormatException damaged) {
            return false;
        }
    }

    @Override
    public InputStream unpackInSequence(InputStream archive, long membersBefore) {
        return new GzipMembers(archive, membersBefore);
    }
}
