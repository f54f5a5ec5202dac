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
        byte[] text = new byte[length];
        try {
            return DECOMPRESSORS.get().decompress(frame, 0, frame.length, text, 0, length) == length ? text : null;
        } catch (RuntimeException damaged) {
            // The library documents one exception for damaged frames, and throws others as well.
            return null;
        }
    }
}
