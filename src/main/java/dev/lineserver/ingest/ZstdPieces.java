package dev.lineserver.ingest;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;

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

    @Override
    public boolean read(InputStream archive, ParallelUnpacking.PackedPiece piece) throws IOException {
        piece.packedLength = 0;
        piece.members = 0;
        ZstdFrameReader frames = new ZstdFrameReader(archive, piece);
        int content = 0;
        int members = 0;
        try {
            while (!frames.inFrame()
                    && Math.max(content, piece.packedLength) < ENOUGH
                    && Compression.of(Compression.peek(archive)) == Compression.ZSTD
                    && !ZstdFrameReader.beginsWithWideWindow(archive)
                    && frames.readHeader()) {
                content += readBlocks(frames, piece);
                members++;
            }
        } catch (EOFException | ZstdFrameReader.RefusedFrameException e) {
            // Without members, it is left to the code that unpacks any archive, and so is a frame that is too long.
            return true;
        }
        if (!frames.inFrame()) {
            piece.members = members;
            if (piece.content.length < content) {
                piece.content = new byte[content];
            }
        }
        return piece.packedLength > 0;
    }

    /** Reads the blocks of a frame, not all of them if it is too long. Returns the greatest length of their content. */
    private static int readBlocks(ZstdFrameReader frames, ParallelUnpacking.PackedPiece piece) throws IOException {
        int content = 0;
        while (frames.inFrame() && Math.max(content, piece.packedLength) <= MAX_FRAME) {
            content += frames.readBlock();
        }
        return content;
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
        return ZstdFrameReader.beginsWithWideWindow(packed) && ZstdProgram.isInstalled()
                ? new Unpacked(Compression.ZSTD, packed, ZstdProgram::new)
                : new Unpacked(Compression.ZSTD, new ZstdFrames(packed), ZstdInputStream::new);
    }
}
