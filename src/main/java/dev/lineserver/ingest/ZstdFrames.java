package dev.lineserver.ingest;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * Passes the data frames of a Zstandard file, still compressed, to the library that unpacks them.
 *
 * <p>The library alone does not behave like {@code zstd -d}: it rejects skippable frames, treats a truncated magic
 * number as the end of the file, and does not explain a window that is too large or a file that ends early. A
 * {@link ZstdFrameReader} therefore reads the frames before the library. It removes skippable frames, and reports
 * the other faults with an {@link IOException} whose message is for users. Used by one thread.
 */
final class ZstdFrames extends BulkInputStream {
    /** Passed to the library first, because it rejects a file without a frame. It unpacks to nothing. */
    private static final byte[] EMPTY_FRAME = {0x28, (byte) 0xB5, 0x2F, (byte) 0xFD, 0x20, 0, 1, 0, 0};

    private final InputStream packed;
    private final ParallelUnpacking.PackedPiece piece = new ParallelUnpacking.PackedPiece();
    private final ZstdFrameReader frames;
    /** The next bytes for the library: a frame header, or a block. */
    private ByteBuffer chunk = ByteBuffer.wrap(EMPTY_FRAME);

    ZstdFrames(InputStream packed) {
        this.packed = packed;
        frames = new ZstdFrameReader(packed, piece);
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (!chunk.hasRemaining()) {
            piece.packedLength = 0;
            if (frames.inFrame()) {
                int _ = frames.readBlock();
            } else if (!frames.readHeader()) {
                return -1;
            }
            chunk = ByteBuffer.wrap(piece.packed, 0, piece.packedLength);
        }
        int count = Math.min(length, chunk.remaining());
        chunk.get(into, offset, count);
        return count;
    }

    @Override
    public void close() throws IOException {
        packed.close();
    }
}
