package dev.lineserver.store;

import java.util.Arrays;

import io.airlift.compress.v3.zstd.ZstdJavaCompressor;
import io.airlift.compress.v3.zstd.ZstdJavaDecompressor;
import org.jspecify.annotations.Nullable;

/**
 * Compresses blocks of text to single Zstandard frames, each with a checksum of its text, and unpacks them. Safe for use by
 * many threads.
 */
public final class ZstdBlock {
    /** A decompressor holds about 200 KB of tables and buffers, and serves one thread. */
    private static final ThreadLocal<ZstdJavaDecompressor> DECOMPRESSORS =
            ThreadLocal.withInitial(ZstdJavaDecompressor::new);

    private ZstdBlock() {}

    /** Returns a frame with the text of a block. */
    public static byte[] compress(byte[] text, int from, int length) {
        ZstdJavaCompressor compressor = new ZstdJavaCompressor();
        byte[] frame = new byte[compressor.maxCompressedLength(length)];
        return Arrays.copyOf(frame, compressor.compress(text, from, length, frame, 0, frame.length));
    }

    /**
     * Unpacks a frame.
     *
     * @param length length of its text, in bytes
     * @return null if the frame is damaged, or has a text of another length
     */
    public static byte @Nullable [] unpack(byte[] frame, int length) {
        try {
            return unpack(DECOMPRESSORS.get(), frame, length);
        } catch (RuntimeException damaged) {
            // The library documents one exception for damaged frames, and throws others as well.
            return null;
        }
    }

    /**
     * Unpacks a frame whose text has an unknown length.
     *
     * @param maxLength bound for that length, in bytes
     * @return null if the frame is damaged, or its text is longer
     */
    public static byte @Nullable [] unpackUpTo(byte[] frame, int maxLength) {
        try {
            ZstdJavaDecompressor decompressor = DECOMPRESSORS.get();
            long length = decompressor.getDecompressedSize(frame, 0, frame.length);
            return length < 0 || length > maxLength ? null : unpack(decompressor, frame, (int) length);
        } catch (RuntimeException damaged) {
            return null;
        }
    }

    private static byte @Nullable [] unpack(ZstdJavaDecompressor decompressor, byte[] frame, int length) {
        byte[] text = new byte[length];
        return decompressor.decompress(frame, 0, frame.length, text, 0, length) == length ? text : null;
    }
}
