package dev.lineserver.ingest;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.Deflater;

import com.github.luben.zstd.ZstdCompressCtx;

/** Builds compressed files, and damages them. */
final class Archives {
    private static final byte[] GZIP_HEADER = {0x1F, (byte) 0x8B, 8, 0, 0, 0, 0, 0, 0, -1};
    private static final int SKIPPABLE = 0x184D2A50;

    private Archives() {}

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            joined.writeBytes(part);
        }
        return joined.toByteArray();
    }

    static byte[] cut(byte[] bytes, int length) {
        return Arrays.copyOf(bytes, length);
    }

    static byte[] changed(byte[] bytes, int at, int value) {
        byte[] changed = bytes.clone();
        changed[at] = (byte) value;
        return changed;
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** One gzip member. */
    static byte[] gzip(byte[] content) {
        return gzip(GZIP_HEADER, content);
    }

    /** One gzip member with an unusual header. */
    static byte[] gzip(byte[] header, byte[] content) {
        Deflater deflater = new Deflater(6, true);
        deflater.setInput(content);
        deflater.finish();
        byte[] deflated = new byte[content.length + content.length / 1000 + 64];
        int length = deflater.deflate(deflated);
        deflater.end();
        CRC32 checksum = new CRC32();
        checksum.update(content);
        return join(header, cut(deflated, length), littleEndian((int) checksum.getValue(), content.length));
    }

    /** A gzip header with these flags and optional fields. */
    static byte[] gzipHeader(int flags, byte[]... fields) {
        return join(changed(GZIP_HEADER, 3, flags), join(fields));
    }

    /** One Zstandard frame with a checksum. */
    static byte[] zstd(byte[] content) {
        return zstd(content, 3, true, 0);
    }

    /** @param windowLog logarithm of the window size, for a frame of several segments; 0 to let the level decide */
    static byte[] zstd(byte[] content, int level, boolean checksum, int windowLog) {
        try (ZstdCompressCtx context = new ZstdCompressCtx()) {
            context.setLevel(level).setChecksum(checksum);
            if (windowLog > 0) {
                context.setLong(windowLog).setContentSize(false);
            }
            return context.compress(content);
        }
    }

    static byte[] skippable(int number, int length) {
        return join(littleEndian(SKIPPABLE + number, length), new byte[length]);
    }

    static byte[] littleEndian(int... values) {
        ByteBuffer bytes = ByteBuffer.allocate(values.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        Arrays.stream(values).forEach(bytes::putInt);
        return bytes.array();
    }
}
